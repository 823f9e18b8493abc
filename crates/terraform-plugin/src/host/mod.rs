//! Terraform's side of the protocol: its rules, a host that keeps them, and a plugin process started and
//! connected to as Terraform does it. Behind the feature `host`.
//!
//! - [`rules`]: what Terraform demands of a plan and of what comes of it, as functions of values.
//! - [`Host`]: one object's life with a provider in this process, or in another, without Terraform.
//! - [`Process`]: the provider's binary, invited and connected to with mutual TLS.
//!
//! A rule that is broken is a bug in the provider, so these panic then, as assertions do. What a provider
//! refuses in its diagnostics is an `Err`, and so is a process that cannot be started or does not answer.

mod certificate;
mod connection;
mod object;
mod process;
pub mod rules;

pub use certificate::Certificate;
pub use connection::{Connection, Route};
pub use object::{Applied, Change, Host, Kept, Plan, Refused};
pub use process::{COOKIE, Process};
