//! What is wrong with a configuration is said by `terraform validate`, on its line, with the way out.

use serde_json::json;

use crate::support::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn validate_names_the_attribute_and_the_way_out() {
    let mut stage = Stage::new().await;
    let good = stage.service.clone();
    let table = [
        (json!({ "activate_canary": true }), "enable_canary = true"),
        (json!({ "promote_to_all": true }), "enable_canary = true"),
        (json!({ "canary_source_ips": ["10.0.0.0/33"] }), "10.0.0.0/33"),
        (
            json!({ "enable_canary": true, "activate_canary": true, "canary_source_ips": [] }),
            "canary_source_ips",
        ),
        (json!({ "blue": { "task_definition": "nginx" } }), "nginx:1"),
        (json!({ "host_headers": [] }), "host_headers"),
        (json!({ "settle_time": "fast" }), "settle_time"),
        (json!({ "production_priority": 0 }), "50000"),
        (json!({ "desired_count": 0 }), "desired_count"),
    ];
    for (change, told) in table {
        stage.service = good.clone();
        stage.set(change.clone());
        let ran = stage.project.run(&["validate", "-no-color"]).await.unwrap();
        assert!(!ran.ok, "{change} was accepted");
        assert!(ran.said().contains(told), "{change}: {}", ran.said());
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_tells_the_steps_in_order() {
    let mut stage = Stage::new().await;
    stage.apply().await;
    let plan = stage.phase("promoted").project.run(&["plan", "-no-color"]).await.unwrap();
    let steps = [
        "start GREEN: 0 -> 2 tasks of nginx:2",
        "wait until 2 GREEN targets are healthy",
        "send nginx.example.com to GREEN (rule 100)",
        "hold 30s",
        "stop BLUE: 2 -> 0 tasks",
    ];
    let places: Vec<Option<usize>> = steps.iter().map(|step| plan.stdout.find(step)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{}", plan.said());
    stage.end().await;
}
