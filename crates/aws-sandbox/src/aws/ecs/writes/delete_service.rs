//! DeleteService.

use std::time::Duration;

use serde_json::json;

use crate::aws::ecs::model::deployment::Rollout;
use crate::aws::ecs::model::service::Status;
use crate::aws::ecs::refusals::{invalid, service_not_found};
use crate::aws::world::World;
use crate::call::error::Answer;
use crate::call::params::Params;

impl World {
    pub(crate) fn delete_service(&mut self, now: Duration, params: &Params) -> Answer {
        let it = self.state.ecs.service(params)?.clone();
        let force = params.boolean("force")?.unwrap_or(false);
        match it.status {
            Status::Inactive => return Err(service_not_found()),
            Status::Draining => return Ok(json!({"service": self.state.ecs.service_json(&it, true)})),
            Status::Active => {}
        }
        if it.desired > 0 && !force {
            return Err(invalid("The service cannot be stopped while it is scaled above 0."));
        }
        let in_flight = it.deployments.len() > 1
            || it.deployments.first().is_some_and(|primary| primary.rollout == Rollout::InProgress);
        if in_flight && !force {
            return Err(invalid("The service cannot be stopped while deployments are active."));
        }
        self.changes.push(it.lowered_to(0));
        if let Some(service) = self.state.ecs.services.get_mut(&it.arn) {
            service.status = Status::Draining;
            service.desired = 0;
            service.steady = true;
        }
        self.react(now, &it.arn);
        let it = self.state.ecs.services.get(&it.arn).ok_or_else(service_not_found)?;
        Ok(json!({"service": self.state.ecs.service_json(it, true)}))
    }
}
