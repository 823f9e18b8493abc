//! Reads and checks what requests carry.

pub mod actions;
pub mod attributes;
pub mod conditions;
pub mod health_checks;
pub mod names;
pub mod tags;
pub mod targets;
