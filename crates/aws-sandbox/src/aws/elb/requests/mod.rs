//! Reads and checks what requests carry.

pub mod actions;
pub mod attributes;
pub mod conditions;
pub mod gates;
pub mod health_checks;
pub mod names;
pub mod tags;
pub mod targets;
pub mod transforms;
