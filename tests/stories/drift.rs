//! Edits by hand: seen by the next plan, put right by the next apply.

use serde_json::Value;

use crate::support::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_by_hand_is_seen_and_put_right() {
    let mut stage = Stage::new().await;
    stage.phase("canary").apply().await;
    let state = stage.state().await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rule = text(&state["production_rule_arn"]);
    let canary = text(&state["canary_rule_arns"][0]);
    let (blue, green) = (text(&state["blue_target_group_arn"]), text(&state["green_target_group_arn"]));
    let api = stage.api();

    // Nobody is left without an answer by these edits, nor by what puts them right.
    let traffic = stage.traffic();
    api.weigh(&rule, (&blue, 50), (&green, 50)).await;
    put_right(&stage).await;
    api.point(&rule, &green, &blue).await;
    put_right(&stage).await;
    api.point(&canary, &blue, &green).await;
    put_right(&stage).await;
    assert_eq!(traffic.now("office").await, ["green"]);
    api.scale("nginx-blue", 3).await;
    put_right(&stage).await;
    api.delete_rule(&canary).await;
    put_right(&stage).await;
    assert_eq!((traffic.now("public").await, traffic.now("office").await), (vec!["blue"], vec!["green"]));
    traffic.none_failed().await;

    // These do: what matters is that one apply brings it back.
    api.maintenance(&rule).await;
    put_right(&stage).await;
    api.delete_rule(&rule).await;
    put_right(&stage).await;
    api.scale("nginx-blue", 0).await;
    put_right(&stage).await;
    api.delete_service("nginx-green").await;
    put_right(&stage).await;
    let traffic = stage.traffic();
    assert_eq!((traffic.now("public").await, traffic.now("office").await), (vec!["blue"], vec!["green"]));
    traffic.none_failed().await;
    stage.end().await;
}

async fn put_right(stage: &Stage) {
    assert!(!stage.project.plan_is_empty().await.unwrap(), "the edit was not seen");
    stage.apply().await;
}
