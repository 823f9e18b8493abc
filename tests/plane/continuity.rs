//! Releases under live traffic, the careful way and the naive way.

use std::time::Duration;

use bluegreen_provider::cli::traffic::{KeepAlive, Stream, Traffic};
use bluegreen_provider::sandbox::plane::NodeHealth::{Draining, Healthy};

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
    let mut blue = stage.start("web-blue", 1, &[]).await;
    let mut green = stage.start("web-green", 1, &[]).await;
    stage.route(&both((&blue, 100), (&green, 0))).await;
    let traffic = traffic(&stage);
    for revision in 2..8 {
        stage.clock.sleep(Duration::from_secs(5)).await;
        stage.route(&both((&blue, 0), (&green, 100))).await;
        let switched = traffic.elapsed();
        stage.clock.sleep(Duration::from_secs(5)).await;
        // The old side drains and is terminated; its successor comes up at weight 0.
        let drained = Table::new().group("blue", &[(&blue, Draining)]).group("green", &[(&green, Healthy)]);
        stage.route(&drained.forward(vec![], &[("blue", 0), ("green", 100)])).await;
        stage.clock.sleep(Duration::from_secs(5)).await;
        stage.terminate(&blue);
        assert_eq!(stage.exit_code(&blue).await, 0);
        let settled = switched + Duration::from_millis(250);
        let seen = traffic.seen("stream 0", settled, traffic.elapsed());
        assert_eq!(seen.len(), 1, "{seen:?}");
        blue = stage.start("web-blue", revision, &[]).await;
        std::mem::swap(&mut blue, &mut green);
        // The names of the groups stay with the sides: "blue" is whoever serves now.
        stage.route(&both((&blue, 100), (&green, 0))).await;
    }
    for tally in traffic.stop().await {
        println!("{tally}");
        assert!(tally.requests > 100 && tally.failures == 0 && tally.skipped == 0, "{tally}");
    }
    assert_eq!(stage.unserved(), []);
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
