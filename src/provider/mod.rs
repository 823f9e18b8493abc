//! The door: the one place that knows both Terraform values and the domain.

mod clock;
mod configuration;
#[allow(clippy::module_inception, reason = "the provider of the room, as Terraform calls it")]
mod provider;
mod service;

pub use provider::{Bluegreen, NAME};
