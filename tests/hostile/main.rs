//! A hostile API, hostile values and curious eyes: what they can and cannot make the provider do.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "../support/socketless.rs"]
mod socketless;

#[path = "../support/mod.rs"]
mod support;

mod borders;
mod callers;
mod contrast;
mod live;
mod lives;
mod plane;
mod run;
mod schedule;
mod schedules;
mod secrets;
mod terraform;
mod transport;
mod values;
mod wish;
