//! The facts: what is there, as last looked at. Plain data, without judgement.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::owned::Mark;
use super::routing::{Neighbour, Role, Routing, Rule};
use super::side::{Pair, Side};
use super::spec::{GroupSettings, ServiceSettings};

/// Serialised (without what changes by itself) into private state, for the plan to start from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Ours, each with its role, of which only the canary has more than one. By role, then priority, highest number
    /// (evaluated last) first.
    pub rules: Vec<Rule>,
    pub sides: Pair<Standing>,
    /// Rules of others on the production listener.
    #[serde(default)]
    pub neighbours: Vec<Neighbour>,
    /// Rules of others on the test listener.
    #[serde(default)]
    pub test_neighbours: Vec<Neighbour>,
    /// Rules of others on further listeners, and what listeners do by default, where that concerns our groups.
    #[serde(default)]
    pub elsewhere: Vec<Neighbour>,
    /// ARNs of the listeners that were looked at as the production and the test listener.
    #[serde(default)]
    pub listener: String,
    #[serde(default)]
    pub test_listener: Option<String>,
    /// ARNs of listeners that were looked for and are certainly not there.
    #[serde(default)]
    pub gone_listeners: BTreeSet<String>,
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
    /// How its newest deployment stands.
    pub deployment: Deployment,
    pub settings: ServiceSettings,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    pub mark: Mark,
    /// Who else moves it.
    #[serde(default)]
    pub moved_by: Option<Mover>,
    /// ARNs of the target groups it is attached to.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    /// `address:port` of its current tasks; filled in only when proof is wanted.
    #[serde(skip)]
    pub tasks: BTreeSet<String>,
    /// Newest service events and reasons of stopped tasks, for failure messages.
    #[serde(skip)]
    pub remarks: Vec<String>,
}

/// Somebody who replaces a service's tasks or moves its traffic, as we do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Mover {
    #[error("AWS CodeDeploy (deployment controller CODE_DEPLOY)")]
    CodeDeploy,
    #[error("task sets of somebody else's (deployment controller EXTERNAL)")]
    External,
    #[error("ECS itself (deployment strategy {0})")]
    Strategy(String),
    #[error("an ECS Gateway (gateway connector {0})")]
    Gateway(String),
}

impl Mover {
    /// What to do first.
    pub fn way_out(&self) -> &'static str {
        match self {
            Mover::CodeDeploy | Mover::External => {
                "A service keeps its deployment controller for life: make an ordinary service beside it, with a target group of its own, move the callers there by the weights of the rule, delete this one, and import the new one."
            }
            Mover::Strategy(_) => {
                "Set its deployment strategy to ROLLING first (UpdateService changes it in place, while no deployment is under way)."
            }
            Mover::Gateway(_) => {
                "Take the gateway connector off the service first (UpdateService with an empty list of gatewayConnectors), once its callers come by a listener rule of your own."
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceStatus {
    Active,
    /// Being deleted, some tasks still stopping. Its name is not free yet.
    Draining,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deployment {
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
    pub mark: Mark,
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

    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.role == role)
    }

    /// Of several, while rules go from one listener to another: one that callers come by, on the listener that was
    /// looked at if there is one.
    pub fn production(&self) -> Option<&Rule> {
        let key = |rule: &&Rule| (!rule.open(), !rule.on_listener(&self.listener));
        self.with_role(Role::Production).min_by_key(key)
    }

    pub fn production_on(&self, listener: &str) -> Option<&Rule> {
        self.with_role(Role::Production).find(|rule| rule.on_listener(listener))
    }

    pub fn canary(&self) -> Vec<&Rule> {
        self.with_role(Role::Canary).collect()
    }

    pub fn test(&self) -> Option<&Rule> {
        let there = |rule: &Rule| self.test_listener.as_ref().is_some_and(|test| rule.on_listener(test));
        self.with_role(Role::Test).min_by_key(|rule| !there(rule))
    }

    pub fn parking(&self) -> Option<&Rule> {
        self.with_role(Role::Parking).next()
    }

    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Rules in the order in which they are kept.
    pub fn sort_rules(&mut self) {
        self.rules.sort_by_key(|rule| (rule.role, Reverse(rule.priority), rule.id.clone()));
    }

    /// The side all public traffic goes to, if it is one; by whatever listener it comes.
    pub fn public(&self) -> Option<Side> {
        let mut receivers =
            self.with_role(Role::Production).filter(|rule| rule.open()).map(|r| r.sends.only());
        let first = receivers.next()??;
        receivers.all(|side| side == Some(first)).then_some(first)
    }

    /// Some rule sends somebody's traffic to `side`.
    pub fn used(&self, side: Side) -> bool {
        self.rules.iter().any(|rule| rule.serves(side))
    }

    /// Everybody else's rules, as far as they were looked at.
    pub fn others(&self) -> impl Iterator<Item = &Neighbour> {
        self.neighbours.iter().chain(&self.test_neighbours).chain(&self.elsewhere)
    }

    /// Somebody else's rule that sends somebody's traffic to `side`.
    pub fn borrower(&self, side: Side) -> Option<&Neighbour> {
        self.others().find(|other| other.serves(side))
    }

    pub fn routing(&self) -> Routing {
        let seen = |r: &Rule| (r.id.clone(), r.priority, r.matches.clone(), r.sends.clone());
        Routing(self.rules.iter().map(seen).collect())
    }

    /// ARNs of all this.
    pub fn arns(&self) -> BTreeSet<String> {
        let rules = self.rules.iter().map(|rule| rule.id.clone());
        let services = Side::BOTH.into_iter().filter_map(|side| Some(self.service(side)?.id.clone()));
        let groups =
            Side::BOTH.into_iter().filter_map(|side| Some(self.sides[side].group.as_ref()?.id.clone()));
        rules.chain(services).chain(groups).collect()
    }

    /// Nothing of ours is there at all.
    pub fn nothing(&self) -> bool {
        self.rules.is_empty()
            && Side::BOTH.iter().all(|s| self.sides[*s].service.is_none() && self.sides[*s].group.is_none())
    }
}
