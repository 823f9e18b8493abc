//! ListTagsForResource.

use serde_json::json;

use crate::aws::ecs::model::Ecs;
use crate::aws::ecs::model::service::Status;
use crate::aws::ecs::refusals::{client, invalid, service_not_found};
use crate::aws::ecs::requests::tags;
use crate::aws::tags::Tags;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl Ecs {
    pub fn list_tags_for_resource(&self, params: &Params) -> Answer {
        let arn = params.needed("resourceArn")?;
        Ok(json!({"tags": tags::write(self.ecs_tags(arn)?)}))
    }

    pub fn ecs_tags(&self, arn: &str) -> Result<&Tags, ApiError> {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let missing =
            || invalid("The specified resource is not found. Specify a valid resource and try again.");
        match resource.split('/').collect::<Vec<_>>()[..] {
            ["cluster", name] => {
                self.clusters.get(name).filter(|it| it.arn == arn).map(|it| &it.tags).ok_or_else(missing)
            }
            ["service", _, _] => {
                let found = self.services.get(arn).ok_or_else(service_not_found)?;
                if found.status != Status::Active {
                    return Err(client("The resource is inactive."));
                }
                Ok(&found.tags)
            }
            ["task", _, id] => self.tasks.get(id).map(|it| &it.tags).ok_or_else(missing),
            ["task-definition", _] => self.task_definitions.get(arn).map(|it| &it.tags).ok_or_else(missing),
            ["service" | "task", _] => Err(invalid(
                "Long arn format must be used for tagging operations. Specify a valid ARN and try again.",
            )),
            _ => Err(invalid("Invalid resource ARN. Specify a valid ARN and try again.")),
        }
    }
}
