//! What is whose: edits by hand, lost tags, imports, neighbours on the listener and names that are taken.

use serde_json::{Value as Json, json};

use crate::stage::{Stage, story};

fn forward(rule: &str, groups: &[(&str, u32)]) -> Json {
    let groups: Vec<Json> =
        groups.iter().map(|(arn, weight)| json!({ "TargetGroupArn": arn, "Weight": weight })).collect();
    let action = json!({ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } });
    json!({ "RuleArn": rule, "Actions": [action] })
}

fn hosts(hosts: &[&str]) -> Json {
    json!([{ "Field": "host-header", "HostHeaderConfig": { "Values": hosts } }])
}

async fn edit(stage: &mut Stage, title: &str, operation: &str, parameters: Json) {
    stage.by_hand(operation, parameters).await;
    stage.apply(title).await;
}

#[test]
fn rules_edited_by_hand_are_as_recorded() {
    story("rules_by_hand", async |stage| {
        stage.phase("canary").apply("create, canary").await;
        let (rule, canary) = (stage.arn("production_rule_arn"), stage.arn("canary_rule_arns"));
        let (blue, green) = (stage.arn("blue_target_group_arn"), stage.arn("green_target_group_arn"));
        edit(stage, "half and half", "ModifyRule", forward(&rule, &[(&blue, 50), (&green, 50)])).await;
        edit(stage, "the other way round", "ModifyRule", forward(&rule, &[(&green, 1), (&blue, 0)])).await;
        edit(stage, "one group only", "ModifyRule", forward(&rule, &[(&blue, 1)])).await;
        edit(stage, "the canary turned", "ModifyRule", forward(&canary, &[(&blue, 1), (&green, 0)])).await;
        let other = json!({ "RuleArn": rule, "Conditions": hosts(&["other.example.com"]) });
        edit(stage, "another host", "ModifyRule", other).await;
        let more = json!([
            { "Field": "host-header", "HostHeaderConfig": { "Values": ["nginx.example.com"] } },
            { "Field": "http-header", "HttpHeaderConfig": { "HttpHeaderName": "X-Beta", "Values": ["1"] } },
        ]);
        edit(stage, "a header", "ModifyRule", json!({ "RuleArn": rule, "Conditions": more })).await;
        let wider = json!([
            { "Field": "host-header", "HostHeaderConfig": { "Values": ["nginx.example.com"] } },
            { "Field": "source-ip", "SourceIpConfig": { "Values": ["10.0.0.0/8"] } },
        ]);
        edit(stage, "other canary people", "ModifyRule", json!({ "RuleArn": canary, "Conditions": wider }))
            .await;
        let redirect = json!({ "Type": "redirect", "RedirectConfig": { "StatusCode": "HTTP_302", "Host": "x.example.com" } });
        edit(stage, "a redirect", "ModifyRule", json!({ "RuleArn": rule, "Actions": [redirect] })).await;
        let closed = json!({ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "503" } });
        edit(stage, "closed", "ModifyRule", json!({ "RuleArn": rule, "Actions": [closed] })).await;
        edit(stage, "the canary closed", "ModifyRule", json!({ "RuleArn": canary, "Actions": [closed] }))
            .await;
        let sticky = json!({ "Type": "forward", "ForwardConfig": {
            "TargetGroups": [{ "TargetGroupArn": blue, "Weight": 100 }, { "TargetGroupArn": green, "Weight": 0 }],
            "TargetGroupStickinessConfig": { "Enabled": true, "DurationSeconds": 60 } } });
        edit(stage, "sticky", "ModifyRule", json!({ "RuleArn": rule, "Actions": [sticky] })).await;
        let up = json!({ "RulePriorities": [{ "RuleArn": rule, "Priority": 30 }] });
        edit(stage, "moved", "SetRulePriorities", up).await;
        edit(stage, "the canary deleted", "DeleteRule", json!({ "RuleArn": canary })).await;
        edit(stage, "the rule deleted", "DeleteRule", json!({ "RuleArn": rule })).await;
    });
}

