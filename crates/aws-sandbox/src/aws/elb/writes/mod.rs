//! Operations that change the world.

mod certificates;
mod listeners;
mod load_balancers;
mod priorities;
mod rules;
mod tags;
mod target_groups;
mod targets;
