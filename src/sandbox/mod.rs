//! A local AWS for rehearsals and tests: ECS and ELBv2 control planes on one loopback port, a real
//! HTTP load balancer and real HTTP tasks. Imports nothing from the provider.

mod api;
pub mod balancer;
pub mod bare;
pub mod clock;
mod core;
pub mod health;
mod loopback;
pub mod options;
pub mod patience;
pub mod plane;
mod premade;
pub mod ready;
mod start;
pub mod tasks;
pub mod world;

pub use options::SandboxOptions;
pub use ready::Ready;
pub use start::{Running, start};
