//! Releases and settings: good ones, bad ones, and those that AWS will not have.

use serde_json::json;

use crate::line::Deed;
use crate::stage::story;

#[test]
fn bad_releases_are_as_recorded() {
    story("bad_releases", async |stage| {
        stage.apply("create").await;
        stage.set(json!({ "green": { "task_definition": "nginx:7" } }));
        stage.phase("staged").apply_fails("never healthy, staged").await;
        stage.phase("promoted").apply_fails("never healthy, promoted").await;
        stage.set(json!({ "green": { "task_definition": "nginx:8" } })).phase("canary");
        stage.apply_fails("exits at once, canary").await;
        stage.set(json!({ "green": { "task_definition": "nginx:3" } })).phase("promoted");
        stage.apply("a good one").await;
        stage.phase("stable").set(json!({ "blue": { "task_definition": "nginx:7" } }));
        stage.apply_fails("a bad one comes home").await;
        stage.set(json!({ "green": { "task_definition": "nginx:7" } })).phase("promoted");
        stage.apply_fails("a bad one over what serves").await;
        stage.set(json!({ "green": { "task_definition": "nginx:3" } })).phase("stable");
        stage.set(json!({ "blue": { "task_definition": "nginx:1" } })).apply("home with the first").await;
        stage.destroy("destroy").await;
    });
}

#[test]
fn a_release_that_falls_ill_is_as_recorded() {
    story("ill", async |stage| {
        stage.set(json!({ "settle_time": "90s" })).apply("create").await;
        let ill = json!({ "kind": "unhealthy", "service": "nginx-green" });
        stage.after("ModifyRule", 1, 20, Deed::Fault(ill)).phase("promoted");
        stage.apply_fails("ill after the switch").await;
        stage.no_faults().await;
        stage.apply("well again").await;
        let crash = json!({ "kind": "crash", "service": "nginx-blue", "count": 1 });
        stage.after("ModifyRule", 1, 5, Deed::Fault(crash)).phase("stable");
        stage.apply_fails("one task lost on the way home").await;
        stage.apply("home at last").await;
        let crash = json!({ "kind": "crash", "service": "nginx-green", "count": 1 });
        stage.after("CreateRule", 1, 5, Deed::Fault(crash)).phase("canary");
        stage.apply("the canary's only task lost while it opens").await;
    });
}

#[test]
fn releases_in_place_are_as_recorded() {
    story("in_place", async |stage| {
        stage.phase("canary").apply("create, canary").await;
        stage.set(json!({ "green": { "task_definition": "nginx:3" } })).apply("a fix for the canary").await;
        stage.set(json!({ "blue": { "task_definition": "nginx:4" } })).apply("over what serves").await;
        let both =
            json!({ "blue": { "task_definition": "nginx:5" }, "green": { "task_definition": "apache:2" } });
        stage.set(both).set(json!({ "container_name": "nginx" })).plan("another container on one side").await;
        stage.set(json!({ "green": { "task_definition": "nginx:6" } })).phase("promoted");
        stage.apply("both, and promote").await;
        stage.destroy("destroy").await;
    });
}