#[test]
fn a_foreign_group_on_the_rule_is_as_recorded() {
    story("foreign_group", async |stage| {
        stage.apply("create").await;
        let (rule, blue) = (stage.arn("production_rule_arn"), stage.arn("blue_target_group_arn"));
        let vpc = stage.vpc().to_owned();
        let group =
            json!({ "Name": "theirs", "VpcId": vpc, "Port": 80, "Protocol": "HTTP", "TargetType": "ip" });
        let theirs = stage.make("CreateTargetGroup", group, "TargetGroupArn").await;
        edit(stage, "beside ours", "ModifyRule", forward(&rule, &[(&blue, 50), (&theirs, 50)])).await;
        stage.by_hand("ModifyRule", forward(&rule, &[(&theirs, 1)])).await;
        stage.phase("promoted").apply("in place of ours, while promoting").await;
        stage.destroy("destroy").await;
    });
}

#[test]
fn services_and_groups_edited_by_hand_are_as_recorded() {
    story("services_by_hand", async |stage| {
        stage.phase("staged").set(json!({ "tags": { "team": "web" } })).apply("create, staged").await;
        let service = |name: &str, change: Json| {
            let mut all = json!({ "cluster": "shop", "service": name });
            for (key, value) in change.as_object().unwrap() {
                all[key] = value.clone();
            }
            all
        };
        let update = "UpdateService";
        edit(stage, "scaled up", update, service("nginx-blue", json!({ "desiredCount": 3 }))).await;
        edit(stage, "scaled to 0", update, service("nginx-blue", json!({ "desiredCount": 0 }))).await;
        edit(stage, "the candidate scaled", update, service("nginx-green", json!({ "desiredCount": 2 })))
            .await;
        let exec = service("nginx-blue", json!({ "enableExecuteCommand": true }));
        edit(stage, "exec on", update, exec).await;
        let other = service("nginx-green", json!({ "taskDefinition": "nginx:5" }));
        edit(stage, "another definition", update, other).await;
        let (blue, group) = (stage.arn("blue_service_arn"), stage.arn("blue_target_group_arn"));
        let check =
            json!({ "TargetGroupArn": group, "HealthCheckPath": "/other", "HealthCheckIntervalSeconds": 20 });
        edit(stage, "another health check", "ModifyTargetGroup", check).await;
        let delay = json!({ "Key": "deregistration_delay.timeout_seconds", "Value": "5" });
        let delay = json!({ "TargetGroupArn": group, "Attributes": [delay] });
        edit(stage, "another delay", "ModifyTargetGroupAttributes", delay).await;
        let team = json!({ "resourceArn": blue, "tags": [{ "key": "team", "value": "theirs" }] });
        edit(stage, "another tag", "TagResource", team).await;
        let delete = service("nginx-green", json!({ "force": true }));
        edit(stage, "the candidate deleted", "DeleteService", delete).await;
        let delete = service("nginx-blue", json!({ "force": true }));
        edit(stage, "the home side deleted", "DeleteService", delete).await;
        stage.by_hand("DeleteService", service("nginx-blue", json!({ "force": true }))).await;
        stage.by_hand("DeleteService", service("nginx-green", json!({ "force": true }))).await;
        stage.by_hand("DeleteRule", json!({ "RuleArn": stage.arn("production_rule_arn") })).await;
        for group in ["blue_target_group_arn", "green_target_group_arn"] {
            stage.by_hand("DeleteTargetGroup", json!({ "TargetGroupArn": stage.arn(group) })).await;
        }
        stage.apply("everything deleted").await;
    });
}

#[test]
fn tags_removed_by_hand_are_as_recorded() {
    story("lost_tags", async |stage| {
        stage.phase("canary").apply("create, canary").await;
        let owner = "bluegreen:resource";
        let service = json!({ "resourceArn": stage.arn("blue_service_arn"), "tagKeys": [owner] });
        edit(stage, "a service's", "UntagResource", service).await;
        for name in ["green_target_group_arn", "production_rule_arn", "canary_rule_arns"] {
            let remove = json!({ "ResourceArns": [stage.arn(name)], "TagKeys": [owner] });
            edit(stage, name, "RemoveTags", remove).await;
        }
        let remove =
            json!({ "ResourceArns": [stage.arn("production_rule_arn")], "TagKeys": ["bluegreen:role"] });
        stage.by_hand("RemoveTags", remove).await;
        stage.phase("promoted").apply("the rule's role, while promoting").await;
        let remove = json!({ "ResourceArns": [stage.arn("blue_target_group_arn")], "TagKeys": [owner] });
        stage.by_hand("RemoveTags", remove).await;
        stage.destroy("destroy, a group without its tag").await;
    });
}

