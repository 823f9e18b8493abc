//! Reads and checks what requests carry.

pub mod containers;
pub mod names;
pub mod services;
pub mod tags;
