//! ECS and ELBv2 behind one port of two verbs, `observe` and `perform`. No decisions: what is wished comes
//! as a layout, what may be done as an act.

mod account;
mod batch;
mod bisect;
#[cfg(test)]
mod canned;
mod clients;
mod connect;
mod discover;
mod errors;
mod fetch;
mod groups;
mod inputs;
mod limit;
mod observe;
mod ownership;
mod perform;
mod profile;
mod quotas;
mod rules;
mod services;
mod settings;
mod tagging;
mod tags;
mod tasks;

pub use connect::Aws;
pub use discover::{Asked, Discovered, Sought};
pub use errors::{Error, Kind};
pub use inputs::{Input, Missing};
pub use ownership::{Depth, Ownership, drawn_id};
pub use profile::{PROFILE, passed_over};
pub use settings::{DEFAULT_RETRIES, Settings};
