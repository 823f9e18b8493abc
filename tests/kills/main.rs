//! Killed at every call, interrupted at every phase: nothing is lost, and the next apply finishes the work.
//!
//! Everyday runs take a spread of (move, call, side of its effect). All of it, every call of every move on both
//! sides of its effect, takes long; the profile `sweep` is for that:
//!
//! ```sh
//! BLUEGREEN_SWEEP=full cargo test --profile sweep --test kills -- --nocapture
//! ```
//!
//! `sweep` and `stops` drive the provider's binary over its own protocol and keep what Terraform would keep;
//! `killed_terraform` and `interrupts` use the real terraform.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]
#![allow(clippy::print_stdout, reason = "the figures are what a sweep is run for")]

#[path = "../support/mod.rs"]
mod support;

mod driver;
mod interrupts;
mod killed_terraform;
mod plugin;
mod ring;
mod stops;
mod sweep;
mod terraform;
mod wish;

/// Whether everything is to be swept, not a spread of it.
fn full() -> bool {
    std::env::var("BLUEGREEN_SWEEP").is_ok_and(|sweep| sweep == "full")
}
