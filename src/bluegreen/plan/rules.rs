//! Which rule to make, change or delete next. The order here is the order in which callers are moved.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::Look;
use crate::bluegreen::gate::Gate;
use crate::bluegreen::layout::TestWish;
use crate::bluegreen::routing::{Neighbour, Role, Rule, RuleWish, Sends};
use crate::bluegreen::side::Side;
use crate::bluegreen::step::{Step, Why};

/// A rule has five target groups at most, two of them ours.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>
const MOST_FOREIGN_GROUPS: usize = 3;

/// The step that takes `rule` away.
pub(super) fn delete(rule: &Rule) -> Step {
    Step::DeleteRule { id: rule.id.clone(), role: rule.role, priority: rule.priority }
}

/// The step that makes `rule` what it is to be, where it is not. Its priority is put right by reordering.
///
/// What it carries goes into the same atomic change, so that nobody gets past a login in between.
pub(super) fn change(rule: &Rule, to: RuleWish, why: Why, renew: bool) -> Option<Step> {
    let same = match to.role {
        Role::Canary | Role::Test => to.sends.only().is_some_and(|side| rule.sends.is_single(side)),
        Role::Production | Role::Parking => to.sends.only().is_some_and(|side| rule.sends.is_both(side)),
    };
    let same = same && !renew && rule.matches == to.matches && rule.carried == to.carried;
    (!same).then(|| Step::ChangeRule { id: rule.id.clone(), to, why })
}

