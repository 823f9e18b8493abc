//! The subcommands a person starts by hand: sandbox, demo, probe.
