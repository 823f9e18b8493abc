//! The facts: what is there, as last looked at. Plain data, without judgement.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::routing::{Neighbour, Routing, Rule};
use super::side::{Pair, Side};
use super::spec::{GroupSettings, ServiceSettings};

/// Serialised (without what changes by itself) into private state, for the plan to start from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    pub production: Option<Rule>,
    /// By priority, highest number (evaluated last) first.
    pub canary: Vec<Rule>,
    pub test: Option<Rule>,
    /// A rule that matches nothing and only keeps the groups attached while production cannot.
    pub parking: Option<Rule>,
    pub sides: Pair<Standing>,
    /// Rules of others on the production listener.
    #[serde(default)]
    pub neighbours: Vec<Neighbour>,
    /// Rules of others on the test listener.
    #[serde(default)]
    pub test_neighbours: Vec<Neighbour>,
    /// ARNs of the load balancers the production and test listeners belong to.
    #[serde(default)]
    pub load_balancer: Option<String>,
    #[serde(default)]
    pub test_load_balancer: Option<String>,
}

/// What stands on one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub service: Option<Service>,
    pub group: Option<Group>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The service's ARN.
    pub id: String,
    pub status: ServiceStatus,
    pub desired: u32,
    #[serde(skip)]
    pub running: u32,
    /// ARN of the task definition of the newest deployment.
    pub task_definition: String,
    pub rollout: Rollout,
    pub settings: ServiceSettings,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    pub ours: bool,
    /// `address:port` of its current tasks; filled in only when proof is wanted.
    #[serde(skip)]
    pub tasks: BTreeSet<String>,
    /// Newest service events and reasons of stopped tasks, for failure messages.
    #[serde(skip)]
    pub remarks: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceStatus {
    Active,
    /// Being deleted, some tasks still stopping. Its name is not free yet.
    Draining,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rollout {
    Completed,
    InProgress,
    /// The circuit breaker gave up; with ECS's reason.
    Failed(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The target group's ARN.
    pub id: String,
    pub settings: GroupSettings,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    pub ours: bool,
    /// Target stickiness was switched on from outside.
    #[serde(default)]
    pub sticky: bool,
    #[serde(skip)]
    pub targets: Vec<Target>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `address:port`.
    pub address: String,
    pub health: TargetHealth,
    /// Reason code and description as the load balancer gives them; empty when healthy.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetHealth {
    Initial,
    Healthy,
    Unhealthy,
    Unused,
    Draining,
    /// A state this version does not know, or `unavailable`.
    Other(String),
}

impl Observed {
    pub fn service(&self, side: Side) -> Option<&Service> {
        self.sides[side].service.as_ref()
    }

    /// An ACTIVE service's desired count; 0 where there is none.
    pub fn desired(&self, side: Side) -> u32 {
        self.service(side).filter(|s| s.status == ServiceStatus::Active).map_or(0, |s| s.desired)
    }

    /// Every rule of ours.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.production.iter().chain(&self.canary).chain(&self.test).chain(&self.parking)
    }

    /// The side all public traffic goes to, if it is one.
    pub fn public(&self) -> Option<Side> {
        self.production.as_ref().filter(|rule| !rule.matches.parked()).and_then(|rule| rule.sends.only())
    }

    /// Some rule sends somebody's traffic to `side`.
    pub fn used(&self, side: Side) -> bool {
        self.rules().any(|rule| !rule.matches.parked() && rule.sends.reaches(side))
    }

    pub fn routing(&self) -> Routing {
        Routing(
            self.rules().map(|r| (r.id.clone(), r.priority, r.matches.clone(), r.sends.clone())).collect(),
        )
    }

    /// Nothing of ours is there at all.
    pub fn nothing(&self) -> bool {
        self.rules().next().is_none()
            && Side::BOTH.iter().all(|s| self.sides[*s].service.is_none() && self.sides[*s].group.is_none())
    }
}
