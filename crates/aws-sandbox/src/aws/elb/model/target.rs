//! Targets of target groups, and their health as each node sees it and as the API sums it up.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::seam::{CheckOutcome, Node, NodeHealth, TargetView};

#[derive(Clone, Debug)]
pub struct Target {
    pub ip: Ipv4Addr,
    pub port: u16,
    /// In a zone that the load balancer does not serve: never checked, never sent anything.
    pub outside: bool,
    /// Set by deregistration; gone at that time.
    pub draining_until: Option<Duration>,
    pub nodes: Vec<Seen>,
    /// Since when the API has called it unhealthy.
    pub unhealthy_since: Option<Duration>,
}

/// One node's view of one target.
#[derive(Clone, Debug)]
pub struct Seen {
    pub health: NodeHealth,
    /// Checks in a row that say otherwise than `health`.
    streak: u32,
    last: Option<CheckOutcome>,
}

/// A target's state, reason and description, as DescribeTargetHealth words them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetHealth {
    pub state: &'static str,
    pub reason: Option<&'static str>,
    pub description: Option<String>,
}

impl TargetHealth {
    pub fn new(state: &'static str, reason: &'static str, description: &str) -> Self {
        Self { state, reason: Some(reason), description: Some(description.to_owned()) }
    }

    pub fn json(&self) -> Value {
        json!({"State": self.state, "Reason": self.reason, "Description": self.description})
    }
}

impl Target {
    pub fn new(ip: Ipv4Addr, port: u16, nodes: usize) -> Self {
        let seen = Seen { health: NodeHealth::Initial, streak: 0, last: None };
        Self {
            ip,
            port,
            outside: false,
            draining_until: None,
            nodes: vec![seen; nodes],
            unhealthy_since: None,
        }
    }

    pub fn forget_health(&mut self) {
        for seen in &mut self.nodes {
            *seen = Seen { health: NodeHealth::Initial, streak: 0, last: None };
        }
        self.unhealthy_since = None;
    }

    pub fn health(&self, associated: bool) -> TargetHealth {
        if self.draining_until.is_some() {
            let text = "Target deregistration is in progress";
            return TargetHealth::new("draining", "Target.DeregistrationInProgress", text);
        }
        if !associated {
            let text = "Target group is not configured to receive traffic from the load balancer";
            return TargetHealth::new("unused", "Target.NotInUse", text);
        }
        if self.outside {
            let text = "Target is in an Availability Zone that is not enabled for the load balancer";
            return TargetHealth::new("unused", "Target.NotInUse", text);
        }
        if let Some(seen) = self.nodes.iter().find(|seen| seen.health == NodeHealth::Unhealthy) {
            return match &seen.last {
                Some(CheckOutcome::Mismatch(code)) => TargetHealth::new(
                    "unhealthy",
                    "Target.ResponseCodeMismatch",
                    &format!("Health checks failed with these codes: [{code}]"),
                ),
                Some(CheckOutcome::TimedOut) => {
                    TargetHealth::new("unhealthy", "Target.Timeout", "Request timed out")
                }
                _ => TargetHealth::new("unhealthy", "Target.FailedHealthChecks", "Health checks failed"),
            };
        }
        if self.nodes.iter().all(|seen| seen.health == NodeHealth::Healthy) {
            return TargetHealth { state: "healthy", reason: None, description: None };
        }
        if self.nodes.iter().all(|seen| seen.last.is_none()) {
            let text = "Target registration is in progress";
            return TargetHealth::new("initial", "Elb.RegistrationInProgress", text);
        }
        TargetHealth::new("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
    }

    pub fn view(&self, node: Node) -> TargetView {
        let seen = self.nodes.get(node).map_or(NodeHealth::Initial, |seen| seen.health);
        let health = if self.draining_until.is_some() { NodeHealth::Draining } else { seen };
        TargetView { ip: self.ip, port: self.port, health }
    }
}

impl Seen {
    /// One check more: the first pass makes a new target healthy, then the thresholds apply.
    pub fn checked(&mut self, outcome: CheckOutcome, healthy: u32, unhealthy: u32) -> bool {
        let before = self.health;
        let passed = outcome == CheckOutcome::Passed;
        let first = self.last.is_none();
        match (self.health, passed) {
            (NodeHealth::Initial, true) => self.health = NodeHealth::Healthy,
            (NodeHealth::Healthy, true) | (NodeHealth::Unhealthy, false) => self.streak = 0,
            (NodeHealth::Unhealthy, true) => {
                self.streak += 1;
                if self.streak >= healthy {
                    self.health = NodeHealth::Healthy;
                }
            }
            (_, false) => {
                self.streak += 1;
                if self.streak >= unhealthy {
                    self.health = NodeHealth::Unhealthy;
                }
            }
            (NodeHealth::Draining, true) => {}
        }
        if self.health != before {
            self.streak = 0;
        }
        self.last = Some(outcome);
        first || self.health != before
    }
}
