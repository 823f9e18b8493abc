//! ECS and ELBv2 behind one port of two verbs, `observe` and `perform`. No decisions: what is wished comes
//! as a layout, what may be done as an act.

mod batch;
#[cfg(test)]
mod canned;
mod connect;
mod discover;
mod errors;
mod groups;
mod halves;
mod inputs;
mod limit;
mod observe;
mod perform;
mod rules;
mod services;
mod tags;
mod tasks;
mod whose;

pub use connect::{Aws, Settings};
pub use discover::Discovered;
pub use errors::{Error, Kind};
pub use inputs::{Input, Missing};
pub use whose::{Depth, Whose};
