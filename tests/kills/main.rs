//! Killed at every call, interrupted at every phase: nothing is lost, and the next apply finishes the work.
//!
//! Everyday runs take a spread of (move, call, side of its effect). All of it, which takes most of an hour:
//!
//! ```sh
//! BLUEGREEN_SWEEP=full cargo test --test kills -- --nocapture
//! ```
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/core_rules.rs"]
mod core_rules;

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
