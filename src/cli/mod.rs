//! The subcommands a person starts by hand: sandbox, demo, probe.

pub mod sandbox;
