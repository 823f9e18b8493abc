//! The recorded stories: AWS calls, state, `rollout_steps` and messages of whole lives of a service, line by line.
//!
//! A change that is meant to keep behaviour changes no line of `tests/golden/*.txt`. One that is meant to change it
//! shows its whole effect there: `BLESS=1 cargo test --test golden` writes the files anew.
#![allow(clippy::unwrap_used)]

#[path = "../hostile/callers.rs"]
#[allow(dead_code, reason = "only the data plane is used")]
mod callers;

#[path = "../support/socketless.rs"]
mod socketless;
#[path = "../support/toggles.rs"]
mod toggles;

#[path = "../hostile/plane.rs"]
#[allow(dead_code, reason = "nobody asks what callers saw")]
mod plane;

mod book;
mod line;
mod moves;
mod ownership;
mod product;
mod project;
mod releases;
#[allow(dead_code, reason = "shared with the lives of carried rules")]
mod stage;
mod troubles;
