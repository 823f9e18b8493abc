//! The door: the one place that knows both Terraform values and the domain.

mod decode;
mod duration;
mod explain;
#[cfg(test)]
mod judged;
mod pace;
mod plan;
mod private;
mod provider;
mod resource;
mod rollout;
mod schema;
mod state;
mod validate;

pub use provider::{Bluegreen, NAME};
