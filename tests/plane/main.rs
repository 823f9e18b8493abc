//! The sandbox's data plane over real sockets: load balancer, toy tasks and health checks together,
//! with route tables made by hand. `tests/sandbox` has the same with the control plane in front.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod kit;

mod bodies;
mod checks;
mod continuity;
mod failures;
mod gates;
mod http2;
mod routing;
mod signals;
