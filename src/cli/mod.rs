//! The subcommands a person starts by hand: sandbox, demo, probe.

pub mod probe;
pub mod project;
pub mod traffic;
