//! What plain HCL does: rule and counts at once, in one fixed order. On the same sandbox, under the same traffic.

use std::time::Duration;

use crate::support::Stage;

/// Sandbox seconds to let the dust settle in.
const DUST: f64 = 120.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_naive_order_loses_requests_where_ours_loses_none() {
    let mut stage = Stage::new().await;
    stage.apply().await;

    let ours = stage.traffic();
    stage.phase("promoted").apply().await;
    stage.phase("stable").apply().await;
    let kept = ours.none_failed().await;

    let state = stage.state().await;
    let text = |name: &str| state[name].as_str().unwrap().to_owned();
    let (rule, blue, green) =
        (text("production_rule_arn"), text("blue_target_group_arn"), text("green_target_group_arn"));
    let api = stage.api();
    let naive = stage.traffic();
    // Promotion in one go: the receiver is started, the rule moved and the old side stopped at once.
    api.scale("nginx-green", 2).await;
    api.point(&rule, &green, &blue).await;
    api.scale("nginx-blue", 0).await;
    tokio::time::sleep(Duration::from_secs_f64(DUST / crate::support::SPEED)).await;
    let lost = naive.stop().await;
    let (requests, failures): (u64, u64) =
        (lost.iter().map(|t| t.requests).sum(), lost.iter().map(|t| t.failures).sum());
    println!("ours: {kept} requests, 0 failed; naive order: {requests} requests, {failures} failed");
    assert!(failures > 0, "the naive order lost nothing, so this test proves nothing: {lost:?}");
    stage.end().await;
}