impl Look<'_> {
    /// The production rule exists and keeps both groups attached: without that, ECS refuses a service and its
    /// targets are never health-checked.
    pub(super) fn attachment(&self) -> Option<Step> {
        let Some(rule) = self.production.or_else(|| self.old()) else {
            let priority = self.layout.production_priority;
            return Some(Step::CreateRule(self.layout.parked_rule(Role::Production, priority)));
        };
        if rule.sends.attaches_both() || self.observed.parking().is_some() {
            return None;
        }
        Some(match &rule.sends {
            Sends::Forward(forward) if forward.foreign.len() <= MOST_FOREIGN_GROUPS => {
                let wish = self.layout.production_at(rule, self.layout.public);
                let (matches, carried) = (rule.matches.clone(), rule.carried.clone());
                let to = RuleWish { matches, carried, sends: rule.sends.attached(), ..wish };
                Step::ChangeRule { id: rule.id.clone(), to, why: Why::Attach }
            }
            _ => Step::CreateRule(self.layout.parked_rule(Role::Parking, self.parking_priority())),
        })
    }

    /// Others' rules on the wished listener, as far as it was looked at.
    fn neighbours(&self) -> impl Iterator<Item = &Neighbour> {
        self.observed.others().filter(|other| other.on_listener(&self.layout.listener))
    }

    /// The first number after the production rule's that nobody has.
    fn parking_priority(&self) -> u32 {
        let ours = self.observed.rules.iter().map(|rule| rule.priority);
        let taken: BTreeSet<u32> = self.neighbours().map(|n| n.priority).chain(ours).collect();
        let mut numbers = self.layout.production_priority.saturating_add(1)..=LAST_PRIORITY;
        numbers.find(|number| !taken.contains(number)).unwrap_or(LAST_PRIORITY)
    }

    /// The public is already where it should be, so writing the rule anew moves nobody.
    fn in_place(&self, rule: &Rule) -> bool {
        !rule.matches.parked() && rule.sends.all_to(self.layout.public)
    }

    pub(super) fn switches(&self) -> Option<Step> {
        if let Some(to) = self.priorities() {
            return Some(Step::Reorder { to });
        }
        if let Some(step) = self.moving() {
            return Some(step);
        }
        let production = self.production?;
        let public = self.layout.public;
        let wish = self.layout.production_rule(public);
        let route = change(production, wish, Why::Send, self.renew(production));
        // A canary opens before production moves, unless its receiver is not ready: the public never waits for it.
        if let Some(canary) = &self.layout.canary
            && let Some(step) = self.canary_change(canary.side, &self.spread)
        {
            let need = self.layout.sides[canary.side].least();
            if self.proved(canary.side, need) {
                return Some(step);
            }
            if route.is_none() {
                return Some(Step::Await(Gate::Healthy { side: canary.side, need }));
            }
        }
        if route.is_some() {
            let need = self.layout.need;
            let ready = self.in_place(production) || self.proved(public, need);
            return if ready { route } else { Some(Step::Await(Gate::Healthy { side: public, need })) };
        }
        let parking = self.observed.parking().map(delete);
        parking.or_else(|| self.canary_closing().map(delete)).or_else(|| self.test_rule())
    }

    /// There is a secret for the rule's login that this run has not sent yet.
    pub(super) fn renew(&self, rule: &Rule) -> bool {
        self.layout.renews(&self.layout.carried) && !self.evidence.written.contains(&rule.id)
    }

    /// The priorities our rules are to be given, when any is out of place.
    fn priorities(&self) -> Option<Vec<(String, u32)>> {
        let production = self.production?;
        let slots = self.canary_slots(self.canary.len());
        let misplaced = self.layout.canary.is_some()
            && self.canary_closing().is_none()
            && self.canary.iter().any(|rule| !slots.contains(&rule.priority));
        let mut to = Vec::new();
        if production.priority != self.layout.production_priority || misplaced {
            to.push((production.id.clone(), self.layout.production_priority));
            to.extend(self.canary.iter().zip(slots).map(|(rule, slot)| (rule.id.clone(), slot)));
        } else if let Some(test) = &self.layout.test
            && let Some(rule) = self.test_on(&test.listener)
            && rule.priority != test.priority
        {
            to.push((rule.id.clone(), test.priority));
        }
        (!to.is_empty()).then_some(to)
    }

    /// `canary_priority` and the free numbers below it.
    fn canary_slots(&self, count: usize) -> Vec<u32> {
        let first = self.layout.canary_priority;
        let free = |slot: &u32| *slot == first || !self.neighbours().any(|n| n.priority == *slot);
        (1..=first).rev().filter(free).take(count).collect()
    }

    /// The next canary rule to open or change.
    pub(super) fn canary_change(&self, side: Side, spread: &[BTreeSet<IpNet>]) -> Option<Step> {
        // Opened first, so that a block that moves from a full rule to a new one is never in neither.
        if let Some(sources) = spread.get(self.canary.len()) {
            let taken: Vec<u32> = self.canary.iter().map(|rule| rule.priority).collect();
            let slots = self.canary_slots(spread.len() + self.canary.len());
            let free = slots.into_iter().find(|slot| !taken.contains(slot));
            let priority = free.unwrap_or(self.layout.canary_priority);
            let wish = self.layout.canary_rule(side, priority, sources.clone());
            return Some(Step::CreateRule(wish));
        }
        let wished = self.canary.iter().copied().zip(spread).filter(|(_, sources)| !sources.is_empty());
        wished.into_iter().find_map(|(rule, sources)| {
            let wish = self.layout.canary_rule(side, rule.priority, sources.clone());
            change(rule, wish, Why::Send, self.renew(rule))
        })
    }

    /// The next canary rule nobody wishes for.
    fn canary_closing(&self) -> Option<&Rule> {
        self.canary.iter().zip(&self.spread).find(|(_, sources)| sources.is_empty()).map(|(rule, _)| *rule)
    }

    pub(super) fn test_on(&self, listener: &str) -> Option<&Rule> {
        self.observed.with_role(Role::Test).find(|rule| rule.on_listener(listener))
    }

    fn test_rule(&self) -> Option<Step> {
        let test = self.layout.test.as_ref().filter(|test| test.open);
        let Some(test) = test else { return self.observed.test().map(delete) };
        let standing = self.test_on(&test.listener);
        let old = self.observed.with_role(Role::Test).find(|rule| self.layout.leaves(rule));
        if let (Some(rule), Some(old)) = (standing, old)
            && self.made_test(rule, test).is_none()
        {
            let settled = self.evidence.settled(self.observed, self.layout);
            return Some(if settled { delete(old) } else { Step::Await(self.layout.settle()) });
        }
        if !self.proved(test.side, self.layout.sides[test.side].least().min(1)) {
            return None;
        }
        match standing {
            None => Some(Step::CreateRule(self.layout.test_rule(test))),
            Some(rule) => self.made_test(rule, test),
        }
    }

    fn made_test(&self, rule: &Rule, test: &TestWish) -> Option<Step> {
        change(rule, self.layout.test_rule(test), Why::Send, self.renew(rule))
    }
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html>
const LAST_PRIORITY: u32 = 50_000;
