//! Targets of target groups: registration, draining, and health as each node sees it and as the
//! API sums it up.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};

use super::error::{Answer, ApiError, validation};
use super::params::Params;
use super::state::State;
use super::target_groups::{TargetGroup, not_found};
use super::{Timer, World};
use crate::seam::{CheckOutcome, Node, NodeHealth, TargetView};

#[derive(Clone, Debug)]
pub struct Target {
    pub ip: Ipv4Addr,
    pub port: u16,
    pub registered: Duration,
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
    fn new(state: &'static str, reason: &'static str, description: &str) -> Self {
        Self { state, reason: Some(reason), description: Some(description.to_owned()) }
    }

    pub fn json(&self) -> Value {
        json!({"State": self.state, "Reason": self.reason, "Description": self.description})
    }
}

impl Target {
    pub fn new(ip: Ipv4Addr, port: u16, now: Duration, nodes: usize) -> Self {
        let seen = Seen { health: NodeHealth::Initial, streak: 0, last: None };
        Self {
            ip,
            port,
            registered: now,
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
    fn checked(&mut self, outcome: CheckOutcome, healthy: u32, unhealthy: u32) -> bool {
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

/// The `Targets` of a request, each an address of the sandbox's network and a port.
fn parse(params: &Params, group: &TargetGroup) -> Result<Option<Vec<(Ipv4Addr, u16)>>, ApiError> {
    let Some(list) = params.objects("Targets")? else { return Ok(None) };
    let mut found = Vec::new();
    for target in list {
        let id = target.needed("Id")?;
        let ip: Ipv4Addr = id
            .parse()
            .map_err(|_| validation(format!("The IP address '{id}' is not a valid IPv4 address")))?;
        if !ip.is_loopback() {
            return Err(validation(format!(
                "The IP address '{id}' is not within the VPC, which in the sandbox is 127.0.0.0/8"
            )));
        }
        let port = target.within("Port", 1, 65_535)?.map_or(group.port, |port| port as u16);
        found.push((ip, port));
    }
    Ok(Some(found))
}

impl State {
    pub fn describe_target_health(&self, params: &Params) -> Answer {
        let group = self.target_group(params.needed("TargetGroupArn")?)?;
        let associated = group.load_balancer.is_some();
        let one = |ip: Ipv4Addr, port: u16, health: TargetHealth| {
            json!({
                "Target": {"Id": ip.to_string(), "Port": port, "AvailabilityZone": self.zone(usize::from(ip.octets()[3]))},
                "HealthCheckPort": group.check.port.unwrap_or(port).to_string(),
                "TargetHealth": health.json(),
            })
        };
        let asked = parse(params, group)?.filter(|asked| !asked.is_empty());
        let found: Vec<Value> = match asked {
            None => group.targets.values().map(|it| one(it.ip, it.port, it.health(associated))).collect(),
            Some(asked) => asked
                .into_iter()
                .map(|(ip, port)| {
                    let text = "Target is not registered to the target group";
                    let unknown = || TargetHealth::new("unused", "Target.NotRegistered", text);
                    let health =
                        group.targets.get(&(ip, port)).map_or_else(unknown, |it| it.health(associated));
                    one(ip, port, health)
                })
                .collect(),
        };
        Ok(json!({"TargetHealthDescriptions": found}))
    }
}

impl World {
    pub(super) fn register_targets(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        let group = self.state.target_group(arn)?;
        if group.target_type != "ip" {
            return Err(ApiError::new("InvalidTarget", "The sandbox has no instances to register"));
        }
        let targets = parse(params, group)?.ok_or_else(|| params.missing("Targets"))?;
        let draining = |key| group.targets.get(key).is_some_and(|it: &Target| it.draining_until.is_some());
        if let Some((ip, port)) = targets.iter().find(|key| draining(key)) {
            return Err(ApiError::new(
                "InvalidTarget",
                format!("The target '{ip}:{port}' is still draining"),
            ));
        }
        if group.targets.len() + targets.len() > 1000 {
            return Err(ApiError::new("TooManyTargets", "You have reached the maximum number of targets"));
        }
        for (ip, port) in targets {
            self.register(now, arn, ip, port);
        }
        Ok(json!({}))
    }

    pub(super) fn deregister_targets(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        let group = self.state.target_group(arn)?;
        for (ip, port) in parse(params, group)?.ok_or_else(|| params.missing("Targets"))? {
            self.deregister(now, arn, ip, port);
        }
        Ok(json!({}))
    }

    pub(super) fn register(&mut self, now: Duration, group: &str, ip: Ipv4Addr, port: u16) {
        let nodes = self.nodes.len();
        if let Some(group) = self.state.target_groups.get_mut(group) {
            group.targets.entry((ip, port)).or_insert_with(|| Target::new(ip, port, now, nodes));
            self.version += 1;
        }
    }

    /// Starts draining; says whether there was a target to drain.
    pub(super) fn deregister(&mut self, now: Duration, arn: &str, ip: Ipv4Addr, port: u16) -> bool {
        let Some(group) = self.state.target_groups.get_mut(arn) else { return false };
        let until = now + group.deregistration_delay();
        let Some(target) = group.targets.get_mut(&(ip, port)) else { return false };
        if target.draining_until.is_some() {
            return false;
        }
        target.draining_until = Some(until);
        self.set_timer(until, Timer::Drained(arn.to_owned(), ip, port));
        self.version += 1;
        true
    }

    pub(super) fn drained(&mut self, now: Duration, arn: &str, ip: Ipv4Addr, port: u16) {
        let Some(group) = self.state.target_groups.get_mut(arn) else { return };
        let over = |it: &Target| it.draining_until.is_some_and(|until| until <= now);
        if group.targets.get(&(ip, port)).is_some_and(over) {
            group.targets.remove(&(ip, port));
            self.version += 1;
        }
    }

    /// A node's health check came back.
    pub(super) fn checked(
        &mut self,
        now: Duration,
        node: Node,
        arn: &str,
        at: (Ipv4Addr, u16),
        outcome: CheckOutcome,
    ) {
        let outcome = self.faults.colour(now, &self.state, at.0, outcome);
        let Some(group) = self.state.target_groups.get_mut(arn) else { return };
        let (healthy, unhealthy) = (group.check.healthy, group.check.unhealthy);
        let associated = group.load_balancer.is_some();
        let Some(target) = group.targets.get_mut(&at) else { return };
        let Some(seen) = target.nodes.get_mut(node) else { return };
        if !associated || !seen.checked(outcome, healthy, unhealthy) {
            return;
        }
        let sick = target.health(true).state == "unhealthy";
        target.unhealthy_since = if sick { target.unhealthy_since.or(Some(now)) } else { None };
        self.version += 1;
        self.target_changed(now, at.0);
    }

    /// For callers that know the group to be there.
    pub fn target_states(&self, arn: &str) -> Result<Vec<(Ipv4Addr, u16, TargetHealth)>, ApiError> {
        let group = self.state.target_groups.get(arn).ok_or_else(not_found)?;
        let associated = group.load_balancer.is_some();
        Ok(group.targets.values().map(|it| (it.ip, it.port, it.health(associated))).collect())
    }
}
