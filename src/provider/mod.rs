//! The door: the one place that knows both Terraform values and the domain.

mod clock;
mod duration;
mod provider;
mod service;

pub use provider::{Bluegreen, NAME};
