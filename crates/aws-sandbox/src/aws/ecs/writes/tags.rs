//! TagResource, UntagResource.

use serde_json::json;

use crate::aws::ecs::refusals::service_not_found;
use crate::aws::ecs::requests::tags::{parse, too_many};
use crate::aws::place;
use crate::aws::tags::Tags;
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl World {
    fn ecs_tags_mut(&mut self, arn: &str) -> Result<&mut Tags, ApiError> {
        self.state.ecs.ecs_tags(arn)?;
        let last = arn.rsplit('/').next().unwrap_or_default();
        let ecs = &mut self.state.ecs;
        let found = match place::kind(arn) {
            "cluster" => ecs.clusters.get_mut(last).map(|it| &mut it.tags),
            "service" => ecs.services.get_mut(arn).map(|it| &mut it.tags),
            "task" => ecs.tasks.get_mut(last).map(|it| &mut it.tags),
            _ => ecs.task_definitions.get_mut(arn).map(|it| &mut it.tags),
        };
        found.ok_or_else(service_not_found)
    }

    pub(crate) fn tag_resource(&mut self, params: &Params) -> Answer {
        let new = parse(params)?;
        let tags = self.ecs_tags_mut(params.needed("resourceArn")?)?;
        let mut all = tags.clone();
        all.extend(new);
        too_many(&all)?;
        *tags = all;
        Ok(json!({}))
    }

    pub(crate) fn untag_resource(&mut self, params: &Params) -> Answer {
        let keys = params.texts("tagKeys")?.ok_or_else(|| params.missing("tagKeys"))?;
        let tags = self.ecs_tags_mut(params.needed("resourceArn")?)?;
        tags.retain(|key, _| !keys.contains(&key.as_str()));
        Ok(json!({}))
    }
}
