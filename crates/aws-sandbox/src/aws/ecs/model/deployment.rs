//! Deployments of a service: what each one runs and how far it is.

use std::time::Duration;

use serde_json::{Value, json};

/// What a deployment runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub task_definition: String,
    pub network: Value,
    pub load_balancers: Vec<Binding>,
    pub platform_version: String,
}

/// One entry of a service's `loadBalancers`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub group: String,
    pub container: String,
    pub port: u16,
    /// A Classic Load Balancer's name, instead of a group.
    pub classic: Option<String>,
    /// What ECS needs to move traffic itself; told back, and not acted on.
    pub advanced: Option<Value>,
}

impl Binding {
    pub fn json(&self) -> Value {
        let group = self.classic.is_none().then_some(&self.group);
        json!({
            "targetGroupArn": group, "loadBalancerName": self.classic, "containerName": self.container,
            "containerPort": self.port, "advancedConfiguration": self.advanced,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    InProgress,
    Completed,
    Failed,
}

impl Rollout {
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Deployment {
    /// `ecs-svc/` and 19 digits.
    pub id: String,
    pub revision: Revision,
    pub created: Duration,
    pub updated: Duration,
    pub rollout: Rollout,
    pub reason: String,
    pub failed_tasks: u32,
    /// Once it has had a healthy task, failures are no longer counted.
    pub proved: bool,
    /// Whether a task of it has ever been RUNNING.
    pub ran: bool,
    /// No new tasks before this, for those that keep failing to start.
    pub not_before: Duration,
    /// A rollback of another deployment.
    pub rollback: bool,
}

impl Deployment {
    pub fn new(id: String, revision: Revision, now: Duration) -> Self {
        let reason = format!("ECS deployment {id} in progress.");
        Self {
            id,
            revision,
            created: now,
            updated: now,
            rollout: Rollout::InProgress,
            reason,
            failed_tasks: 0,
            proved: false,
            ran: false,
            not_before: Duration::ZERO,
            rollback: false,
        }
    }
}

/// What ListServiceDeployments remembers.
#[derive(Clone, Debug)]
pub struct Record {
    pub arn: String,
    pub deployment: String,
    pub created: Duration,
    pub finished: Option<Duration>,
    pub status: &'static str,
    pub reason: Option<String>,
}

/// Deployments and tasks show the platform version that LATEST stood for.
pub fn platform(given: &str) -> &str {
    if given == "LATEST" { "1.4.0" } else { given }
}
