//! The faults in force: set, released, ended, and asked whether they are for something.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};

use super::fault::{Calls, Effect, Fault, Shortage, When};
use crate::dice::Dice;
use crate::seam::CheckOutcome;

#[derive(Debug)]
pub struct Faults {
    pub(super) set: BTreeMap<u64, Set>,
    next: u64,
    seed: u64,
}

#[derive(Debug)]
pub(super) struct Set {
    pub fault: Fault,
    ends: Option<Duration>,
    matched: u64,
    applied: u64,
    dice: Dice,
    /// Calls waiting here, and on which side of their effect.
    held: BTreeMap<u64, When>,
}

impl Set {
    /// Counts one more match; whether the fault is for it.
    pub(super) fn applies(&mut self) -> bool {
        self.matched += 1;
        let none = Calls::default();
        let calls = self.fault.effect.calls().unwrap_or(&none);
        let right = calls.call.is_none_or(|call| call == self.matched)
            && calls.count.is_none_or(|count| self.applied < count)
            && calls.probability.is_none_or(|chance| self.dice.fraction() < chance.into());
        self.applied += u64::from(right);
        right
    }
}

/// A task, as faults tell tasks apart.
pub struct Suspect<'a> {
    pub id: &'a str,
    pub arn: &'a str,
    pub service: &'a str,
    pub family: &'a str,
    pub image: &'a str,
    pub ip: Ipv4Addr,
}

fn is(wanted: &Option<String>, text: &str) -> bool {
    wanted.as_ref().is_none_or(|it| it == text)
}

impl Suspect<'_> {
    fn is_task(&self, wanted: &Option<String>) -> bool {
        wanted.as_ref().is_none_or(|it| it == self.id || it == self.arn)
    }

    /// Whether a crash is meant for it.
    pub fn may_crash(&self, effect: &Effect) -> bool {
        match effect {
            Effect::Crash { task, service, family, ip, .. } => {
                self.is_task(task)
                    && is(service, self.service)
                    && is(family, self.family)
                    && ip.is_none_or(|ip| ip == self.ip)
            }
            _ => false,
        }
    }
}

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self { set: BTreeMap::new(), next: 1, seed }
    }

    /// Puts a fault in force; its id.
    pub fn add(&mut self, now: Duration, mut fault: Fault) -> u64 {
        if let Effect::Hold { calls, .. } = &mut fault.effect
            && calls.call.is_none()
        {
            calls.count = calls.count.or(Some(1));
        }
        let id = self.next;
        self.next += 1;
        let ends = fault.lasts.map(|lasts| now + lasts.duration());
        let dice = Dice::new(self.seed ^ id.wrapping_mul(0x9E37_79B9));
        self.set.insert(id, Set { fault, ends, matched: 0, applied: 0, dice, held: BTreeMap::new() });
        id
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
        let faults = self.set.iter().map(|(id, set)| {
            let held: Vec<Value> =
                set.held.iter().map(|(call, when)| json!({"call": call, "when": when})).collect();
            json!({"id": id, "fault": set.fault, "matched": set.matched, "applied": set.applied, "held": held})
        });
        json!({"faults": faults.collect::<Vec<_>>()})
    }

    pub fn expire(&mut self, now: Duration) {
        self.set.retain(|_, set| set.ends.is_none_or(|ends| ends > now));
    }

    pub fn next_wakeup(&self) -> Option<Duration> {
        self.set.values().filter_map(|set| set.ends).min()
    }

    fn effects(&self, now: Duration) -> impl Iterator<Item = &Effect> {
        self.set
            .values()
            .filter(move |set| set.ends.is_none_or(|ends| ends > now))
            .map(|set| &set.fault.effect)
    }

    pub fn propagation(&self, now: Duration) -> Option<Duration> {
        let bounds = self.effects(now).filter_map(|effect| match effect {
            Effect::Propagation { seconds } => Some(seconds.duration()),
            _ => None,
        });
        bounds.last()
    }

    pub fn association_delay(&self, now: Duration) -> Duration {
        let delays = self.effects(now).filter_map(|effect| match effect {
            Effect::NotAssociated { seconds } => Some(seconds.duration()),
            _ => None,
        });
        delays.max().unwrap_or_default()
    }

    /// How far back stale reads may go; `None` if there are none.
    pub fn stale_depth(&self) -> Option<Duration> {
        let depths = self.effects(Duration::ZERO).filter_map(|effect| match effect {
            Effect::Stale { seconds, .. } => Some(seconds.duration()),
            _ => None,
        });
        depths.max()
    }

    /// Whether this call is denied iam:PassRole; counts it.
    pub fn denies_pass_role(&mut self, now: Duration, operation: &str) -> bool {
        for set in self.set.values_mut().filter(|set| set.ends.is_none_or(|ends| ends > now)) {
            let Effect::PassRole { operations, count } = &set.fault.effect else { continue };
            if !operations.is_empty() && !operations.iter().any(|it| it == operation) {
                continue;
            }
            set.matched += 1;
            if count.is_none_or(|count| set.applied < count) {
                set.applied += 1;
                return true;
            }
        }
        false
    }

    /// Why a service gets no place for a task, if it gets none.
    pub fn no_place(&self, now: Duration, name: &str) -> Option<Shortage> {
        self.effects(now).find_map(|effect| match effect {
            Effect::NoPlace { reason, service } if is(service, name) => Some(*reason),
            _ => None,
        })
    }

    pub fn never_healthy(&self, suspect: &Suspect) -> bool {
        self.effects(Duration::ZERO).any(|effect| match effect {
            Effect::NeverHealthy { family, image, service } => {
                is(family, suspect.family) && is(image, suspect.image) && is(service, suspect.service)
            }
            _ => false,
        })
    }

    /// A health check's outcome, as faults would have it. `suspect` is the task at that address, if there is one.
    pub fn colour(
        &self,
        now: Duration,
        ip: Ipv4Addr,
        suspect: Option<&Suspect>,
        outcome: CheckOutcome,
    ) -> CheckOutcome {
        let sick = self.effects(now).any(|effect| match effect {
            Effect::Unhealthy { ip: wanted, task, service } => {
                wanted.is_none_or(|it| it == ip)
                    && suspect.map_or(task.is_none() && service.is_none(), |it| {
                        it.is_task(task) && is(service, it.service)
                    })
            }
            _ => false,
        });
        if sick { CheckOutcome::Mismatch(503) } else { outcome }
    }
}
