//! The plugin protocol as Terraform sees it: a toy provider, called in this process, in a process of
//! its own, and by the real terraform.
#![cfg(unix)]
// A child process is waited for by the wall, and the toy must end as a process the way it is told.
#![allow(clippy::disallowed_methods)]
// A helper that fails is a test that fails.
#![allow(clippy::unwrap_used)]

#[path = "../support/raw.rs"]
mod raw;

mod calls;
mod golden;
mod host;
mod identity;
mod lifecycle;
mod plan_rules;
mod random;
mod real_terraform;
mod security;
mod stopping;
mod toy;
