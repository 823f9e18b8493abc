//! The rooms of the provider. `ARCHITECTURE.md` has the map and the forbidden arrows between them.

pub mod aws;
pub mod bluegreen;
pub mod cli;
mod duration;
pub mod provider;
pub mod referee;
pub mod traffic;

// Unit tests share files with the tests in `tests/`, which call this crate by its name.
#[cfg(test)]
extern crate self as bluegreen_provider;
