//! Services.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::Value;

use super::deployment::{Binding, Deployment, Record, Revision};
use crate::aws::tags::Tags;
use crate::aws::witness::Change;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Draining,
    Inactive,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Inactive => "INACTIVE",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    pub enable: bool,
    pub rollback: bool,
}

/// Who makes deployments
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentController.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controller {
    Ecs,
    /// AWS CodeDeploy: through task sets, never by UpdateService.
    CodeDeploy,
    /// Whoever creates task sets.
    External,
}

impl Controller {
    pub fn word(self) -> &'static str {
        match self {
            Self::Ecs => "ECS",
            Self::CodeDeploy => "CODE_DEPLOY",
            Self::External => "EXTERNAL",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Service {
    pub arn: String,
    pub name: String,
    pub cluster: String,
    pub status: Status,
    pub created: Duration,
    /// The creating request, without its client token; and that token.
    pub request: Value,
    pub client_token: Option<String>,
    pub updated: bool,
    pub desired: u32,
    pub task_definition: String,
    pub launch_type: Option<String>,
    /// `capacityProviderStrategy`, exclusive with `launch_type`.
    pub strategy: Vec<Value>,
    pub load_balancers: Vec<Binding>,
    pub network: Value,
    pub platform_version: String,
    pub grace: Option<u64>,
    pub minimum_percent: u32,
    pub maximum_percent: u32,
    pub breaker: Breaker,
    pub controller: Controller,
    /// `strategy` and what belongs to it; told back, and rolled out like ROLLING.
    pub rollout_strategy: Value,
    pub gateway_connectors: Value,
    pub execute_command: bool,
    pub managed_tags: bool,
    pub propagate_tags: String,
    pub rebalancing: String,
    pub tags: Tags,
    /// The PRIMARY one first.
    pub deployments: Vec<Deployment>,
    pub last_completed: Option<Revision>,
    /// Newest first.
    pub events: VecDeque<Event>,
    pub history: VecDeque<Record>,
    /// Tasks not yet STOPPED.
    pub tasks: BTreeSet<String>,
    /// The steady-state event has been given.
    pub steady: bool,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    pub at: Duration,
    pub message: String,
}

impl Service {
    pub fn strategy_json(&self) -> Option<&[Value]> {
        (!self.strategy.is_empty()).then_some(self.strategy.as_slice())
    }

    /// What a deployment made now would run.
    pub fn revision(&self) -> Revision {
        Revision {
            task_definition: self.task_definition.clone(),
            network: self.network.clone(),
            load_balancers: self.load_balancers.clone(),
            platform_version: self.platform_version.clone(),
        }
    }

    /// What a witness is told of fewer tasks.
    pub fn lowered_to(&self, to: u32) -> Change {
        let groups = self.load_balancers.iter().map(|it| it.group.clone()).collect();
        Change::Lowered { service: self.name.clone(), groups, from: self.desired, to }
    }
}
