//! A local AWS for rehearsals and tests: ECS and ELBv2 control planes on one loopback port, a real
//! HTTP load balancer and real HTTP tasks.

mod admin;
pub mod aws;
pub mod balancer;
pub mod call;
pub mod clock;
pub mod console;
mod core;
pub mod dice;
mod endpoint;
pub mod faults;
pub mod health;
pub mod in_process;
pub mod journal;
mod loopback;
pub mod options;
mod premade;
mod protocol;
pub mod ready;
mod reply;
pub mod seam;
mod start;
pub mod tasks;
pub mod timeout;

pub use aws::witness;
pub use options::SandboxOptions;
pub use ready::Ready;
pub use start::{Running, start, start_watched};
