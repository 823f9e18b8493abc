//! How tasks start, end and misbehave.

use std::time::Duration;

use aws_sandbox::seam::NodeHealth::Healthy;
use tokio::net::TcpStream;

use crate::kit::{PORT, Stage, Table, Upload};

#[tokio::test]
async fn sigterm_finishes_requests_in_flight_and_exits_0() {
    let stage = Stage::new(1.0);
    let task = stage.start("web-blue", 41, &[]).await;
    stage.route(&Table::new().group("blue", &[(&task, Healthy)]).forward(vec![], &[("blue", 1)])).await;
    let (in_flight, _) = Upload::begin(&stage).await;
    stage.terminate(&task);
    while TcpStream::connect((task.ip, PORT)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(in_flight.finish().await, "it accepts no more, and finishes what it has");
    assert_eq!(stage.exit_code(&task).await, 0);
}

#[tokio::test]
async fn sigkill_follows_sigterm_after_the_stop_timeout() {
    let stage = Stage::new(50.0);
    let deaf = stage.start("web-blue", 41, &[("IGNORE_SIGTERM", "1")]).await;
    let busy = stage.start("web-blue", 41, &[]).await;
    stage.route(&Table::new().group("blue", &[(&busy, Healthy)]).forward(vec![], &[("blue", 1)])).await;
    let (mut in_flight, _) = Upload::begin(&stage).await;
    let began = stage.clock.now();
    stage.terminate(&deaf);
    stage.terminate(&busy);
    assert!(TcpStream::connect((deaf.ip, PORT)).await.is_ok(), "a deaf task goes on");
    assert_eq!(stage.exit_code(&deaf).await, 137);
    assert_eq!(stage.exit_code(&busy).await, 137);
    assert!(stage.clock.now() - began >= Duration::from_secs(30));
    assert!(!in_flight.ended().await);
}

#[tokio::test]
async fn tasks_that_crash_or_never_come_up_exit_1() {
    let stage = Stage::new(50.0);
    let early = stage.start("web-blue", 41, &[("EXIT_ON_START", "1")]).await;
    assert_eq!(stage.exit_code(&early).await, 1);
    let began = stage.clock.now();
    let crashing = stage.start("web-blue", 41, &[("CRASH_AFTER", "20")]).await;
    assert_eq!(stage.exit_code(&crashing).await, 1);
    assert!(stage.clock.now() - began >= Duration::from_secs(20));
}

#[tokio::test]
async fn a_slow_starter_listens_when_its_time_has_come() {
    let stage = Stage::new(50.0);
    let began = stage.clock.now();
    let task = stage.start("web-blue", 41, &[("START_SECONDS", "30"), ("BODY", "hello")]).await;
    assert!(TcpStream::connect((task.ip, PORT)).await.is_err());
    let table = Table::new().group("blue", &[(&task, Healthy)]).forward(vec![], &[("blue", 1)]);
    stage.route(&table).await;
    while stage.get("/").await.status == 502 {
        stage.clock.sleep(Duration::from_secs(1)).await;
    }
    assert!(stage.clock.now() - began >= Duration::from_secs(30));
    assert_eq!(stage.get("/").await.text(), "hello");
    let other = stage.start("web-blue", 41, &[("START_SECONDS", "1000")]).await;
    stage.terminate(&other);
    assert_eq!(stage.exit_code(&other).await, 0);
}
