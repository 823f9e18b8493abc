//! Terraform's side of the protocol, for the tests of a provider: its rules, a host that keeps them, and
//! ways to start a provider as Terraform does. Behind the feature `testing`.
//!
//! From the cheapest to the most real:
//!
//! - [`rules`]: what Terraform demands of a plan and of what comes of it, as functions of values.
//! - [`Host`]: one object's life with a provider in this process, or in another, without Terraform.
//! - [`Process`]: the provider's binary, invited and connected to as Terraform does it, with mutual TLS.
//! - [`Workspace`]: the real `terraform` or `tofu` with the provider's binary.
//!
//! A rule that is broken is a bug in the provider, so all of these panic then, as assertions do. What a
//! provider refuses in its diagnostics is an `Err`.
//!
//! ```
//! # use std::sync::Arc;
//! # use terraform_plugin::{Provider, Value, testing::{Host, Refused}};
//! # async fn test(provider: Arc<dyn Provider>) -> Result<(), Refused> {
//! let mut host = Host::in_process(provider, "toy_thing");
//! let config = host.config([("name", Value::from("a"))]);
//! host.configure(&Value::object::<&str>([])).await?;
//! host.apply(&config).await?;
//! assert!(!host.has_changes(&config).await?);
//! host.destroy().await?;
//! # Ok(())
//! # }
//! ```

mod certificate;
mod connection;
mod host;
mod process;
pub mod rules;
mod served;
mod workspace;

pub use crate::process::{Ending, serve_to};
pub use certificate::Certificate;
pub use connection::{Connection, Route};
pub use host::{Applied, Change, Host, Kept, Plan, Refused};
pub use process::{COOKIE, Process};
pub use served::Served;
pub use workspace::{Ran, Workspace};
