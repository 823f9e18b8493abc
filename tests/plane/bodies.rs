//! Bodies and headers on their way through the load balancer.

use aws_sandbox::seam::NodeHealth::Healthy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::kit::{PORT, Stage, Table, Task, address};

async fn stage() -> Stage {
    let stage = Stage::new(1.0);
    let task = stage.start("web-blue", 41, &[]).await;
    stage.route(&Table::new().group("blue", &[(&task, Healthy)]).forward(vec![], &[("blue", 1)])).await;
    stage
}

#[tokio::test]
async fn large_answers_stream_through() {
    let answer =
        stage().await.raw("GET /bytes/20000000 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body.len(), 20_000_000);
}

#[tokio::test]
async fn chunked_uploads_and_expectations_stream_through() {
    let stage = stage().await;
    let chunk = format!("{:x}\r\n{}\r\n", 50_000, "x".repeat(50_000));
    let body = chunk.repeat(40);
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
    let answer = stage.raw(&format!("{head}\r\n{body}0\r\n\r\n")).await;
    assert_eq!(
        answer.matches('x').count() - answer.split_once("\r\n\r\n").unwrap().0.matches('x').count(),
        2_000_000
    );

    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n";
    let answer = stage.raw(&format!("{head}\r\nhello")).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), "{answer}");
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn head_and_http_1_0_are_served() {
    let stage = stage().await;
    let answer = stage.raw("HEAD /bytes/1234 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(
        answer.to_lowercase().contains("content-length: 1234") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    let answer = stage.raw("GET / HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    let pipelined =
        "GET /status/418 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answer = stage.raw(pipelined).await;
    assert!(answer.starts_with("HTTP/1.1 418") && answer.contains("HTTP/1.1 200"), "{answer}");
}

/// A target that keeps the request it got and switches protocols.
async fn echo_after_upgrade() -> (Task, tokio::task::JoinHandle<String>) {
    let task = Task { id: String::new(), ip: address() };
    let listener = TcpListener::bind((task.ip, PORT)).await.unwrap();
    let served = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.unwrap() > 0 {}
            let request = String::from_utf8(request).unwrap();
            // Health checks come here too.
            if request.contains("ELB-HealthChecker") {
                continue;
            }
            let head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
            stream.write_all(head).await.unwrap();
            let mut buffer = [0; 64];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                stream.write_all(&buffer[..read]).await.unwrap();
            }
            return request;
        }
    });
    (task, served)
}

#[tokio::test]
async fn an_upgraded_connection_stays_with_its_target_whatever_the_rules_say() {
    let stage = stage().await;
    let (target, served) = echo_after_upgrade().await;
    let to_target = Table::new().group("ws", &[(&target, Healthy)]).group("empty", &[]);
    stage.route(&to_target.clone().forward(vec![], &[("ws", 1), ("empty", 0)])).await;
    let mut stream = TcpStream::connect(stage.front()).await.unwrap();
    let head = b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: echo\r\nKeep-Alive: 5\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut buffer = [0; 4096];
    let read = stream.read(&mut buffer).await.unwrap();
    assert!(buffer[..read].starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&buffer[..read]));
    stage.route(&to_target.forward(vec![], &[("ws", 0), ("empty", 1)])).await;
    for word in ["one", "two"] {
        stream.write_all(word.as_bytes()).await.unwrap();
        let read = stream.read(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..read], word.as_bytes());
    }
    drop(stream);
    let request = served.await.unwrap().to_lowercase();
    let expected =
        ["x-forwarded-for: 127.0.0.1\r\n", "x-forwarded-proto: http\r\n", "x-forwarded-port: 8080\r\n"];
    for header in expected.into_iter().chain(["connection: upgrade\r\n", "upgrade: echo\r\n", "host: a\r\n"])
    {
        assert!(request.contains(header), "{header} in {request}");
    }
    assert!(!request.contains("keep-alive"), "{request}");
}
