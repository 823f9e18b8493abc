//! Releases that fail, things that are missing, and interrupts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{BAD, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_release_fails_the_apply_and_leaves_the_public_alone() {
    let mut stage = Stage::new().await;
    stage.apply().await;
    let traffic = stage.traffic();
    stage.set(json!({ "green": { "task_definition": BAD } }));
    for phase in ["staged", "promoted"] {
        let said = stage.phase(phase).apply_fails().await;
        assert!(said.contains("GREEN failed") || said.contains("GREEN was replaced"), "{said}");
        assert!(said.contains("The public is served by BLUE"), "{said}");
        assert!(said.contains("nginx-green"), "no event of the service is told: {said}");
        assert_eq!(stage.state().await["promote_to_all"], false);
    }
    assert_eq!(traffic.sides("public", Duration::ZERO), ["blue"]);
    assert_eq!(traffic.sides("office", Duration::ZERO), ["blue"]);
    // A good one puts it right.
    stage.set(json!({ "green": { "task_definition": "nginx:3" } })).phase("promoted").apply().await;
    assert_eq!(traffic.now("public").await, ["green"]);
    traffic.none_failed().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_that_falls_ill_while_settling_is_taken_back() {
    let mut stage = Stage::new().await;
    stage.apply().await;
    let ill = stage.api().register("nginx-ill", &[("UNHEALTHY_AFTER", "95")]).await;
    stage.set(json!({ "green": { "task_definition": ill }, "settle_time": "120s" }));
    let traffic = stage.traffic();
    let said = stage.phase("promoted").apply_fails().await;
    assert!(said.contains("GREEN fell ill after the switch"), "{said}");
    assert!(said.contains("The public is served by BLUE"), "{said}");
    assert_eq!(traffic.now("public").await, ["blue"]);
    assert_eq!(traffic.sides("public", Duration::ZERO), ["blue", "green"]);
    traffic.none_failed().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_named_and_leaves_nothing_behind() {
    let mut stage = Stage::new().await;
    let good = stage.service.clone();
    let listener = good["listener_arn"].as_str().unwrap();
    let gone = format!("{}0", &listener[..listener.len() - 1]);
    let gone = if gone == listener { format!("{}1", &listener[..listener.len() - 1]) } else { gone };
    let table = [
        (json!({ "cluster": "nowhere" }), "cluster"),
        (json!({ "listener_arn": gone }), "listener_arn"),
        (json!({ "green": { "task_definition": "nginx:99" } }), "task_definition"),
        (json!({ "container_name": "sidecar" }), "container_name"),
        (json!({ "container_port": 81 }), "container_port"),
    ];
    for (change, blamed) in table {
        stage.service = good.clone();
        let said = stage.set(change.clone()).apply_fails().await;
        assert!(said.contains(blamed), "{change}: {said}");
        assert_eq!(stage.state().await, Value::Null);
        let left = stage.admin("GET", "/_sandbox/state", Value::Null).await;
        for kind in ["services", "target_groups"] {
            assert_eq!(left[kind].as_array().map(Vec::len), Some(0), "{change} left {kind}: {}", left[kind]);
        }
    }
    // A bad first release takes what it made away again.
    stage.service = good.clone();
    let said = stage.set(json!({ "blue": { "task_definition": BAD } })).apply_fails().await;
    assert!(said.contains("Nothing was left behind"), "{said}");
    let left = stage.admin("GET", "/_sandbox/state", Value::Null).await;
    assert_eq!(left["target_groups"].as_array().map(Vec::len), Some(0), "{left}");
    // And the same configuration put right works at once.
    stage.service = good;
    stage.set(json!({})).apply().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_stores_what_is_there_and_the_next_apply_goes_on() {
    let mut stage = Stage::new().await;
    stage.apply().await;
    let traffic = stage.traffic();
    stage.phase("promoted");
    let child = stage.project.start(&["apply", "-auto-approve", "-no-color"]).unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    // GREEN has been started and is not healthy yet.
    loop {
        let calls = stage.admin("GET", "/_sandbox/calls", Value::Null).await.to_string();
        if calls.contains("UpdateService") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().await.unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success() && said.contains("Interrupted"), "{said}");
    let state = stage.state().await;
    assert_eq!(state["production_color"], "blue", "{state}");
    assert_eq!(state["promote_to_all"], false, "{state}");
    stage.apply().await;
    assert_eq!(traffic.now("public").await, ["green"]);
    traffic.none_failed().await;
    stage.end().await;
}
