//! Health checks: outcomes, cadence, and who is checked at all.

use std::time::Duration;

use aws_sandbox::seam::CheckOutcome::{Failed, Mismatch, Passed, TimedOut};
use aws_sandbox::seam::NodeHealth::{Draining, Initial};
use aws_sandbox::seam::{CheckOutcome, Report};

use crate::kit::{Stage, Table, Task, address};

async fn outcome(stage: &Stage, group: &str, wanted: &CheckOutcome) {
    let is = |report: &Report| matches!(report, Report::Checked { group: g, outcome, .. } if g == group && outcome == wanted);
    stage.report(is).await;
}

fn outcomes(stage: &Stage, group: &str) -> Vec<CheckOutcome> {
    let all = stage.reports(|report| matches!(report, Report::Checked { group: g, .. } if g == group));
    let outcome = |report| match report {
        Report::Checked { outcome, .. } => outcome,
        other => panic!("{other:?}"),
    };
    all.into_iter().map(outcome).collect()
}

#[tokio::test]
async fn each_kind_of_target_has_its_outcome() {
    let stage = Stage::new(20.0);
    let good = stage.start("web-a", 1, &[]).await;
    let sick = stage.start("web-b", 1, &[("UNHEALTHY", "1")]).await;
    let late = stage.start("web-c", 1, &[("LATENCY_MS", "600000")]).await;
    let dead = Task { id: String::new(), ip: address() };
    let table = Table::new()
        .group("good", &[(&good, Initial)])
        .group("sick", &[(&sick, Initial)])
        .group("late", &[(&late, Initial)])
        .group("dead", &[(&dead, Initial)])
        .group("draining", &[(&good, Draining)])
        .group("picky", &[(&good, Initial)])
        .change("picky", |group| group.health_check.matcher = vec![(201, 299), (300, 399)])
        .group("tolerant", &[(&sick, Initial)])
        .change("tolerant", |group| group.health_check.matcher = vec![(200, 200), (500, 500)]);
    stage.route(&table).await;
    let expected = [
        ("good", Passed),
        ("sick", Mismatch(500)),
        ("late", TimedOut),
        ("dead", Failed),
        ("picky", Mismatch(200)),
        ("tolerant", Passed),
    ];
    for (group, wanted) in &expected {
        outcome(&stage, group, wanted).await;
    }
    for (group, wanted) in &expected {
        assert!(outcomes(&stage, group).iter().all(|outcome| outcome == wanted), "{group}");
    }
    assert_eq!(outcomes(&stage, "draining"), []);
}

#[tokio::test]
async fn the_cadence_is_fixed_and_ends_with_the_registration() {
    let stage = Stage::new(50.0);
    let task = stage.start("web-a", 1, &[("UNHEALTHY_AFTER", "60")]).await;
    let began = stage.clock.now();
    stage.route(&Table::new().group("blue", &[(&task, Initial)])).await;
    outcome(&stage, "blue", &Passed).await;
    assert!(stage.clock.now() - began < Duration::from_secs(10), "soon after the registration");
    outcome(&stage, "blue", &Mismatch(500)).await;
    let (seen, took) = (outcomes(&stage, "blue").len(), (stage.clock.now() - began).as_secs_f64());
    assert!((60.0..90.0).contains(&took), "{took}");
    // One check in ten seconds; a busy machine may miss one.
    assert!((5..=8).contains(&seen), "{seen} checks in {took} s");
    stage.route(&Table::new().group("blue", &[])).await;
    stage.clock.sleep(Duration::from_secs(5)).await;
    let seen = outcomes(&stage, "blue").len();
    stage.clock.sleep(Duration::from_secs(30)).await;
    assert_eq!(outcomes(&stage, "blue").len(), seen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_target_is_never_called_late_at_a_high_speed() {
    let stage = Stage::new(1000.0);
    let task = stage.start("web-a", 1, &[]).await;
    stage.route(&Table::new().group("blue", &[(&task, Initial)])).await;
    stage.clock.sleep(Duration::from_secs(2000)).await;
    let all = outcomes(&stage, "blue");
    assert!(all.len() > 20, "{} checks", all.len());
    assert!(all.iter().all(|outcome| *outcome == Passed), "{all:?}");
}
