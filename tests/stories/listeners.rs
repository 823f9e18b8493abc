//! From one listener to another with the real terraform: HTTP to HTTPS and back, in the middle of a canary.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::Stage;
use crate::support::callers::Callers;

/// Nobody turned away, and nobody on the other side; how many by each of the two listeners.
async fn each_on_his_side(callers: Callers) -> [[u64; 2]; 2] {
    let ended = callers.end().await;
    for (saw, side) in ended.iter().zip(["nginx-blue", "nginx-green"]) {
        assert!(
            saw.turned_away.is_empty(),
            "{} of {}: {:?}",
            saw.turned_away.len(),
            saw.asked,
            saw.turned_away
        );
        assert_eq!(saw.sides, BTreeSet::from([side.to_owned()]));
    }
    ended.map(|saw| saw.served)
}

async fn planned(stage: &Stage) -> String {
    stage.project.run(&["plan", "-no-color"]).await.unwrap().said()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_with_an_open_canary_moves_to_https_and_back_in_place() {
    let mut stage = Stage::new().await;
    let (plain, secure) = {
        let listeners = &stage.sandbox.ready.listeners;
        (listeners.production.arn.clone(), listeners.https.arn.clone())
    };
    stage.phase("canary").apply().await;
    let callers = Callers::start(&stage);
    stage.set(json!({ "listener_arn": secure }));
    let plan = planned(&stage).await;
    assert!(plan.contains("will be updated in-place") && plan.contains("0 to destroy"), "{plan}");
    assert!(plan.contains("which is left"), "the steps say what goes: {plan}");
    stage.apply().await;
    let [public, office] = each_on_his_side(callers).await;
    assert!(public[0] > 0 && public[1] > 0 && office[0] > 0 && office[1] > 0, "{public:?} {office:?}");

    let callers = Callers::start(&stage);
    stage.set(json!({ "listener_arn": plain })).apply().await;
    each_on_his_side(callers).await;
    stage.end().await;
}

/// As where somebody makes the listener anew in the same apply.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_is_known_only_at_apply_is_a_change_in_place() {
    let mut stage = Stage::new().await;
    let listeners = stage.sandbox.ready.listeners.clone();
    let given = async |stage: &Stage, arn: &str| {
        let data = json!({ "resource": { "terraform_data": {
            "listener": { "input": arn, "triggers_replace": arn },
        } } });
        stage.project.write("listener.tf.json", &data.to_string()).unwrap();
    };
    given(&stage, &listeners.production.arn).await;
    stage.set(json!({ "listener_arn": "${terraform_data.listener.output}" })).apply().await;
    let callers = Callers::start(&stage);
    given(&stage, &listeners.https.arn).await;
    let plan = planned(&stage).await;
    assert!(plan.contains("bluegreen_service.nginx will be updated in-place"), "{plan}");
    stage.apply().await;
    for saw in callers.end().await {
        assert!(saw.turned_away.is_empty(), "{:?}", saw.turned_away);
        assert_eq!(saw.sides, BTreeSet::from(["nginx-blue".to_owned()]));
    }
    stage.end().await;
}

/// The naive way beside it: the rule is deleted on one listener and then made on the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replacement_by_another_listener_turns_people_away() {
    let mut stage = Stage::new().await;
    stage.apply().await;
    let callers = Callers::start(&stage);
    let secure = stage.sandbox.ready.listeners.https.arn.clone();
    stage.set(json!({ "listener_arn": secure }));
    let replace = ["apply", "-auto-approve", "-no-color", "-replace=bluegreen_service.nginx"];
    let ran = stage.project.run(&replace).await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    let [public, _] = callers.end().await;
    assert!(!public.turned_away.is_empty());
    stage.end().await;
}
