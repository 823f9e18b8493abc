//! The sandbox's control plane against what is known of AWS: the world alone in virtual time, and
//! both APIs over HTTP.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod acm;
mod bench;
mod carried;
mod conformance;
mod controllers;
mod faults;
mod routing;
mod s3;
mod scheduler;
mod sdk;
mod sts;
mod tls;
mod traps;
mod wire;
