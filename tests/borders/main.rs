//! What is ours and what is not: several states, other teams and lost tags around one service that serves.
//!
//! Each test says what happened while `CLUSTER/NAME` in a tag was all that ownership stood on.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

#[path = "../hostile/callers.rs"]
mod callers;
#[path = "../hostile/plane.rs"]
mod plane;
#[path = "../support/socketless.rs"]
mod socketless;
#[path = "../hostile/terraform.rs"]
mod terraform;
#[path = "../hostile/transport.rs"]
mod transport;
#[path = "../hostile/wish.rs"]
#[allow(dead_code, reason = "only some of the wishes are made here")]
mod wish;

mod adopting;
mod creating;
mod listeners;
mod others;
mod quotas;
mod schedules;
mod stage;
mod states;
