//! Operations that change the world.

mod bindings;
mod clusters;
mod create_service;
mod delete_service;
mod pass_role;
mod tags;
mod task_definitions;
mod tasks;
mod update_service;
