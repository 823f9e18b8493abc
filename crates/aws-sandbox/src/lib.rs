//! A local AWS for rehearsals and tests: ECS and ELBv2 control planes on one loopback port, a real
//! HTTP load balancer and real HTTP tasks. Imports nothing from the provider.

mod api;
pub mod balancer;
pub mod clock;
mod core;
pub mod health;
pub mod in_process;
mod loopback;
pub mod options;
mod premade;
pub mod ready;
pub mod seam;
mod start;
pub mod tasks;
pub mod timeout;
pub mod world;

pub use options::SandboxOptions;
pub use ready::Ready;
pub use start::{Running, start};
