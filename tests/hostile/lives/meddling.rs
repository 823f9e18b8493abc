//! What others do to a service behind Terraform's back, with a console of their own.

use std::time::Duration;

use aws_sandbox::aws::World;
use aws_sandbox::call::request::Service::{self, Ecs, Elb};
use serde_json::{Value, json};

use crate::run::{arn_of, outsider, production};

/// Some of them come to nothing, as when there is nothing to delete.
pub const WAYS: u8 = 18;

pub fn meddle(world: &mut World, now: Duration, how: u8, side: &str, listener: &str) {
    let name = format!("web-{side}");
    let group = |side: &str| {
        let name = format!("web-{side}");
        arn_of(world, now, "target_groups", |it| it["name"] == *name)
    };
    let (group, other) = (group(side), group(if side == "blue" { "green" } else { "blue" }));
    let with_role = |role: &str| arn_of(world, now, "rules", |it| it["tags"]["bluegreen:role"] == role);
    let service = |change: Value| {
        let mut all = json!({"cluster": "shop", "service": name});
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        all
    };
    let rule = production(world, now);
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
        6 => with_role("canary").map(|arn| (Elb, "DeleteRule", json!({"RuleArn": arn}))),
        7 => rule.zip(group.zip(other)).map(|(rule, (group, other))| {
            let weigh = |arn: &str, weight: &str| json!({"TargetGroupArn": arn, "Weight": weight});
            let groups = json!({"TargetGroups": [weigh(&group, "1"), weigh(&other, "0")]});
            let forward = json!([{"Type": "forward", "ForwardConfig": groups}]);
            (Elb, "ModifyRule", json!({"RuleArn": rule, "Actions": forward}))
        }),
        8 => rule.map(|arn| (Elb, "DeleteRule", json!({"RuleArn": arn}))),
        9 => rule.map(|arn| (Elb, "ModifyRule", json!({"RuleArn": arn, "Actions": fixed}))),
        10 => rule.map(|arn| {
            (Elb, "SetRulePriorities", json!({"RulePriorities": [{"RuleArn": arn, "Priority": "107"}]}))
        }),
        11 => rule
            .map(|arn| (Elb, "ModifyRule", json!({"RuleArn": arn, "Conditions": hosts("new.example.com")}))),
        12 => group.map(|arn| {
            (Elb, "ModifyTargetGroup", json!({"TargetGroupArn": arn, "HealthCheckPath": "/other"}))
        }),
        13 => group.map(|arn| {
            let tags = json!([{"Key": "by", "Value": "hand"}]);
            (Elb, "AddTags", json!({"ResourceArns": [arn], "Tags": tags}))
        }),
        14 => with_role("test").map(|arn| (Elb, "DeleteRule", json!({"RuleArn": arn}))),
        15 => {
            let conditions = hosts("x.example.com");
            let rule = json!({"ListenerArn": listener, "Priority": "45", "Conditions": conditions, "Actions": fixed});
            Some((Elb, "CreateRule", rule))
        }
        _ => None,
    };
    if let Some((api, operation, parameters)) = edit {
        outsider(world, now, api, operation, parameters);
    }
}
