//! The same promotion three ways while rule changes take up to 30 s to reach the load balancer's nodes.

use std::time::Duration;

use crate::live::Live;
use crate::support::SPEED;
use crate::wish::{Phase, Wish};

const PROPAGATION: Duration = Duration::from_secs(30);
/// Sandbox seconds to let the dust settle in.
const DUST: f64 = 120.0;

fn wish(phase: Phase, settle: u32) -> Wish {
    Wish {
        phase,
        primary: "blue",
        blue: "nginx:1".to_owned(),
        green: "nginx:2".to_owned(),
        desired: 2,
        canary: 2,
        standby: 0,
        settle,
    }
}

/// Requests, and how many of them failed.
async fn promote(seed: u64, how: Option<u32>) -> (u64, u64) {
    let mut live = Live::new(seed, PROPAGATION).await;
    let settle = how.unwrap_or(30);
    live.apply(&wish(Phase::Stable, settle)).await;
    tokio::time::sleep(PROPAGATION.div_f64(SPEED)).await;
    let traffic = live.stage.traffic();
    match how {
        Some(_) => live.apply(&wish(Phase::Promoted, settle)).await,
        None => naively(&live).await,
    }
    tokio::time::sleep(Duration::from_secs_f64(DUST / SPEED)).await;
    let tallies = traffic.stop().await;
    live.stage.end().await;
    (tallies.iter().map(|tally| tally.requests).sum(), tallies.iter().map(|tally| tally.failures).sum())
}

/// In one go: the receiver is started, the rule moved and the old side stopped.
async fn naively(live: &Live) {
    let text = |name: &str| live.project.state.get(name).as_str().unwrap().to_owned();
    let api = live.stage.api();
    api.scale("nginx-green", 2).await;
    let (blue, green) = (text("blue_target_group_arn"), text("green_target_group_arn"));
    api.point(&text("production_rule_arn"), &green, &blue).await;
    api.scale("nginx-blue", 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_slow_rules_the_naive_order_and_no_settling_lose_requests_and_ours_loses_none() {
    let (naive, hasty, ours) =
        (promote(1, None).await, promote(1, Some(0)).await, promote(1, Some(30)).await);
    println!("a promotion while rule changes take up to 30 s to arrive:");
    for (how, (requests, failures)) in [
        ("all at once", naive),
        ("our order, settle_time = 0s", hasty),
        ("our order, settle_time = 30s", ours),
    ] {
        println!("  {how:<30} {requests:>6} requests, {failures:>5} failed");
    }
    assert!(naive.1 > 0 && hasty.1 > 0, "the others lost nothing, so this proves nothing");
    assert_eq!(ours.1, 0);
}
