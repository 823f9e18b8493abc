//! Operations that only look: methods of the model, so that an older copy can answer as well.

mod listeners;
mod load_balancers;
mod rules;
mod tags;
mod target_groups;
