//! Errors that the load balancer answers itself, each with its real cause.

use std::time::Duration;

use aws_sandbox::seam::NodeHealth::{Draining, Healthy};
use aws_sandbox::seam::Report;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;

use crate::kit::{PORT, Stage, Table, Task, Upload, address};

fn one(task: &Task) -> Table {
    Table::new().group("blue", &[(task, Healthy)]).forward(vec![], &[("blue", 1)])
}

/// The only unserved request, as status and reason.
async fn unserved(stage: &Stage) -> (u16, String) {
    stage.report(|report| matches!(report, Report::Unserved { .. })).await;
    let mut all = stage.unserved();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[tokio::test]
async fn a_killed_task_cuts_what_is_in_flight_and_is_502_until_it_is_deregistered() {
    let stage = Stage::new(1.0);
    let task = stage.start("web-blue", 41, &[]).await;
    stage.route(&one(&task)).await;
    let (mut in_flight, _) = Upload::begin(&stage).await;
    stage.kill(&task);
    assert!(!in_flight.ended().await);
    assert_eq!(stage.exit_code(&task).await, 137);
    assert_eq!(stage.get("/").await.status, 502);
    let all = stage.unserved();
    assert!(all[0].1.contains("broke off its answer"), "{all:?}");
    assert!(all[1].1.contains("cannot connect") && all[1].1.contains("refused"), "{all:?}");
}

/// A target that tells when it has read a request, and then resets its connection when told to.
async fn silent() -> (Task, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let task = Task { id: String::new(), ip: address() };
    let listener = TcpListener::bind((task.ip, PORT)).await.unwrap();
    let (asked, heard) = mpsc::channel(1);
    let (reset, mut told) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            if String::from_utf8_lossy(&request[..read]).contains("x-forwarded-for") {
                asked.send(()).await.unwrap();
                told.recv().await;
                stream.set_zero_linger().unwrap();
            }
        }
    });
    (task, heard, reset)
}

#[tokio::test]
async fn a_connection_reset_with_a_request_outstanding_is_502() {
    let stage = Stage::new(1.0);
    let (target, mut asked, reset) = silent().await;
    stage.route(&one(&target)).await;
    let mut caller = stage.caller().await;
    let in_flight = tokio::spawn(async move { caller.get("/").await.status });
    asked.recv().await.unwrap();
    reset.send(()).await.unwrap();
    assert_eq!(in_flight.await.unwrap(), 502);
    assert!(unserved(&stage).await.1.contains("closed or broke the connection"));
}

#[tokio::test]
async fn a_request_that_outlives_its_targets_registration_is_502() {
    let stage = Stage::new(1.0);
    let (target, mut asked, _reset) = silent().await;
    stage.route(&one(&target)).await;
    let mut caller = stage.caller().await;
    let in_flight = tokio::spawn(async move { caller.get("/").await.status });
    asked.recv().await.unwrap();
    stage.route(&Table::new().group("blue", &[]).forward(vec![], &[("blue", 1)])).await;
    assert_eq!(in_flight.await.unwrap(), 502);
    assert!(unserved(&stage).await.1.contains("deregistered with the request in flight"));
}

#[tokio::test]
async fn an_answer_that_outlives_its_targets_registration_is_cut() {
    let stage = Stage::new(1.0);
    let task = stage.start("web-blue", 41, &[]).await;
    stage.route(&one(&task)).await;
    let (mut in_flight, _) = Upload::begin(&stage).await;
    stage.route(&Table::new().group("blue", &[]).forward(vec![], &[("blue", 1)])).await;
    assert!(!in_flight.ended().await);
    assert!(unserved(&stage).await.1.contains("deregistered during its answer"));
}

#[tokio::test]
async fn no_answer_within_the_idle_timeout_is_504() {
    let stage = Stage::new(200.0);
    let task = stage.start("web-blue", 41, &[]).await;
    stage.route(&one(&task)).await;
    let began = stage.clock.now();
    assert_eq!(stage.get("/slow?ms=9000000").await.status, 504);
    let waited = stage.clock.now() - began;
    assert!((60..600).contains(&waited.as_secs()), "{waited:?} of sandbox time");
    let (status, reason) = unserved(&stage).await;
    assert!(status == 504 && reason.contains("idle timeout"), "{reason}");
    assert_eq!(stage.get("/slow?ms=20000").await.status, 200, "20 s are fine");
}

