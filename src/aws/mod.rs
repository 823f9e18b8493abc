//! ECS and ELBv2 behind one port of two verbs, `observe` and `perform`. No decisions: what is wished comes
//! as a layout, what may be done as an act.

mod batch;
mod bisect;
#[cfg(test)]
mod canned;
mod connect;
mod discover;
mod errors;
mod groups;
mod inputs;
mod limit;
mod observe;
mod ownership;
mod perform;
mod rules;
mod services;
mod tags;
mod tasks;

pub use connect::{Aws, DEFAULT_RETRIES, Settings};
pub use discover::Discovered;
pub use errors::{Error, Kind};
pub use inputs::{Input, Missing};
pub use ownership::{Depth, Ownership, drawn_id};
