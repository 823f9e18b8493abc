//! For the tests of a provider: everything in [`host`](crate::host), and what only tests need. Behind the
//! feature `testing`.
//!
//! From the cheapest to the most real:
//!
//! - [`rules`]: what Terraform demands of a plan and of what comes of it, as functions of values.
//! - [`Host`]: one object's life with a provider in this process, or in another, without Terraform.
//! - [`Served`]: the server on a private socket, in this process and without TLS.
//! - [`Process`]: the provider's binary, invited and connected to as Terraform does it, with mutual TLS.
//! - [`Workspace`]: the real `terraform` or `tofu` with the provider's binary.
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

mod served;
mod workspace;

pub use crate::host::*;
pub use crate::process::{Ending, serve_to};
pub use served::Served;
pub use workspace::{Ran, Workspace};
