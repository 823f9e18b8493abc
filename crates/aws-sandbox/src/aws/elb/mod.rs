//! Elastic Load Balancing v2: which operations there are, and what each one touches.

pub mod model;
mod nodes;
pub mod quotas;
mod reads;
mod refusals;
mod requests;
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
    service: Service::Elb,
    signing_name: "elasticloadbalancing",
    protocol: Protocol::Query {
        version: "2015-12-01",
        namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    },
    invalid: "ValidationError",
    absent: Absent::MustNotBeNull,
    throttled: "Throttling",
    denied: ("AccessDenied", 403),
    failed: "InternalFailure",
};

pub fn read(
    state: &State,
    settings: &Settings,
    now: Duration,
    operation: &str,
    params: &Params,
) -> Option<Answer> {
    let elb = &state.elb;
    Some(match operation {
        "DescribeLoadBalancers" => elb.describe_load_balancers(now, params),
        "DescribeLoadBalancerAttributes" => elb.describe_load_balancer_attributes(params),
        "DescribeListeners" => elb.describe_listeners(params),
        "DescribeListenerCertificates" => elb.describe_listener_certificates(params),
        "DescribeSSLPolicies" => model::policy::describe(params),
        "DescribeListenerAttributes" => elb.describe_listener_attributes(params),
        "DescribeTargetGroups" => elb.describe_target_groups(params),
        "DescribeTargetGroupAttributes" => elb.describe_target_group_attributes(params),
        "DescribeTargetHealth" => elb.describe_target_health(params),
        "DescribeRules" => elb.describe_rules(params),
        "DescribeTags" => elb.describe_tags(params),
        "DescribeAccountLimits" => Ok(quotas::account_limits(settings)),
        _ => return None,
    })
}

pub fn write(world: &mut World, now: Duration, operation: &str, params: &Params) -> Option<Answer> {
    Some(match operation {
        "CreateLoadBalancer" => world.create_load_balancer(now, params),
        "DeleteLoadBalancer" => world.delete_load_balancer(now, params),
        "ModifyLoadBalancerAttributes" => world.modify_load_balancer_attributes(now, params),
        "CreateListener" => world.create_listener(now, params),
        "ModifyListener" => world.modify_listener(now, params),
        "AddListenerCertificates" => world.add_listener_certificates(now, params),
        "RemoveListenerCertificates" => world.remove_listener_certificates(now, params),
        "DeleteListener" => world.delete_listener(now, params),
        "CreateTargetGroup" => world.create_target_group(now, params),
        "ModifyTargetGroup" => world.modify_target_group(params),
        "ModifyTargetGroupAttributes" => world.modify_target_group_attributes(params),
        "DeleteTargetGroup" => world.delete_target_group(params),
        "RegisterTargets" => world.register_targets(params),
        "DeregisterTargets" => world.deregister_targets(now, params),
        "CreateRule" => world.create_rule(now, params),
        "ModifyRule" => world.modify_rule(now, params),
        "DeleteRule" => world.delete_rule(now, params),
        "SetRulePriorities" => world.set_rule_priorities(now, params),
        "AddTags" => world.add_tags(params),
        "RemoveTags" => world.remove_tags(params),
        _ => return None,
    })
}

/// What a write is about to change or delete, with the tags it has before.
pub fn touches(state: &State, operation: &str, params: &Params) -> Vec<(String, Tags)> {
    let elb = &state.elb;
    let text = |name: &str| params.text(name).ok().flatten().unwrap_or_default();
    let rule = |arn: &str| elb.rules.get(arn).map(|it| (it.arn.clone(), it.tags.clone()));
    match operation {
        "ModifyRule" | "DeleteRule" => rule(text("RuleArn")).into_iter().collect(),
        "SetRulePriorities" => {
            let pairs = params.objects("RulePriorities").ok().flatten().unwrap_or_default();
            pairs.iter().filter_map(|pair| rule(pair.text("RuleArn").ok()??)).collect()
        }
        "ModifyTargetGroup"
        | "ModifyTargetGroupAttributes"
        | "DeleteTargetGroup"
        | "RegisterTargets"
        | "DeregisterTargets" => {
            let found = elb.target_groups.get(text("TargetGroupArn"));
            found.map(|it| (it.arn.clone(), it.tags.clone())).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The tags a write carries.
pub fn tagging(params: &Params) -> Tags {
    requests::tags::parse(params).unwrap_or_default()
}
