//! The test kit: a sandbox, a Terraform project on it, and live traffic through it.

#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses its own part")]

mod api;
pub mod callers;
pub mod hashicorp;
mod toggles;

pub use api::Api;
pub use toggles::toggles;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use aws_sandbox::{self, Running, SandboxOptions};
use bluegreen_provider::cli::project::{Project, Ran};
use bluegreen_provider::referee::Referee;
use bluegreen_provider::traffic::{Answered, Stream, Tally, Traffic};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const HOST: &str = "nginx.example.com";
pub const OFFICE: Ipv4Addr = Ipv4Addr::new(127, 0, 99, 7);
pub const OFFICE_CIDR: &str = "127.0.99.0/24";
/// The revision of every family of the sandbox whose tasks never get healthy.
pub const BAD: &str = "nginx:7";

/// Sandbox seconds per second in most tests: fast enough to be short, slow enough for a busy machine.
pub const SPEED: f64 = 25.0;

pub struct Stage {
    pub sandbox: Running,
    pub project: Project,
    pub service: Value,
    folder: TempDir,
}

impl Stage {
    pub async fn new() -> Stage {
        Stage::with(SandboxOptions { speed: SPEED, ..SandboxOptions::default() }).await
    }

    pub async fn with(options: SandboxOptions) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let speed = options.speed;
        let options = SandboxOptions { dir: folder.path().to_owned(), ..options };
        let sandbox = aws_sandbox::start_watched(options, Referee::boxed()).await.unwrap();
        // Values come from the configuration, not from the sandbox's tfvars.
        let _ = std::fs::remove_file(folder.path().join("sandbox.auto.tfvars.json"));
        let project = project(folder.path(), speed);
        let service = service(&sandbox);
        let stage = Stage { sandbox, project, service, folder };
        stage.write();
        stage
    }

    /// Merges `change` into the resource and writes the configuration.
    pub fn set(&mut self, change: Value) -> &mut Self {
        for (name, value) in change.as_object().unwrap() {
            self.service[name] = value.clone();
        }
        self.write();
        self
    }

    pub fn phase(&mut self, phase: &str) -> &mut Self {
        self.set(toggles(phase))
    }

    fn write(&self) {
        let endpoint = &self.sandbox.ready.endpoint;
        let config = json!({
            "terraform": { "required_providers": { "bluegreen": { "source": "ecs-bluegreen/bluegreen" } } },
            "provider": { "bluegreen": {
                "region": self.sandbox.ready.region,
                "access_key": "sandbox",
                "secret_key": "sandbox",
                "endpoints": { "ecs": endpoint, "elasticloadbalancingv2": endpoint },
            } },
            "resource": { "bluegreen_service": { "nginx": self.service } },
        });
        self.project.write("main.tf.json", &serde_json::to_string_pretty(&config).unwrap()).unwrap();
    }

    /// An apply that must succeed, and after which there is nothing to do.
    pub async fn apply(&self) -> Ran {
        let ran = self.project.apply().await.unwrap();
        assert!(ran.ok, "{}", ran.said());
        let plan = self.project.run(&["plan", "-no-color", "-detailed-exitcode"]).await.unwrap();
        assert_eq!(plan.code, Some(0), "the second plan is not empty:\n{}", plan.said());
        ran
    }

    /// An apply that must fail; what it said.
    pub async fn apply_fails(&self) -> String {
        let ran = self.project.apply().await.unwrap();
        assert!(!ran.ok, "this should have failed:\n{}", ran.said());
        // Terraform draws a frame and breaks lines; sentences are looked for without.
        ran.said().replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub async fn state(&self) -> Value {
        self.project.state_of("bluegreen_service.nginx").await.unwrap()
    }

    pub fn nodes(&self) -> Vec<IpAddr> {
        self.sandbox.ready.nodes.iter().map(|node| IpAddr::V4(*node)).collect()
    }

    pub fn stream(&self, name: &str, source: Ipv4Addr) -> Stream {
        let port = self.sandbox.ready.listeners.production.port;
        Stream::new(name, self.nodes(), port, HOST).from(IpAddr::V4(source)).per_second(25.0)
    }

    /// A public and an office that ask all the time.
    pub fn traffic(&self) -> Watched {
        let traffic =
            Traffic::start(vec![self.stream("public", Ipv4Addr::LOCALHOST), self.stream("office", OFFICE)]);
        Watched { traffic }
    }

    pub fn api(&self) -> Api {
        let ready = &self.sandbox.ready;
        Api::new(&ready.endpoint, &ready.region, &ready.cluster)
    }

    /// A call to the sandbox's admin API.
    pub async fn admin(&self, method: &str, path: &str, body: Value) -> Value {
        admin(&self.sandbox.ready.endpoint, method, path, body).await
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub async fn end(self) {
        self.sandbox.stop().await;
    }
}

pub fn project(folder: &Path, speed: f64) -> Project {
    let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-bluegreen"));
    Project::new(folder, provider).unwrap().with("BLUEGREEN_CLOCK_SPEED", speed.to_string())
}

/// `nginx` with two tasks on a side, on the sandbox's production listener.
pub fn service(sandbox: &Running) -> Value {
    let ready = &sandbox.ready;
    json!({
        "name": "nginx",
        "cluster": ready.cluster,
        "vpc_id": ready.vpc_id,
        "listener_arn": ready.listeners.production.arn,
        "host_headers": [HOST],
        "blue": { "task_definition": "nginx:1" },
        "green": { "task_definition": "nginx:2" },
        "desired_count": 2,
        "canary_count": 1,
        "container_name": "nginx",
        "container_port": 80,
        "network_configuration": { "subnets": ready.subnets, "security_groups": ready.security_groups },
        "canary_source_ips": [OFFICE_CIDR],
    })
}

pub async fn admin(endpoint: &str, method: &str, path: &str, body: Value) -> Value {
    sent(endpoint, method, path, "", body).await
}

/// A call to ECS in its own words; what it answers.
pub async fn ecs(endpoint: &str, operation: &str, body: Value) -> Value {
    let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
    sent(endpoint, "POST", "/", &target, body).await
}

async fn sent(endpoint: &str, method: &str, path: &str, target: &str, body: Value) -> Value {
    use http_body_util::{BodyExt as _, Full};
    use hyper::body::Bytes;
    let address = endpoint.strip_prefix("http://").unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let request = hyper::Request::builder()
        .method(method)
        .uri(path)
        .header("host", address)
        .header(
            "content-type",
            if target.is_empty() { "application/json" } else { "application/x-amz-json-1.1" },
        )
        .header("x-amz-target", target)
        .body(Full::new(body))
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    assert!(status.is_success(), "{method} {path}: {status} {}", String::from_utf8_lossy(&bytes));
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

pub struct Watched {
    traffic: Traffic,
}

impl Watched {
    pub fn elapsed(&self) -> Duration {
        self.traffic.elapsed()
    }

    /// The sides `stream` saw from then until now.
    pub fn sides(&self, stream: &str, from: Duration) -> Vec<&'static str> {
        let seen = self.traffic.seen(stream, from, self.traffic.elapsed());
        let sides: BTreeSet<_> = seen.iter().filter_map(Answered::side).collect();
        sides.into_iter().collect()
    }

    /// The sides seen in the next moments.
    pub async fn now(&self, stream: &str) -> Vec<&'static str> {
        let from = self.traffic.elapsed();
        tokio::time::sleep(Duration::from_millis(400)).await;
        // Answers of requests sent before may still be counted in; look at the later ones.
        self.sides(stream, from + Duration::from_millis(100))
    }

    pub fn tally(&self) -> Vec<Tally> {
        self.traffic.tally(Duration::ZERO)
    }

    /// Stops, and fails if a single request did, or hung so long that others were not sent; the number of requests.
    pub async fn none_failed(self) -> u64 {
        let tallies = self.traffic.stop().await;
        for tally in &tallies {
            assert_eq!((tally.failures, tally.skipped), (0, 0), "{tally}");
        }
        tallies.iter().map(|tally| tally.requests).sum()
    }

    pub async fn stop(self) -> Vec<Tally> {
        self.traffic.stop().await
    }
}
