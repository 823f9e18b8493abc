//! Our own sandbox as the one who is judged: its API behind the recording proxy, a release on it.

use aws_sandbox::{Running, SandboxOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::python::{Script, get};
use super::release::Release;
use super::wire::{Judged, judge};

/// Sandbox seconds per second.
const SPEED: f64 = 25.0;

pub struct Stage {
    pub sandbox: Running,
    pub at: Value,
    pub release: Release,
    relay: Script,
    _folder: TempDir,
}

impl Stage {
    pub async fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let options =
            SandboxOptions { speed: SPEED, dir: folder.path().to_owned(), ..SandboxOptions::default() };
        let sandbox = aws_sandbox::start(options).await.unwrap();
        let at = serde_json::to_value(&sandbox.ready).unwrap();
        let relay = Script::start("relay.py", &[sandbox.ready.endpoint.strip_prefix("http://").unwrap()]);
        let production = json!(sandbox.ready.listeners.production.arn);
        let release = Release::new(relay.text("endpoint"), &SPEED.to_string(), &at, &production);
        Stage { sandbox, at, release, relay, _folder: folder }
    }

    /// Of the API, with the recording proxy in between.
    pub fn endpoint(&self) -> &str {
        self.relay.text("endpoint")
    }

    /// Of one of the load balancer's nodes, on the production listener.
    pub fn node(&self, number: usize) -> String {
        let ready = &self.sandbox.ready;
        format!("http://{}:{}", ready.nodes[number], ready.listeners.production.port)
    }

    /// Both halves of every call were as botocore's models have them.
    pub async fn end(self) {
        let calls = get(self.endpoint(), "/_judge/calls");
        let (judged, findings) = judge(&calls, Judged::Both);
        assert!(findings.is_empty(), "botocore's referee: {findings:#?}");
        eprintln!("judged: {judged}");
        self.relay.end();
        self.sandbox.stop().await;
    }
}
