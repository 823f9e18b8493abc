//! The subcommands a person starts by hand: sandbox, demo, probe.

pub mod demo;
pub mod probe;
pub mod project;
pub mod sandbox;
