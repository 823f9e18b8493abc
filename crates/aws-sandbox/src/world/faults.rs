//! Faults on demand: what may be asked for, and what is in force.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::dice::Dice;
use super::error::ApiError;
use super::params::Api;
use super::state::State;
use crate::seam::CheckOutcome;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Answer with a throttling error.
    Throttle,
    /// Answer with HTTP `status` (500), `code` and `message`.
    Error,
    AccessDenied,
    /// Deny iam:PassRole to calls that name a task definition with roles.
    PassRole,
    /// Close the connection before the effect.
    Drop,
    /// Let the effect happen, then close the connection without an answer.
    LostAnswer,
    /// Wait `seconds` (sandbox time) before the effect.
    Delay,
    /// Wait `when` ("before" or "after" the effect) until released or the connection is closed.
    Hold,
    /// Reads answer from the state as it was `seconds` ago.
    Stale,
    /// Reads do not find what was made less than `seconds` ago.
    Missing,
    /// ECS finds a target group's load balancer only `seconds` after the rule was made.
    NotAssociated,
    /// Rule changes take up to `seconds` to reach a node.
    Propagation,
    /// Health checks of matching targets fail with 503.
    Unhealthy,
    /// Tasks started from now on of a matching family, image or service never get healthy.
    NeverHealthy,
    /// Matching tasks are killed at once.
    Crash,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    #[default]
    Before,
    After,
}

/// A fault as asked for. Members left out match everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub kind: Kind,
    // Which calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// Only writes, or only reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<bool>,
    /// Access key id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// Only the n-th matching call since the fault was set, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// At most so many times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    // What happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default)]
    pub when: When,
    // Which tasks or targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<Ipv4Addr>,
    /// In force for so many sandbox seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<f64>,
}

#[derive(Debug)]
pub(super) struct Set {
    pub fault: Fault,
    pub ends: Option<Duration>,
    pub matched: u64,
    pub applied: u64,
    pub dice: Dice,
    /// Calls waiting here, and on which side of their effect.
    pub held: BTreeMap<u64, When>,
}

#[derive(Debug)]
pub struct Faults {
    pub(super) set: BTreeMap<u64, Set>,
    next: u64,
    seed: u64,
}

