//! StopTask.

use std::time::Duration;

use serde_json::json;

use crate::aws::ecs::refusals::missing_task;
use crate::aws::world::World;
use crate::call::error::Answer;
use crate::call::params::Params;

impl World {
    pub(crate) fn stop_task(&mut self, now: Duration, params: &Params) -> Answer {
        let cluster = self.state.ecs.cluster(params)?.name.clone();
        let id = self.state.ecs.task(&cluster, params.needed("task")?).ok_or_else(missing_task)?.id.clone();
        let reason = params.text("reason")?.unwrap_or("Task stopped by user").to_owned();
        self.stop_at_once(now, &id, &reason);
        let it = self.state.ecs.tasks.get(&id).ok_or_else(missing_task)?;
        Ok(json!({"task": self.state.ecs.task_json(it, true)}))
    }
}
