//! A local AWS for rehearsals and tests: control planes on one loopback port, a real HTTP load balancer in front of real
//! HTTP tasks, strict where AWS is strict and slow where AWS is slow.
//!
//! As a server, [`start`] gives a [`Running`] whose [`Ready`] says where everything is:
//!
//! ```no_run
//! # async fn rehearse() -> anyhow::Result<()> {
//! use aws_sandbox::{SandboxOptions, start};
//!
//! let sandbox = start(SandboxOptions { speed: 10.0, ..SandboxOptions::default() }).await?;
//! println!("AWS is at {}", sandbox.ready.endpoint);
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! In process, [`in_process::start`] runs the control plane alone, under tokio's paused clock if need be; what a data plane
//! would do is up to the caller. [`aws::World`] is the same without tokio: time goes in as a number.
//!
//! Data flows one way. `endpoint` takes requests, `protocol` reads them into a [`call`], `aws` (pure) lets it take effect
//! through [`faults`], and hands routes and orders over the [`seam`] to [`balancer`], [`health`] and [`tasks`], whose
//! reports come back over the same seam.

mod admin;
pub mod aws;
pub mod balancer;
pub mod call;
pub mod clock;
mod console;
mod core;
pub mod dice;
mod endpoint;
pub mod faults;
pub mod health;
pub mod in_process;
pub mod journal;
mod loopback;
mod options;
pub mod pattern;
mod premade;
mod protocol;
mod ready;
mod reply;
pub mod seam;
mod start;
pub mod tasks;
mod timeout;

pub use aws::witness;
pub use console::state_json;
pub use options::SandboxOptions;
pub use ready::{Listener, Listeners, Ready};
pub use start::{Running, start, start_watched};