#[test]
fn imports_are_as_recorded() {
    story("imports", async |stage| {
        let arn = stage.test_listener().to_owned();
        stage
            .set(json!({ "test_listener": { "arn": arn, "priority": 10, "allowed_cidrs": ["10.0.0.0/8"] } }));
        stage.set(json!({ "tags": { "team": "web" }, "standby_count": 1 })).apply("create, stable").await;
        for phase in ["stable", "canary", "promoted"] {
            stage.phase(phase).apply(phase).await;
            stage.forget();
            assert!(stage.import("shop/nginx").await);
            stage.apply(&format!("{phase}, imported")).await;
        }
        stage.forget();
        stage.apply_fails("a create over it").await;
        for wrong in ["nginx", "shop/apache", "shop/", "nowhere/nginx", "a/b/c"] {
            assert!(!stage.import(wrong).await);
        }
        assert!(stage.import("shop/nginx").await);
        stage.destroy("destroy, imported").await;
    });
}

#[test]
fn neighbours_are_as_recorded() {
    story("neighbours", async |stage| {
        let (listener, test) = (stage.production_listener().to_owned(), stage.test_listener().to_owned());
        let fixed = json!([{ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "200" } }]);
        let rule = |listener: &str, priority: u32, host: &str| json!({ "ListenerArn": listener, "Priority": priority, "Conditions": hosts(&[host]), "Actions": fixed });
        let at = |arn: &str| json!({ "RuleArn": arn });
        let holder = stage.make("CreateRule", rule(&listener, 100, "other.example.com"), "RuleArn").await;
        stage.apply_fails("create, the priority is taken").await;
        let shadow = stage.make("CreateRule", rule(&listener, 7, "*.example.com"), "RuleArn").await;
        stage.set(json!({ "production_priority": 102, "canary_priority": 101 }));
        stage.apply_fails("create, in a shadow").await;
        stage.by_hand("DeleteRule", at(&shadow)).await;
        let vpc = stage.vpc().to_owned();
        let group = json!({ "Name": "nginx-green-ddf171", "VpcId": vpc, "Port": 80, "Protocol": "HTTP", "TargetType": "ip" });
        let theirs = stage.make("CreateTargetGroup", group, "TargetGroupArn").await;
        stage.apply_fails("create, the name is taken").await;
        stage.by_hand("DeleteTargetGroup", json!({ "TargetGroupArn": theirs })).await;
        stage.apply("create").await;
        stage
            .set(json!({ "production_priority": 100, "canary_priority": 99 }))
            .plan("the priority is taken")
            .await;
        stage.by_hand("DeleteRule", at(&holder)).await;
        stage.make("CreateRule", rule(&listener, 99, "other.example.com"), "RuleArn").await;
        stage.apply("the canary's is taken, and not wanted yet").await;
        stage.phase("canary").apply_fails("the canary's is taken").await;
        stage.set(json!({ "canary_priority": 98 })).apply("another for the canary").await;
        stage.make("CreateRule", rule(&listener, 3, "nginx.example.com"), "RuleArn").await;
        stage.phase("promoted").apply("promote in a shadow").await;
        stage.make("CreateRule", rule(&test, 5, "x.example.com"), "RuleArn").await;
        stage.set(json!({ "test_listener": { "arn": test, "priority": 5 } }));
        stage.apply_fails("the test listener's is taken").await;
        stage.destroy("destroy").await;
    });
}

#[test]
fn destroying_at_any_time_is_as_recorded() {
    story("destroying", async |stage| {
        let arn = stage.test_listener().to_owned();
        stage.set(json!({ "test_listener": { "arn": arn, "priority": 10 } }));
        stage.phase("canary").apply("create, canary").await;
        stage.destroy("destroy, canary and test rule").await;
        stage.apply("create, canary").await;
        let (rule, green) = (stage.arn("production_rule_arn"), stage.arn("green_target_group_arn"));
        stage.by_hand("ModifyRule", forward(&rule, &[(&green, 1)])).await;
        stage.destroy("destroy, edited by hand").await;
        stage.apply("create, canary").await;
        stage
            .by_hand("DeleteService", json!({ "cluster": "shop", "service": "nginx-blue", "force": true }))
            .await;
        stage.destroy("destroy, half of it gone").await;
        stage.destroy("destroy, nothing there").await;
    });
}