#[tokio::test]
async fn a_target_that_does_not_even_connect_is_504_after_ten_seconds() {
    let stage = Stage::new(50.0);
    let silent = Task { id: String::new(), ip: address() };
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((silent.ip, PORT).into()).unwrap();
    let _never_accepting = socket.listen(1).unwrap();
    let mut queue = Vec::new();
    // Once its queue is full, the kernel drops what else comes.
    while let Ok(Ok(queued)) =
        tokio::time::timeout(Duration::from_millis(300), TcpStream::connect((silent.ip, PORT))).await
    {
        queue.push(queued);
    }
    stage.route(&one(&silent)).await;
    assert_eq!(stage.get("/").await.status, 504);
    assert!(unserved(&stage).await.1.contains("within 10 seconds"));
}

#[tokio::test]
async fn a_draining_target_finishes_what_it_has_and_gets_nothing_new() {
    let stage = Stage::new(1.0);
    let (old, new) = (stage.start("web-old", 1, &[]).await, stage.start("web-new", 2, &[]).await);
    stage.route(&one(&old)).await;
    let (in_flight, head) = Upload::begin(&stage).await;
    let draining = Table::new().group("blue", &[(&old, Draining), (&new, Healthy)]);
    stage.route(&draining.forward(vec![], &[("blue", 1)])).await;
    let mut caller = stage.caller().await;
    for _ in 0..20 {
        assert_eq!(caller.service().await, "web-new");
    }
    assert!(head.contains("web-old") && in_flight.finish().await);
    assert_eq!(stage.unserved(), []);
}

/// A target that answers every connection's first read with these bytes and closes.
async fn scripted(answer: &'static [u8]) -> Task {
    let task = Task { id: String::new(), ip: address() };
    let listener = TcpListener::bind((task.ip, PORT)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
            });
        }
    });
    task
}

#[tokio::test]
async fn a_malformed_answer_is_502() {
    let stage = Stage::new(1.0);
    let odd = scripted(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    stage.route(&one(&odd)).await;
    assert_eq!(stage.get("/").await.status, 502);
    assert_eq!(unserved(&stage).await.0, 502);
}

#[tokio::test]
async fn an_answer_cut_short_is_a_broken_connection_and_reported() {
    let stage = Stage::new(1.0);
    let short = scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this").await;
    stage.route(&one(&short)).await;
    assert!(stage.caller().await.try_get("/").await.is_err());
    assert!(unserved(&stage).await.1.contains("broke off its answer"));
}

#[tokio::test]
async fn a_target_that_closes_after_each_answer_causes_no_502() {
    let stage = Stage::new(1.0);
    let curt = scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").await;
    stage.route(&one(&curt)).await;
    let mut caller = stage.caller().await;
    for _ in 0..200 {
        assert_eq!(caller.get("/").await.status, 200);
    }
    assert_eq!(stage.unserved(), []);
}

#[tokio::test]
async fn what_the_load_balancer_refuses_itself() {
    let stage = Stage::new(1.0);
    let task = stage.start("web-blue", 41, &[]).await;
    stage.route(&one(&task)).await;
    let answer = stage.raw("TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    let addresses = vec!["10.0.0.1"; 31].join(", ");
    let request =
        format!("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {addresses}\r\nConnection: close\r\n\r\n");
    let answer = stage.raw(&request).await;
    assert!(answer.starts_with("HTTP/1.1 463"), "{answer}");
    let answer = stage.raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn targets_outside_loopback_are_never_connected() {
    let stage = Stage::new(1.0);
    let far = Task { id: String::new(), ip: [10, 0, 0, 1].into() };
    stage.route(&one(&far)).await;
    assert_eq!(stage.get("/").await.status, 502);
    assert!(unserved(&stage).await.1.contains("never leaves loopback"));
}
