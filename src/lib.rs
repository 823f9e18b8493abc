//! The rooms of the provider. `ARCHITECTURE.md` has the map and the forbidden arrows between them.

pub mod aws;
pub mod bluegreen;
pub mod cli;
pub mod sandbox;
pub mod service;
pub mod terraform;
