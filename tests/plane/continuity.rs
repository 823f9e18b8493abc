//! Releases under live traffic, the careful way and the naive way.

use std::time::Duration;

use aws_sandbox::seam::NodeHealth::{self, Draining, Healthy};
use bluegreen_provider::traffic::{KeepAlive, Stream, Traffic};

use crate::kit::{HOST_NAME, PORT, Stage, Table, Task};

fn traffic(stage: &Stage) -> Traffic {
    let kinds = [KeepAlive::Always, KeepAlive::Never, KeepAlive::Mixed];
    let stream = |(n, kind): (usize, KeepAlive)| {
        let stream = Stream::new(&format!("stream {n}"), [stage.node.into()], PORT, HOST_NAME);
        stream.per_second(60.0).keep_alive(kind)
    };
    Traffic::start(kinds.into_iter().enumerate().map(stream).collect())
}

fn both(blue: (&Task, u32), green: (&Task, u32)) -> Table {
    let groups = Table::new().group("blue", &[(blue.0, Healthy)]).group("green", &[(green.0, Healthy)]);
    groups.forward(vec![], &[("blue", blue.1), ("green", green.1)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_switch_settle_stop_fails_no_request() {
    let stage = Stage::new(20.0);
    let sides = ["blue", "green"];
    let mut tasks = [stage.start("web-blue", 1, &[]).await, stage.start("web-green", 1, &[]).await];
    // Both groups, with everything sent to `serving` and the other side as `idle` says.
    let table = |tasks: &[Task; 2], serving: usize, idle: NodeHealth| {
        let health = |side| if side == serving { Healthy } else { idle };
        let groups = [0, 1]
            .into_iter()
            .fold(Table::new(), |table, side| table.group(sides[side], &[(&tasks[side], health(side))]));
        groups.forward(vec![], &[(sides[serving], 100), (sides[1 - serving], 0)])
    };
    stage.route(&table(&tasks, 0, Healthy)).await;
    let traffic = traffic(&stage);
    for revision in 2..8_usize {
        let (old, new) = (revision % 2, 1 - revision % 2);
        stage.clock.sleep(Duration::from_secs(5)).await;
        stage.route(&table(&tasks, new, Healthy)).await;
        let switched = traffic.elapsed();
        stage.clock.sleep(Duration::from_secs(5)).await;
        stage.route(&table(&tasks, new, Draining)).await;
        stage.clock.sleep(Duration::from_secs(5)).await;
        stage.terminate(&tasks[old]);
        assert_eq!(stage.exit_code(&tasks[old]).await, 0);
        let seen = traffic.seen("stream 0", switched + Duration::from_millis(250), traffic.elapsed());
        assert!(seen.iter().all(|who| who.side() == Some(sides[new])) && !seen.is_empty(), "{seen:?}");
        tasks[old] = stage.start(&format!("web-{}", sides[old]), revision as u32, &[]).await;
        stage.route(&table(&tasks, new, Healthy)).await;
    }
    assert_eq!(stage.unserved(), []);
    for tally in traffic.stop().await {
        println!("{tally}");
        assert!(tally.requests > 100 && tally.failures == 0 && tally.skipped == 0, "{tally}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_before_switch_fails_requests_and_the_traffic_says_so() {
    let stage = Stage::new(20.0);
    let (blue, green) = (stage.start("web-blue", 1, &[]).await, stage.start("web-green", 2, &[]).await);
    stage.route(&both((&blue, 100), (&green, 0))).await;
    let traffic = traffic(&stage);
    stage.clock.sleep(Duration::from_secs(5)).await;
    stage.terminate(&blue);
    assert_eq!(stage.exit_code(&blue).await, 0);
    stage.clock.sleep(Duration::from_secs(5)).await;
    stage.route(&both((&blue, 0), (&green, 100))).await;
    let switched = traffic.elapsed();
    stage.clock.sleep(Duration::from_secs(5)).await;
    let late: u64 = traffic.tally(switched + Duration::from_millis(200)).iter().map(|t| t.failures).sum();
    assert_eq!(late, 0, "after the switch all is well again");
    for tally in traffic.stop().await {
        assert!(tally.failures > 3, "{tally}");
        assert!(tally.first_failures[0].what.starts_with("status 502"), "{tally}");
        let sides: Vec<_> = tally.timeline.iter().map(|run| run.who.side()).collect();
        assert_eq!(sides, [Some("blue"), None, Some("green")], "{tally}");
    }
}
