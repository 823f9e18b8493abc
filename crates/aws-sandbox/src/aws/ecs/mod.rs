//! ECS: which operations there are, and what each one touches.

pub mod model;
pub mod quotas;
mod reads;
mod refusals;
mod requests;
mod scheduler;
mod writes;

use std::time::Duration;

use super::state::State;
use super::tags::Tags;
use super::world::{Settings, World};
use crate::call::dialect::{Absent, Dialect, Protocol};
use crate::call::error::Answer;
use crate::call::params::Params;
use crate::call::request::Service;

pub const DIALECT: Dialect = Dialect {
    service: Service::Ecs,
    signing_name: "ecs",
    protocol: Protocol::Json11 { target: "AmazonEC2ContainerServiceV20141113" },
    invalid: "InvalidParameterException",
    absent: Absent::CanNotBeBlank,
    throttled: "ThrottlingException",
    denied: ("AccessDeniedException", 400),
    failed: "ServerException",
};

pub fn read(state: &State, _: &Settings, _: Duration, operation: &str, params: &Params) -> Option<Answer> {
    let ecs = &state.ecs;
    Some(match operation {
        "DescribeClusters" => ecs.describe_clusters(params),
        "ListClusters" => ecs.list_clusters(params),
        "DescribeTaskDefinition" => ecs.describe_task_definition(params),
        "ListTaskDefinitions" => ecs.list_task_definitions(params),
        "ListTaskDefinitionFamilies" => ecs.list_task_definition_families(params),
        "DescribeServices" => ecs.describe_services(params),
        "ListServices" => ecs.list_services(params),
        "DescribeTasks" => ecs.describe_tasks(params),
        "ListTasks" => ecs.list_tasks(params),
        "ListTagsForResource" => ecs.list_tags_for_resource(params),
        "ListServiceDeployments" => ecs.list_service_deployments(params),
        "DescribeServiceRevisions" => ecs.describe_service_revisions(params),
        "DescribeServiceDeployments" => ecs.describe_service_deployments(params),
        _ => return None,
    })
}

pub fn write(world: &mut World, now: Duration, operation: &str, params: &Params) -> Option<Answer> {
    Some(match operation {
        "CreateCluster" => world.create_cluster(now, params),
        "DeleteCluster" => world.delete_cluster(params),
        "RegisterTaskDefinition" => world.register_task_definition(now, params),
        "DeregisterTaskDefinition" => world.deregister_task_definition(now, params),
        "CreateService" => world.create_service(now, params),
        "UpdateService" => world.update_service(now, params),
        "DeleteService" => world.delete_service(now, params),
        "StopTask" => world.stop_task(now, params),
        "TagResource" => world.tag_resource(params),
        "UntagResource" => world.untag_resource(params),
        _ => return None,
    })
}

/// What a write is about to change or delete, with the tags it has before.
pub fn touches(state: &State, operation: &str, params: &Params) -> Vec<(String, Tags)> {
    if !["UpdateService", "DeleteService"].contains(&operation) {
        return Vec::new();
    }
    let found = state.ecs.service(params).ok();
    found.map(|it| (it.arn.clone(), it.tags.clone())).into_iter().collect()
}

/// The tags a write carries.
pub fn tagging(params: &Params) -> Tags {
    requests::tags::parse(params).unwrap_or_default()
}
