//! Every operation by its name: reads from a state, writes to the world.

use std::time::Duration;

use serde_json::Value;

use super::World;
use super::error::{Answer, ApiError};
use super::params::{Api, Params};
use super::state::State;
use super::verdicts::Verdict;

/// One call, as parsed by a shell.
#[derive(Clone, Debug)]
pub struct Request {
    pub api: Api,
    pub operation: String,
    pub params: Value,
}

impl Request {
    /// Whether it could change anything, by its name.
    pub fn writes(&self) -> bool {
        !self.operation.starts_with("Describe") && !self.operation.starts_with("List")
    }
}

impl State {
    /// Answers a read; `None` if there is none of that name.
    fn read(&self, now: Duration, request: &Request) -> Option<Answer> {
        let params = &Params::new(request.api, &request.params);
        Some(match (request.api, request.operation.as_str()) {
            (Api::Ecs, "DescribeClusters") => self.describe_clusters(params),
            (Api::Ecs, "ListClusters") => self.list_clusters(params),
            (Api::Ecs, "DescribeTaskDefinition") => self.describe_task_definition(params),
            (Api::Ecs, "ListTaskDefinitions") => self.list_task_definitions(params),
            (Api::Ecs, "ListTaskDefinitionFamilies") => self.list_task_definition_families(params),
            (Api::Ecs, "DescribeServices") => self.describe_services(params),
            (Api::Ecs, "ListServices") => self.list_services(params),
            (Api::Ecs, "DescribeTasks") => self.describe_tasks(params),
            (Api::Ecs, "ListTasks") => self.list_tasks(params),
            (Api::Ecs, "ListTagsForResource") => self.list_tags_for_resource(params),
            (Api::Ecs, "ListServiceDeployments") => self.list_service_deployments(params),
            (Api::Ecs, "DescribeServiceDeployments") => self.describe_service_deployments(params),
            (Api::Elb, "DescribeLoadBalancers") => self.describe_load_balancers(now, params),
            (Api::Elb, "DescribeLoadBalancerAttributes") => self.describe_load_balancer_attributes(params),
            (Api::Elb, "DescribeListeners") => self.describe_listeners(params),
            (Api::Elb, "DescribeListenerAttributes") => self.describe_listener_attributes(params),
            (Api::Elb, "DescribeTargetGroups") => self.describe_target_groups(params),
            (Api::Elb, "DescribeTargetGroupAttributes") => self.describe_target_group_attributes(params),
            (Api::Elb, "DescribeTargetHealth") => self.describe_target_health(params),
            (Api::Elb, "DescribeRules") => self.describe_rules(params),
            (Api::Elb, "DescribeTags") => self.describe_tags(params),
            (Api::Elb, "DescribeAccountLimits") => Ok(super::limits::account_limits()),
            _ => return None,
        })
    }
}

impl World {
    fn write(&mut self, now: Duration, request: &Request) -> Option<Answer> {
        let params = &Params::new(request.api, &request.params);
        Some(match (request.api, request.operation.as_str()) {
            (Api::Ecs, "CreateCluster") => self.create_cluster(now, params),
            (Api::Ecs, "DeleteCluster") => self.delete_cluster(params),
            (Api::Ecs, "RegisterTaskDefinition") => self.register_task_definition(now, params),
            (Api::Ecs, "DeregisterTaskDefinition") => self.deregister_task_definition(now, params),
            (Api::Ecs, "CreateService") => self.create_service(now, params),
            (Api::Ecs, "UpdateService") => self.update_service(now, params),
            (Api::Ecs, "DeleteService") => self.delete_service(now, params),
            (Api::Ecs, "StopTask") => self.stop_task(now, params),
            (Api::Ecs, "TagResource") => self.tag_resource(params),
            (Api::Ecs, "UntagResource") => self.untag_resource(params),
            (Api::Elb, "CreateLoadBalancer") => self.create_load_balancer(now, params),
            (Api::Elb, "DeleteLoadBalancer") => self.delete_load_balancer(now, params),
            (Api::Elb, "ModifyLoadBalancerAttributes") => self.modify_load_balancer_attributes(now, params),
            (Api::Elb, "CreateListener") => self.create_listener(now, params),
            (Api::Elb, "ModifyListener") => self.modify_listener(now, params),
            (Api::Elb, "DeleteListener") => self.delete_listener(now, params),
            (Api::Elb, "CreateTargetGroup") => self.create_target_group(now, params),
            (Api::Elb, "ModifyTargetGroup") => self.modify_target_group(params),
            (Api::Elb, "ModifyTargetGroupAttributes") => self.modify_target_group_attributes(params),
            (Api::Elb, "DeleteTargetGroup") => self.delete_target_group(params),
            (Api::Elb, "RegisterTargets") => self.register_targets(now, params),
            (Api::Elb, "DeregisterTargets") => self.deregister_targets(now, params),
            (Api::Elb, "CreateRule") => self.create_rule(now, params),
            (Api::Elb, "ModifyRule") => self.modify_rule(now, params),
            (Api::Elb, "DeleteRule") => self.delete_rule(now, params),
            (Api::Elb, "SetRulePriorities") => self.set_rule_priorities(now, params),
            (Api::Elb, "AddTags") => self.add_tags(params),
            (Api::Elb, "RemoveTags") => self.remove_tags(params),
            _ => return None,
        })
    }

    /// Answers one call. Time must have been let pass up to `now` by `tick`.
    pub fn act(&mut self, now: Duration, number: u64, request: &Request, verdict: &Verdict) -> Answer {
        if self.settings.enforce_rate_limits && !self.limits.take(now, request) {
            return Err(throttled(request.api));
        }
        let read = match (verdict.missing, verdict.stale) {
            (Some(young), _) => self.state.without_younger_than(now.saturating_sub(young)).read(now, request),
            (None, Some(back)) => self.as_of(now.saturating_sub(back)).read(now, request),
            (None, None) => self.state.read(now, request),
        };
        if let Some(answer) = read {
            return answer;
        }
        self.remember(now);
        self.current = Some(number);
        let suspect = self.untagged(request);
        let answer = self.write(now, request);
        if let (Some(Ok(_)), Some(what)) = (&answer, suspect) {
            self.violations.broke(now, self.current, "I5", what);
        }
        self.current = None;
        answer.unwrap_or_else(|| Err(unknown(request)))
    }
}

pub fn throttled(api: Api) -> ApiError {
    match api {
        Api::Ecs => ApiError::new("ThrottlingException", "Rate exceeded"),
        Api::Elb => ApiError::new("Throttling", "Rate exceeded"),
    }
}

fn unknown(request: &Request) -> ApiError {
    let name = &request.operation;
    match request.api {
        Api::Ecs => {
            ApiError::new("UnknownOperationException", format!("The sandbox has no ECS operation '{name}'"))
        }
        Api::Elb => {
            ApiError::new("InvalidAction", format!("Could not find operation {name} for version 2015-12-01"))
        }
    }
}
