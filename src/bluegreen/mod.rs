//! The idea: sides, phases, audiences, plans and the guard. No IO, no clock, no AWS or Terraform words.
//!
//! One direction: `Spec` (the wish as meant) -> `Layout` (the wish as an end state), `Observed` (the facts),
//! `Step` (what to do next), `Act` (a step the guard let through). Only the caller has effects.

pub mod audience;
pub mod carried;
pub mod demand;
pub mod effect;
pub mod evidence;
pub mod extras;
pub mod gate;
pub mod guard;
pub mod layout;
pub mod listener;
pub mod matches;
pub mod names;
pub mod observed;
pub mod owned;
pub mod phase;
pub mod plan;
pub mod preflight;
pub mod reconcile;
pub mod repeats;
pub mod routing;
mod sentence;
pub mod side;
pub mod spec;
pub mod step;
pub mod tell;
