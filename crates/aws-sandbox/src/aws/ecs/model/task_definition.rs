//! Task definitions: families, revisions, containers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::place::Place;
use crate::aws::tags::Tags;

#[derive(Clone, Debug)]
pub struct TaskDefinition {
    pub arn: String,
    pub family: String,
    pub revision: u32,
    pub active: bool,
    pub registered: Duration,
    pub deregistered: Option<Duration>,
    pub containers: Vec<Container>,
    pub network_mode: String,
    pub fargate: bool,
    pub cpu: Option<String>,
    pub memory: Option<String>,
    /// Task and execution role, if any: what iam:PassRole is checked for.
    pub roles: Vec<String>,
    /// The request, with defaults filled in.
    pub body: Value,
    pub tags: Tags,
}

#[derive(Clone, Debug)]
pub struct Container {
    pub name: String,
    pub image: String,
    pub ports: Vec<u16>,
    pub environment: BTreeMap<String, String>,
    pub stop_timeout: Duration,
}

impl TaskDefinition {
    pub fn json(&self, place: &Place) -> Value {
        let mut body = self.body.clone();
        body["taskDefinitionArn"] = json!(self.arn);
        body["revision"] = json!(self.revision);
        body["status"] = json!(if self.active { "ACTIVE" } else { "INACTIVE" });
        body["registeredAt"] = json!(place.seconds(self.registered));
        if let Some(at) = self.deregistered {
            body["deregisteredAt"] = json!(place.seconds(at));
        }
        body
    }
}
