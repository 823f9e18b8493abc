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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_have_on_the_listener_is_named_and_left_alone() {
    let mut stage = Stage::new().await;
    let api = stage.api();
    let listener = stage.sandbox.ready.listeners.production.arn.clone();
    let holder = api.others_rule(&listener, 100, "other.example.com").await;
    let said = stage.apply_fails().await;
    assert!(said.contains("Priority 100 is taken") && said.contains(&holder), "{said}");
    let shadow = api.others_rule(&listener, 7, "*.example.com").await;
    let said = stage.set(json!({ "production_priority": 102, "canary_priority": 101 })).apply_fails().await;
    assert!(said.contains("takes all of this service's requests") && said.contains(&shadow), "{said}");
    api.delete_rule(&shadow).await;
    let group = api.others_group("nginx-green-ddf171", &stage.sandbox.ready.vpc_id).await;
    let said = stage.apply_fails().await;
    assert!(said.contains("The name is taken") && said.contains(&group), "{said}");
    let state = stage.admin("GET", "/_sandbox/state", serde_json::Value::Null).await;
    let count = |kind: &str| state[kind].as_array().map(Vec::len);
    assert_eq!(
        (count("rules"), count("target_groups"), count("services")),
        (Some(1), Some(1), Some(0)),
        "{state}"
    );
    // A plan after the first apply sees it too.
    api.elb.delete_target_group().target_group_arn(&group).send().await.unwrap();
    stage.apply().await;
    stage.set(json!({ "production_priority": 100, "canary_priority": 99 }));
    let plan = stage.project.run(&["plan", "-no-color"]).await.unwrap();
    assert!(!plan.ok && plan.said().contains("Priority 100 is taken"), "{}", plan.said());
    stage.end().await;
}
