//! Operations that only look: methods of the model, so that an older copy can answer as well.

mod clusters;
mod service_deployments;
mod service_revisions;
mod services;
mod tags;
mod task_definitions;
mod tasks;
