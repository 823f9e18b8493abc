//! The sandbox's control plane against what is known of AWS: the world alone in virtual time, and
//! both APIs over HTTP.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "sandbox/bench.rs"]
mod bench;
#[path = "sandbox/conformance.rs"]
mod conformance;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/routing.rs"]
mod routing;
#[path = "sandbox/scheduler.rs"]
mod scheduler;
#[path = "sandbox/sdk.rs"]
mod sdk;
#[path = "sandbox/wire.rs"]
mod wire;
