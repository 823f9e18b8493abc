//! Faults on demand: what may be asked for, what is in force, and what that does to one call.

pub mod fault;
pub mod in_force;
pub mod verdict;
