//! Interrupts, timeouts, an API that fails, and others who get in the way of an apply.

use serde_json::json;

use crate::line::Deed;
use crate::stage::story;

#[test]
fn interrupts_are_as_recorded() {
    story("interrupts", async |stage| {
        stage.after("CreateTargetGroup", 1, 0, Deed::Interrupt);
        stage.apply_fails("create, interrupted after its first write").await;
        stage.after("CreateService", 1, 4, Deed::Interrupt);
        stage.apply_fails("create, interrupted while waiting").await;
        stage.left().await;
        stage.apply("create, at last").await;
        stage.after("UpdateService", 1, 2, Deed::Interrupt).phase("promoted");
        stage.apply_fails("promote, interrupted while GREEN starts").await;
        stage.after("ModifyRule", 1, 5, Deed::Interrupt);
        stage.apply_fails("promote, interrupted while it settles").await;
        stage.phase("stable").apply("and back instead").await;
        stage.after("UpdateService", 1, 20, Deed::Interrupt).phase("canary");
        stage.apply_fails("canary, interrupted while GREEN starts").await;
        stage.after("CreateRule", 1, 0, Deed::Interrupt);
        stage.apply_fails("canary, interrupted after its last write").await;
        // Half-way through its calls, and before any that comes at the same moment as another.
        stage.after("DescribeTargetGroups", 1, 0, Deed::Interrupt).phase("staged");
        stage.apply_fails("interrupted while refreshing").await;
        stage.after("DeleteRule", 1, 0, Deed::Interrupt);
        stage.destroy_fails("destroy, interrupted").await;
        stage.destroy("destroy, at last").await;
    });
}

#[test]
fn timeouts_are_as_recorded() {
    story("timeouts", async |stage| {
        let short = |what: &str, time: &str| json!({ "timeouts": { what: time } });
        stage.set(short("create", "20s")).apply_fails("create, too slow").await;
        stage.left().await;
        stage.set(short("create", "20m")).apply("create, in time").await;
        stage.set(short("update", "30s")).set(json!({ "green": { "task_definition": "nginx:7" } }));
        stage.phase("canary").apply_fails("a canary that is not healthy in time").await;
        stage.set(json!({ "green": { "task_definition": "nginx:2" }, "settle_time": "10m" }));
        stage.set(short("update", "5m")).phase("promoted").apply_fails("promote, too long a hold").await;
        stage.set(short("update", "20m")).apply("promote, in time").await;
        stage.set(short("delete", "1s")).apply("only a timeout").await;
        stage.destroy_fails("destroy, too slow").await;
        stage.set(short("delete", "20m")).apply("everything made anew").await;
        stage.destroy("destroy, in time").await;
    });
}

#[test]
fn failing_calls_are_as_recorded() {
    story("failing_calls", async |stage| {
        stage.fault(json!({ "kind": "access_denied", "operations": ["CreateService"] })).await;
        stage.apply_fails("create, CreateService denied").await;
        stage.left().await;
        stage.no_faults().await;
        stage.fault(json!({ "kind": "lost_answer", "writes": true, "probability": 1.0, "count": 4 })).await;
        stage.apply("create, four answers lost").await;
        stage.no_faults().await;
        stage.fault(json!({ "kind": "access_denied", "operations": ["ModifyRule"] })).await;
        stage.phase("promoted").apply_fails("promote, ModifyRule denied").await;
        stage.no_faults().await;
        stage.fault(json!({ "kind": "pass_role" })).await;
        stage.set(json!({ "green": { "task_definition": "nginx:3" } }));
        stage.apply_fails("promote another, iam:PassRole denied").await;
        stage.no_faults().await;
        stage.fault(json!({ "kind": "throttle", "count": 5 })).await;
        stage.fault(json!({ "kind": "drop", "writes": true, "count": 1 })).await;
        stage.apply("promote, throttled and cut off at times").await;
        stage.no_faults().await;
        stage.fault(json!({ "kind": "throttle", "operations": ["DescribeRules"] })).await;
        stage.plan("refresh, throttled for good").await;
        stage.no_faults().await;
        stage.fault(json!({ "kind": "access_denied", "operations": ["DescribeServices"] })).await;
        stage.plan("refresh, denied").await;
        stage.no_faults().await;
        stage.fault(json!({ "kind": "drop" })).await;
        stage.plan("refresh, unreachable").await;
        stage.no_faults().await;
        let error = json!({ "kind": "error", "operations": ["DeleteTargetGroup"], "status": 400,
            "code": "ResourceInUse", "message": "Target group is currently in use by a listener or a rule", "count": 2 });
        stage.fault(error).await;
        stage.destroy("destroy, groups in use for a while").await;
    });
}

#[test]
fn others_in_the_middle_of_an_apply_are_as_recorded() {
    story("others", async |stage| {
        stage.apply("create").await;
        let (rule, blue, green) = (
            stage.arn("production_rule_arn"),
            stage.arn("blue_target_group_arn"),
            stage.arn("green_target_group_arn"),
        );
        let group = |arn: &str, weight: u32| json!({ "TargetGroupArn": arn, "Weight": weight });
        let back = json!({ "RuleArn": rule, "Actions": [{ "Type": "forward", "ForwardConfig": {
            "TargetGroups": [group(&blue, 100), group(&green, 0)] } }] });
        stage.after("ModifyRule", 1, 10, Deed::Call("ModifyRule", back.clone())).phase("promoted");
        stage.apply("somebody goes back once while it settles").await;
        stage.phase("stable").apply("and home").await;
        for nth in 1..=12 {
            stage.after("ModifyRule", nth, 5, Deed::Call("ModifyRule", back.clone()));
        }
        stage.phase("promoted").apply_fails("somebody goes back every time").await;
        stage.apply("he has stopped").await;
        let delete = json!({ "cluster": "shop", "service": "nginx-blue", "force": true });
        stage.after("ModifyRule", 1, 5, Deed::Call("DeleteService", delete)).phase("stable");
        stage.apply_fails("the home side is deleted while it settles").await;
        stage.apply("what is left of it").await;
        let scale = json!({ "cluster": "shop", "service": "nginx-blue", "desiredCount": 5 });
        stage.after("UpdateService", 1, 5, Deed::Call("UpdateService", scale)).phase("canary");
        stage.apply("somebody scales the home side").await;
        let delete = json!({ "cluster": "shop", "service": "nginx-green", "force": true });
        stage.after("ModifyRule", 1, 5, Deed::Call("DeleteService", delete)).phase("promoted");
        stage.apply_fails("the receiver is deleted while it settles").await;
        stage.apply("once more").await;
    });
}
