//! One story's stage: a sandbox without sockets, a project on it, and hands that are not ours.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::book::Book;
use crate::callers::{HOST, OFFICE_CIDR};
use crate::line::{Deed, Line};
use crate::plane;
use crate::product::{InProcess, Value, decode_state, in_process};
use crate::project::Project;
use crate::toggles::toggles;

/// Everything drawn follows from it.
const SEED: u64 = 2_718;
const PROPAGATION: Duration = Duration::from_secs(3);
const TASK_START: Duration = Duration::from_secs(5);
/// A configured text that stands for a value Terraform does not know yet.
pub const UNKNOWN: &str = "(unknown)";

pub struct Stage {
    sandbox: InProcess,
    line: Line,
    project: Project,
    /// The resource as written.
    service: Json,
}

/// Plays a story on a paused clock of its own and compares it with the one in `tests/golden/NAME.txt`.
pub fn story(name: &str, script: impl AsyncFnOnce(&mut Stage)) {
    play(script).close(name);
}

/// The story alone.
pub fn play(script: impl AsyncFnOnce(&mut Stage)) -> Book {
    fastrand::seed(SEED);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        // What is being made says so by the second, so every story begins as far from the next one. The clock is paused.
        let wall = std::time::UNIX_EPOCH.elapsed().unwrap();
        let past = Duration::from_nanos(wall.subsec_nanos().into());
        tokio::time::sleep(Duration::from_millis(1_500) - past).await;
        let (sandbox, seam) = in_process::start(SEED, PROPAGATION, TASK_START, None).unwrap();
        plane::start(&sandbox, seam, SEED);
        let line = Line::new(&sandbox);
        let project = Project::new(&line).await;
        let service = service(&sandbox);
        let mut stage = Stage { sandbox, line, project, service };
        script(&mut stage).await;
        stage.project.book
    })
}

/// `nginx` with two tasks on a side.
fn service(sandbox: &InProcess) -> Json {
    json!({
        "name": "nginx",
        "cluster": sandbox.cluster,
        "vpc_id": sandbox.vpc_id,
        "listener_arn": sandbox.listeners.production.arn,
        "host_headers": [HOST],
        "blue": { "task_definition": "nginx:1" },
        "green": { "task_definition": "nginx:2" },
        "desired_count": 2,
        "canary_count": 1,
        "container_name": "nginx",
        "container_port": 80,
        "network_configuration": { "subnets": sandbox.subnets, "security_groups": sandbox.security_groups },
        "canary_source_ips": [OFFICE_CIDR],
    })
}

impl Stage {
    /// Merges `change` into the resource.
    pub fn set(&mut self, change: Json) -> &mut Self {
        for (name, value) in change.as_object().unwrap() {
            self.service[name] = value.clone();
        }
        self
    }

    /// The resource as it is written now.
    pub fn written(&self) -> Json {
        self.service.clone()
    }

    pub fn rewrite(&mut self, service: Json) {
        self.service = service;
    }

    pub fn phase(&mut self, phase: &str) -> &mut Self {
        self.set(toggles(phase))
    }

    pub fn test_listener(&self) -> &str {
        &self.sandbox.listeners.test.arn
    }

    pub fn production_listener(&self) -> &str {
        &self.sandbox.listeners.production.arn
    }

    pub fn vpc(&self) -> &str {
        &self.sandbox.vpc_id
    }

    /// The name of something in the state, as `production_rule_arn`.
    pub fn arn(&self, attribute: &str) -> String {
        let value = self.project.state.get(attribute);
        value.as_str().or_else(|| value.as_list()?.first()?.as_str()).unwrap().to_owned()
    }

    fn configure(&mut self, title: &str) {
        self.project.book.heading(title);
        let kind = self.project.resource().schema().object_type();
        let mut config = decode_state(&self.service, &kind).unwrap();
        forget_unknown(&mut config);
        self.project.config = config;
    }

    /// An apply that must succeed, and after which there is nothing to do.
    pub async fn apply(&mut self, title: &str) {
        self.configure(title);
        assert!(self.project.apply().await, "{title} failed:\n{}", self.project.book.tail());
        self.project.again().await;
    }

    pub async fn apply_fails(&mut self, title: &str) {
        self.configure(title);
        assert!(!self.project.apply().await, "{title} did not fail:\n{}", self.project.book.tail());
    }

    /// Only looks.
    pub async fn plan(&mut self, title: &str) {
        self.configure(title);
        self.project.plan().await;
    }

    pub async fn destroy(&mut self, title: &str) {
        self.project.book.heading(title);
        assert!(self.project.destroy().await, "{title} failed:\n{}", self.project.book.tail());
        self.left().await;
    }

    pub async fn destroy_fails(&mut self, title: &str) {
        self.project.book.heading(title);
        assert!(!self.project.destroy().await, "{title} did not fail:\n{}", self.project.book.tail());
    }

    /// Names what there is in AWS.
    pub async fn left(&mut self) {
        let state = self.line.sandbox("GET", "/_sandbox/state", &Json::Null).await;
        let count = |kind: &str| state[kind].as_array().map_or(0, Vec::len);
        let active = |it: &&Json| it["status"] != "INACTIVE";
        let services = state["services"].as_array().map_or(0, |all| all.iter().filter(active).count());
        let (groups, rules) = (count("target_groups"), count("rules"));
        self.project.book.line(format!("in AWS: {services} services, {groups} groups, {rules} rules"));
    }

    pub async fn import(&mut self, id: &str) -> bool {
        self.project.book.heading(&format!("import {id}"));
        self.project.import(id).await
    }

    pub fn forget(&mut self) {
        self.project.forget();
    }

    /// Somebody with a console of his own.
    pub async fn by_hand(&mut self, operation: &str, parameters: Json) {
        self.line.by_hand(operation, &parameters).await;
        // What follows from it at once.
        tokio::time::sleep(Duration::from_secs(10)).await;
    }

    /// What AWS says to somebody.
    pub async fn ask(&mut self, operation: &str, parameters: Json) -> String {
        self.line.by_hand(operation, &parameters).await
    }

    /// Somebody makes something of his own; its ARN.
    pub async fn make(&mut self, operation: &str, parameters: Json, arn: &str) -> String {
        let said = self.line.by_hand(operation, &parameters).await;
        let open = format!("<{arn}>");
        said.split(open.as_str()).nth(1).and_then(|it| it.split('<').next()).unwrap().to_owned()
    }

    /// `seconds` after the answer to the `nth` call of `operation` from now.
    pub fn after(&mut self, operation: &'static str, nth: u32, seconds: u64, deed: Deed) -> &mut Self {
        self.line.after(operation, nth, seconds, deed);
        self
    }

    pub async fn fault(&mut self, fault: Json) -> &mut Self {
        self.line.sandbox("POST", "/_sandbox/faults", &fault).await;
        self
    }

    pub async fn no_faults(&mut self) {
        self.line.sandbox("DELETE", "/_sandbox/faults", &Json::Null).await;
    }
}

fn forget_unknown(value: &mut Value) {
    match value {
        Value::String(text) if text == UNKNOWN => *value = Value::Unknown,
        Value::List(elements) => elements.iter_mut().for_each(forget_unknown),
        Value::Map(members) => members.values_mut().for_each(forget_unknown),
        _ => {}
    }
}
