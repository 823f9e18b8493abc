//! The plugin protocol as Terraform sees it: a toy provider, called in this process, in a process of
//! its own, and by the real terraform.
#![cfg(unix)]
// A helper that fails is a test that fails.
#![allow(clippy::unwrap_used)]

mod calls;
mod host;
mod lifecycle;
mod plan_rules;
mod random;
mod real_terraform;
mod security;
mod stopping;
mod toy;
