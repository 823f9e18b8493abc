//! What others do to a service behind Terraform's back, with a console of their own.

use std::time::Duration;

use aws_sandbox::aws::World;
use aws_sandbox::call::request::Service::{self, Ecs, Elb};
use serde_json::{Value, json};

use crate::run::{outsider, production};

/// Some of them come to nothing, as when there is nothing to delete.
pub const WAYS: u8 = 18;

pub fn meddle(world: &mut World, now: Duration, how: u8, side: &str) {
    let name = format!("web-{side}");
    let groups = |world: &World| -> Vec<(String, String)> {
        world.state.elb.target_groups.values().map(|group| (group.name.clone(), group.arn.clone())).collect()
    };
    // Names may be cut and end in a hash, but begin alike.
    let group = groups(world).into_iter().find(|(it, _)| it.starts_with(&name)).map(|(_, arn)| arn);
    let with_role = |world: &World, role: &str| -> Option<String> {
        let rules = world.state.elb.rules.values();
        rules.filter(|rule| json!(rule.tags).to_string().contains(role)).map(|rule| rule.arn.clone()).next()
    };
    let service = |change: Value| {
        let mut all = json!({"cluster": "shop", "service": name});
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        all
    };
    let rule = production(world);
    let fixed = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]);
    let hosts = |host: &str| json!([{"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}]);
    let edit: Option<(Service, &str, Value)> = match how {
        0 => Some((Ecs, "UpdateService", service(json!({"desiredCount": 4})))),
        1 => Some((Ecs, "UpdateService", service(json!({"taskDefinition": "nginx:5"})))),
        2 => Some((Ecs, "UpdateService", service(json!({"enableExecuteCommand": true})))),
        3 => Some((Ecs, "UpdateService", service(json!({"desiredCount": 0})))),
        4 => {
            let arn = format!("arn:aws:ecs:eu-west-1:123456789012:service/shop/{name}");
            Some((
                Ecs,
                "UntagResource",
                json!({"resourceArn": arn, "tagKeys": ["bluegreen:resource", "team"]}),
            ))
        }
        5 => Some((Ecs, "DeleteService", service(json!({"force": true})))),
        6 => with_role(world, "canary").map(|arn| (Elb, "DeleteRule", json!({"RuleArn": arn}))),
        7 => rule.zip(group).map(|(rule, group)| {
            let forward = json!([{"Type": "forward", "TargetGroupArn": group}]);
            (Elb, "ModifyRule", json!({"RuleArn": rule, "Actions": forward}))
        }),
        8 => rule.map(|arn| (Elb, "DeleteRule", json!({"RuleArn": arn}))),
        9 => rule.map(|arn| (Elb, "ModifyRule", json!({"RuleArn": arn, "Actions": fixed}))),
        10 => rule.map(|arn| {
            (
                Elb,
                "SetRulePriorities",
                json!({"RulePriorities": [{"RuleArn": arn, "Priority": "107"}]}),
            )
        }),
        11 => rule.map(|arn| {
            (Elb, "ModifyRule", json!({"RuleArn": arn, "Conditions": hosts("new.example.com")}))
        }),
        12 => group.map(|arn| {
            (Elb, "ModifyTargetGroup", json!({"TargetGroupArn": arn, "HealthCheckPath": "/other"}))
        }),
        13 => group.map(|arn| {
            let tags = json!([{"Key": "by", "Value": "hand"}]);
            (Elb, "AddTags", json!({"ResourceArns": [arn], "Tags": tags}))
        }),
        14 => with_role(world, "test").map(|arn| (Elb, "DeleteRule", json!({"RuleArn": arn}))),
        15 => world.state.elb.rules.values().next().map(|rule| {
            let listener = rule.listener.clone();
            let conditions = hosts("x.example.com");
            (
                Elb,
                "CreateRule",
                json!({"ListenerArn": listener, "Priority": "45", "Conditions": conditions, "Actions": fixed}),
            )
        }),
        _ => None,
    };
    if let Some((api, operation, parameters)) = edit {
        outsider(world, now, api, operation, parameters);
    }
}
