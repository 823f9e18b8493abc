//! Whole stories with the real terraform (or tofu), the sandbox and live traffic.

#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod addresses;
mod complete;
mod demo;
mod drift;
mod example;
mod failures;
mod handing_over;
mod inputs;
mod listeners;
mod locks;
mod moves;
mod naive;
mod probe;
