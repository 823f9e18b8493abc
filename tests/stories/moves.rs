//! The twelve moves, the ways to the next release, and what else changes a routing.

use serde_json::json;

use crate::support::{HOST, Stage};

/// A round trip through the four phases that takes each of the twelve moves once.
const TOUR: [&str; 12] = [
    "staged", "stable", "canary", "stable", "promoted", "staged", "canary", "staged", "promoted", "canary",
    "promoted", "stable",
];

fn expected(phase: &str) -> (&'static str, &'static str) {
    match phase {
        "canary" => ("blue", "green"),
        "promoted" => ("green", "green"),
        _ => ("blue", "blue"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_twelve_moves_under_traffic_drop_nobody() {
    let mut stage = Stage::new().await;
    stage.apply().await;
    assert_eq!(stage.state().await["phase"], "stable");
    let traffic = stage.traffic();
    let mut before = "stable";
    for phase in TOUR {
        let from = traffic.elapsed();
        stage.phase(phase).apply().await;
        let (public, office) = expected(phase);
        assert_eq!(traffic.now("public").await, [public], "{before} -> {phase}");
        assert_eq!(traffic.now("office").await, [office], "{before} -> {phase}");
        let seen = traffic.sides("public", from);
        let allowed = [expected(before).0, public];
        assert!(
            seen.iter().all(|side| allowed.contains(side)),
            "{before} -> {phase}: the public saw {seen:?}"
        );
        let state = stage.state().await;
        assert_eq!(state["phase"], phase);
        assert_eq!(state["production_color"], public);
        before = phase;
    }
    let requests = traffic.none_failed().await;
    println!("twelve moves: {requests} requests, 0 failed");
    let ran = stage.project.destroy().await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    let left = stage.admin("GET", "/_sandbox/state", serde_json::Value::Null).await.to_string();
    assert!(!left.contains(HOST), "{left}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_release_swaps_sides_or_comes_home() {
    let mut stage = Stage::new().await;
    stage.phase("promoted").apply().await;
    let traffic = stage.traffic();
    // Swapping moves nobody: the plan has no steps, and only those of the last apply go.
    let swap = stage.set(json!({ "primary": "green" })).phase("stable").apply().await;
    assert!(!swap.stdout.contains("+ \"hold"), "{}", swap.said());
    assert_eq!(traffic.now("public").await, ["green"]);
    assert_eq!(stage.state().await["phase"], "stable");
    // The next candidate goes on BLUE.
    stage.set(json!({ "blue": { "task_definition": "nginx:3" } })).phase("canary").apply().await;
    assert_eq!((traffic.now("public").await, traffic.now("office").await), (vec!["green"], vec!["blue"]));
    stage.phase("promoted").apply().await;
    assert_eq!(traffic.now("public").await, ["blue"]);
    // Coming home: a new version on GREEN, all toggles false.
    stage.set(json!({ "green": { "task_definition": "nginx:4" } })).phase("stable").apply().await;
    assert_eq!(traffic.now("public").await, ["green"]);
    assert_eq!(traffic.now("office").await, ["green"]);
    traffic.none_failed().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nine_canary_blocks_take_three_rules_and_change_without_a_gap() {
    let mut stage = Stage::new().await;
    let blocks: Vec<String> =
        (0..8).map(|i| format!("10.{}.0.0/16", i * 2)).chain(["127.0.99.7".to_owned()]).collect();
    stage.set(json!({ "canary_source_ips": blocks })).phase("canary").apply().await;
    let state = stage.state().await;
    assert_eq!(state["canary_rule_arns"].as_array().unwrap().len(), 3, "{state}");
    let traffic = stage.traffic();
    assert_eq!(traffic.now("office").await, ["green"]);
    let from = traffic.elapsed();
    // Fewer blocks, the office kept: it never leaves GREEN.
    let fewer: Vec<String> = blocks[5..].to_vec();
    stage.set(json!({ "canary_source_ips": fewer })).apply().await;
    assert_eq!(stage.state().await["canary_rule_arns"].as_array().unwrap().len(), 1);
    assert_eq!(traffic.sides("office", from), ["green"]);
    traffic.none_failed().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_warm_standby_priorities_test_listener_and_settings_change_in_place() {
    let mut stage = Stage::new().await;
    let test = stage.sandbox.ready.listeners.test.arn.clone();
    stage.set(
        json!({ "standby_count": 2, "canary_count": 2, "test_listener": { "arn": test, "priority": 5 } }),
    );
    stage.apply().await;
    assert!(stage.state().await["test_rule_arn"].is_string());
    let traffic = stage.traffic();
    stage.phase("promoted").apply().await;
    stage.phase("stable").apply().await;
    stage.set(json!({ "production_priority": 50, "canary_priority": 49 })).phase("canary").apply().await;
    assert_eq!(traffic.now("office").await, ["green"]);
    stage.set(json!({ "production_priority": 49, "canary_priority": 48 })).apply().await;
    stage.set(json!({
        "desired_count": 3,
        "health_check": { "interval": 6, "timeout": 3, "path": "/up" },
        "target_group": { "deregistration_delay": 30 },
        "enable_execute_command": true,
        "tags": { "team": "web" },
        "host_headers": [HOST, "www.example.com"],
    }));
    stage.apply().await;
    stage
        .set(json!({ "tags": null, "host_headers": [HOST], "standby_count": 0, "desired_count": 2 }))
        .phase("stable");
    stage.apply().await;
    traffic.none_failed().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_plans_clean_and_its_generated_configuration_too() {
    let mut stage = Stage::new().await;
    stage.phase("canary").apply().await;
    let ran = stage.project.run(&["state", "rm", "bluegreen_service.nginx"]).await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    let id = format!("{}/nginx", stage.sandbox.ready.cluster);
    let ran = stage.project.run(&["import", "-no-color", "bluegreen_service.nginx", &id]).await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    stage.apply().await;
    // A configuration written by terraform itself.
    let ran = stage.project.run(&["state", "rm", "bluegreen_service.nginx"]).await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    let mut config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(stage.folder().join("main.tf.json")).unwrap()).unwrap();
    config.as_object_mut().unwrap().remove("resource");
    config["import"] = json!([{ "to": "bluegreen_service.nginx", "id": id }]);
    stage.project.write("main.tf.json", &config.to_string()).unwrap();
    let ran = stage.project.run(&["plan", "-no-color", "-generate-config-out=made.tf"]).await.unwrap();
    assert!(
        ran.ok && ran.stdout.contains("1 to import, 0 to add, 0 to change, 0 to destroy"),
        "{}",
        ran.said()
    );
    stage.end().await;
}