fn seconds(fault: &Fault) -> Duration {
    Duration::from_secs_f64(fault.seconds.unwrap_or(0.0).clamp(0.0, 1e9))
}

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self { set: BTreeMap::new(), next: 1, seed }
    }

    /// Puts a fault in force; its id.
    pub fn add(&mut self, now: Duration, mut fault: Fault) -> Result<u64, String> {
        if fault.probability.is_some_and(|it| !(0.0..=1.0).contains(&it)) {
            return Err("probability must be between 0 and 1".to_owned());
        }
        if fault.status.is_some_and(|status| !(400..=599).contains(&status)) {
            return Err("status must be between 400 and 599".to_owned());
        }
        let needs_seconds = [Kind::Delay, Kind::Stale, Kind::Missing, Kind::NotAssociated, Kind::Propagation];
        if needs_seconds.contains(&fault.kind) && fault.seconds.is_none() {
            return Err("this kind of fault needs seconds".to_owned());
        }
        if fault.kind == Kind::Hold && fault.call.is_none() {
            fault.count = fault.count.or(Some(1));
        }
        let id = self.next;
        self.next += 1;
        let ends = fault.lasts.map(|lasts| now + Duration::from_secs_f64(lasts.clamp(0.0, 1e9)));
        let dice = Dice::new(self.seed ^ id.wrapping_mul(0x9E37_79B9));
        self.set.insert(id, Set { fault, ends, matched: 0, applied: 0, dice, held: BTreeMap::new() });
        Ok(id)
    }

    /// Takes a fault out of force; calls held by it go on.
    pub fn remove(&mut self, id: u64) -> bool {
        self.set.remove(&id).is_some()
    }

    pub fn clear(&mut self) {
        self.set.clear();
    }

    /// Lets the calls held by a fault go on.
    pub fn release(&mut self, id: u64) -> bool {
        self.set.get_mut(&id).map(|set| set.held.clear()).is_some()
    }

    pub fn hold(&mut self, id: u64, call: u64, when: When) {
        if let Some(set) = self.set.get_mut(&id) {
            set.held.insert(call, when);
        }
    }

    /// A held call's connection was closed.
    pub fn let_go(&mut self, id: u64, call: u64) {
        if let Some(set) = self.set.get_mut(&id) {
            set.held.remove(&call);
        }
    }

    pub fn is_held(&self, id: u64, call: u64) -> bool {
        self.set.get(&id).is_some_and(|set| set.held.contains_key(&call))
    }

    pub fn json(&self) -> Value {
        let faults: Vec<Value> = self
            .set
            .iter()
            .map(|(id, set)| {
                let held: Vec<Value> =
                    set.held.iter().map(|(call, when)| json!({"call": call, "when": when})).collect();
                json!({
                    "id": id, "fault": set.fault, "matched": set.matched, "applied": set.applied, "held": held,
                })
            })
            .collect();
        json!({"faults": faults})
    }

    pub(super) fn expire(&mut self, now: Duration) {
        self.set.retain(|_, set| set.ends.is_none_or(|ends| ends > now));
    }

    pub(super) fn next_wakeup(&self) -> Option<Duration> {
        self.set.values().filter_map(|set| set.ends).min()
    }

    fn in_force(&self, now: Duration, kind: Kind) -> impl Iterator<Item = &Set> {
        self.set.values().filter(move |set| set.fault.kind == kind && set.ends.is_none_or(|ends| ends > now))
    }

    pub(super) fn propagation(&self, now: Duration) -> Option<Duration> {
        self.in_force(now, Kind::Propagation).map(|set| seconds(&set.fault)).last()
    }

    pub(super) fn association_delay(&self, now: Duration) -> Duration {
        self.in_force(now, Kind::NotAssociated).map(|set| seconds(&set.fault)).max().unwrap_or_default()
    }

    /// How far back stale reads may go; `None` if there are none.
    pub(super) fn stale_depth(&self) -> Option<Duration> {
        let stale = self.set.values().filter(|set| set.fault.kind == Kind::Stale);
        stale.map(|set| seconds(&set.fault)).max()
    }

    pub(super) fn check_pass_role(
        &mut self,
        now: Duration,
        operation: &str,
        roles: &[String],
    ) -> Result<(), ApiError> {
        let Some(role) = roles.first() else { return Ok(()) };
        for set in self.set.values_mut() {
            let fault = &set.fault;
            let over = set.ends.is_some_and(|ends| ends <= now);
            let named = fault.operations.is_empty() || fault.operations.iter().any(|it| it == operation);
            if fault.kind != Kind::PassRole || over || !named {
                continue;
            }
            set.matched += 1;
            if fault.count.is_some_and(|count| set.applied >= count) {
                continue;
            }
            set.applied += 1;
            let text = format!(
                "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: iam:PassRole on resource: {role} because no identity-based policy allows the iam:PassRole action"
            );
            return Err(ApiError::new("AccessDeniedException", text));
        }
        Ok(())
    }

    pub(super) fn never_healthy(&self, family: &str, image: &str, service: &str) -> bool {
        let mut sick = self.set.values().filter(|set| set.fault.kind == Kind::NeverHealthy);
        sick.any(|Set { fault, .. }| {
            fault.family.as_ref().is_none_or(|it| it == family)
                && fault.image.as_ref().is_none_or(|it| it == image)
                && fault.service.as_ref().is_none_or(|it| it == service)
        })
    }

    /// A health check's outcome, as faults would have it.
    pub(super) fn colour(
        &self,
        now: Duration,
        state: &State,
        ip: Ipv4Addr,
        outcome: CheckOutcome,
    ) -> CheckOutcome {
        for Set { fault, .. } in self.in_force(now, Kind::Unhealthy) {
            let task = || state.tasks.values().find(|task| task.ip == ip && task.stopped.is_none());
            let matches = fault.ip.is_none_or(|it| it == ip)
                && fault
                    .task
                    .as_ref()
                    .is_none_or(|id| task().is_some_and(|task| task.id == *id || task.arn == *id))
                && fault
                    .service
                    .as_ref()
                    .is_none_or(|name| task().is_some_and(|task| task.service_name == *name));
            if matches {
                return CheckOutcome::Mismatch(503);
            }
        }
        outcome
    }

    /// The tasks a crash is meant for.
    pub fn victims(state: &State, fault: &Fault) -> Vec<String> {
        let alive = state.tasks.values().filter(|task| task.stopped.is_none());
        let chosen = alive.filter(|task| {
            fault.task.as_ref().is_none_or(|id| task.id == *id || task.arn == *id)
                && fault.service.as_ref().is_none_or(|name| task.service_name == *name)
                && fault.ip.is_none_or(|ip| task.ip == ip)
                && fault.family.as_ref().is_none_or(|family| {
                    state
                        .task_definitions
                        .get(&task.revision.task_definition)
                        .is_some_and(|it| it.family == *family)
                })
        });
        let most = fault.count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
        chosen.take(most).map(|task| task.id.clone()).collect()
    }
}
