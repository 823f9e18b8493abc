//! A hostile API, hostile values and curious eyes: what they can and cannot make the provider do.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "../support/core_rules.rs"]
mod core_rules;

mod callers;
mod plane;
mod run;
mod schedule;
mod schedules;
mod terraform;
mod transport;
mod wish;
