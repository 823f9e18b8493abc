//! Some of the same schedules with real tasks, a real load balancer and callers that never stop asking.

use std::time::Duration;

use aws_sandbox::SandboxOptions;
use bluegreen_provider::aws::{Aws, Settings};
use bluegreen_provider::provider::Bluegreen;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::schedule::{self, Event, Schedule};
use crate::support::{SPEED, Stage};
use crate::terraform::Project;
use crate::wish::{Place, Wish};

/// Schedules run every day; `BLUEGREEN_LIVE=10` asks for more.
const EVERYDAY: usize = 5;

/// A sandbox with everything, and the provider in this process.
pub struct Live {
    pub stage: Stage,
    pub project: Project,
    place: Place,
}

impl Live {
    pub async fn new(seed: u64, propagation: Duration) -> Live {
        let options = SandboxOptions {
            speed: SPEED,
            seed,
            propagation: propagation.as_secs_f64(),
            task_start: 10.0,
            ..SandboxOptions::default()
        };
        let stage = Stage::with(options).await;
        let endpoint = Some(stage.sandbox.ready.endpoint.clone());
        let settings = Settings {
            region: Some("eu-west-1".to_owned()),
            access_key: Some("ours".to_owned()),
            secret_key: Some("secret".into()),
            ecs_endpoint: endpoint.clone(),
            elb_endpoint: endpoint,
            clock_speed: SPEED,
            ..Settings::default()
        };
        let aws = Aws::connect(settings).await.unwrap();
        let place = Place::real(&stage.sandbox.ready);
        Live { stage, project: Project::new(Bluegreen::connected(aws, SPEED)), place }
    }

    pub fn wish(&mut self, wish: &Wish) {
        self.project.config = wish.config(self.project.resource(), &self.place);
    }

    pub async fn apply(&mut self, wish: &Wish) {
        self.wish(wish);
        self.project.apply(CancellationToken::new()).await.unwrap();
    }

    async fn disturbed(&mut self, wish: &Wish, events: Vec<(Duration, Event)>) -> bool {
        self.wish(wish);
        let stop = CancellationToken::new();
        let endpoint = self.stage.sandbox.ready.endpoint.clone();
        let trouble = tokio::spawn(make_trouble(endpoint, events, stop.clone()));
        let ended = self.project.apply(stop).await;
        trouble.abort();
        ended.is_ok()
    }
}

async fn make_trouble(endpoint: String, events: Vec<(Duration, Event)>, stop: CancellationToken) {
    let began = tokio::time::Instant::now();
    for (at, event) in events {
        tokio::time::sleep_until(began + at.div_f64(SPEED)).await;
        match event {
            Event::Interrupt => stop.cancel(),
            Event::Fault(fault) => {
                crate::support::admin(&endpoint, "POST", "/_sandbox/faults", json!(fault)).await;
            }
            _ => {}
        }
    }
}

/// Requests sent and failed applies on the way.
async fn run(schedule: &Schedule) -> (u64, usize) {
    let mut live = Live::new(schedule.seed, schedule.propagation).await;
    let first = Wish { phase: crate::wish::Phase::Stable, ..schedule.chapters[0].wish.clone() };
    live.apply(&first).await;
    // Until every node knows the first rule.
    tokio::time::sleep(schedule.propagation.div_f64(SPEED)).await;
    let traffic = live.stage.traffic();
    let mut failed = 0;
    for chapter in &schedule.chapters {
        failed += usize::from(!live.disturbed(&chapter.wish, chapter.events.clone()).await);
    }
    live.stage.admin("DELETE", "/_sandbox/faults", Value::Null).await;
    live.apply(&schedule.last).await;
    assert!(!live.project.has_changes().await.unwrap(), "the second plan is not empty");
    tokio::time::sleep(Duration::from_secs_f64(40.0 / SPEED)).await;
    assert_eq!(traffic.now("public").await, [schedule.last.public()]);
    assert_eq!(traffic.now("office").await, [schedule.last.office()]);
    let requests = traffic.none_failed().await;
    let broken = live.stage.admin("GET", "/_sandbox/violations", Value::Null).await;
    assert_eq!(broken["violations"], json!([]), "{broken}");
    live.stage.end().await;
    (requests, failed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schedules_of_api_faults_fail_no_real_request() {
    let count = std::env::var("BLUEGREEN_LIVE").ok().and_then(|count| count.parse().ok());
    let count = count.unwrap_or(EVERYDAY);
    let seed = std::env::var("BLUEGREEN_SEED").ok().and_then(|seed| seed.parse().ok());
    let schedules = (seed.unwrap_or(1)..).map(schedule::of).filter(|it| it.kind.strict()).take(count);
    let (mut requests, mut failed) = (0, 0);
    for schedule in schedules {
        println!("BLUEGREEN_SEED={} BLUEGREEN_LIVE=1 cargo test --test hostile real_request", schedule.seed);
        let (more, broken_off) = run(&schedule).await;
        requests += more;
        failed += broken_off;
    }
    println!(
        "{count} schedules with real traffic: {requests} requests, 0 failed; {failed} applies broken off on the way"
    );
}