#[test]
fn settings_that_change_are_as_recorded() {
    story("settings", async |stage| {
        stage.phase("staged").apply("create").await;
        stage.set(json!({ "enable_execute_command": true, "propagate_tags": "SERVICE" }));
        stage.apply("exec and tags of tasks").await;
        stage.set(
            json!({ "health_check_grace_period_seconds": 30, "availability_zone_rebalancing": "DISABLED" }),
        );
        stage.apply("grace and rebalancing").await;
        let check = json!({ "path": "/health", "interval": 15, "healthy_threshold": 3 });
        stage.set(json!({ "health_check": check })).apply("health check").await;
        let group = json!({ "deregistration_delay": 20, "load_balancing_algorithm_type": "least_outstanding_requests" });
        stage.set(json!({ "target_group": group })).apply("group attributes").await;
        let spot = json!([
            { "capacity_provider": "FARGATE", "weight": 1, "base": 1 },
            { "capacity_provider": "FARGATE_SPOT", "weight": 3 },
        ]);
        stage.set(json!({ "capacity_provider_strategy": spot })).apply("spot").await;
        stage.set(json!({ "capacity_provider_strategy": null })).apply("no spot").await;
        stage.set(json!({ "platform_version": "1.4.0" })).apply("platform").await;
        stage.set(json!({ "tags": { "team": "web", "env": "prod" } })).apply("tags").await;
        stage.set(json!({ "tags": { "team": "shop" } })).phase("canary").apply("other tags, canary").await;
        stage.set(json!({ "tags": null, "settle_time": "45s" })).apply("no tags").await;
        stage.set(json!({ "timeouts": { "update": "15m" } })).apply("only a timeout").await;
        stage.set(json!({ "target_group": { "port": 81 } })).plan("what a group keeps for life").await;
        stage.set(json!({ "target_group": null, "name": "apache" })).plan("another name").await;
    });
}

#[test]
fn creations_that_fail_are_as_recorded() {
    story("failed_creations", async |stage| {
        let listener = stage.production_listener().to_owned();
        let gone = format!("{}{}", &listener[..listener.len() - 4], "0000");
        for change in [
            json!({ "cluster": "nowhere" }),
            json!({ "listener_arn": gone }),
            json!({ "green": { "task_definition": "nginx:99" } }),
            json!({ "container_name": "sidecar" }),
            json!({ "container_port": 81 }),
            json!({ "test_listener": { "arn": gone, "priority": 1 } }),
        ] {
            let good = stage.written();
            stage.set(change.clone()).apply_fails(&format!("create with {change}")).await;
            stage.left().await;
            stage.rewrite(good);
        }
        let bad = json!({ "blue": { "task_definition": "nginx:7" } });
        stage.set(bad).apply_fails("the home side is never healthy").await;
        stage.left().await;
        let bad =
            json!({ "blue": { "task_definition": "nginx:1" }, "green": { "task_definition": "nginx:8" } });
        stage.set(bad).phase("canary").apply_fails("the candidate exits at once").await;
        stage.left().await;
        stage.apply_fails("and again").await;
        stage.set(json!({ "green": { "task_definition": "nginx:2" } })).apply("put right").await;
        stage.destroy("destroy").await;
    });
}

#[test]
fn what_validation_says_is_as_recorded() {
    story("validation", async |stage| {
        for change in [
            json!({ "activate_canary": true }),
            json!({ "promote_to_all": true }),
            json!({ "enable_canary": true, "activate_canary": true, "promote_to_all": true }),
            json!({ "canary_source_ips": ["10.0.0.0/33", "office"] }),
            json!({ "enable_canary": true, "activate_canary": true, "canary_source_ips": [] }),
            json!({ "blue": { "task_definition": "nginx" } }),
            json!({ "host_headers": [] }),
            json!({ "host_headers": ["no spaces here", ""] }),
            json!({ "settle_time": "fast" }),
            json!({ "timeouts": { "create": "soon" } }),
            json!({ "production_priority": 0, "canary_priority": 50_001 }),
            json!({ "canary_priority": 100 }),
            json!({ "desired_count": 0, "canary_count": 0, "standby_count": -1 }),
            json!({ "primary": "red" }),
            json!({ "name": "no good name" }),
            json!({ "launch_type": "EC2" }),
            json!({ "health_check": { "interval": 4, "timeout": 5, "healthy_threshold": 1 } }),
            json!({ "target_group": { "deregistration_delay": 4000, "slow_start": 5, "protocol": "UDP" } }),
            json!({ "tags": { "aws:x": "y" } }),
        ] {
            let good = stage.written();
            stage.set(change.clone()).apply_fails(&change.to_string()).await;
            stage.rewrite(good);
        }
    });
}
