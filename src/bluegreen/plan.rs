//! What to do next, and the whole story of it. Pure: the same facts, layout and evidence give the same steps.

use super::audience;
use super::effect;
use super::evidence::Evidence;
use super::layout::{Layout, same_task_definition};
use super::observed::{Observed, Rollout, ServiceStatus};
use super::routing::{Rule, Sends};
use super::side::Side;
use super::step::{Object, Step};

/// No story is longer; a planner that would write one is wrong, and stops here.
const LONGEST_STORY: usize = 100;

/// Every step from `observed` to `layout`, as it goes when all goes well.
pub fn story(observed: &Observed, layout: &Layout) -> Vec<Step> {
    unfold(observed, |facts, evidence| next(facts, layout, evidence), layout)
}

/// Every step to nothing at all.
pub fn farewell(observed: &Observed, layout: &Layout) -> Vec<Step> {
    unfold(observed, |facts, evidence| next_farewell(facts, layout, evidence), layout)
}

fn unfold(
    observed: &Observed,
    next: impl Fn(&Observed, &Evidence) -> Option<Step>,
    layout: &Layout,
) -> Vec<Step> {
    let mut facts = observed.clone();
    let mut evidence = Evidence::default();
    let mut steps = Vec::new();
    while steps.len() < LONGEST_STORY {
        let Some(step) = next(&facts, &evidence) else { break };
        effect::apply(&step, layout, &mut facts, &mut evidence);
        steps.push(step);
    }
    steps
}

/// The one order for every direction: start, prove, switch, settle, stop.
pub fn next(observed: &Observed, layout: &Layout, evidence: &Evidence) -> Option<Step> {
    let look = Look { observed, layout, evidence };
    look.groups()
        .or_else(|| look.production_rule())
        .or_else(|| look.services())
        .or_else(|| look.switches())
        .or_else(|| look.stop())
        .or_else(|| look.tags())
        .or_else(|| look.prove_the_rest())
}

/// Rules, then services, then groups: nobody is ever sent to what is being taken away.
pub fn next_farewell(observed: &Observed, layout: &Layout, evidence: &Evidence) -> Option<Step> {
    if let Some(rule) = observed.canary.first() {
        return Some(Step::CloseCanary { id: rule.id.clone(), priority: rule.priority });
    }
    if let Some(rule) = &observed.test {
        return Some(Step::CloseTest { id: rule.id.clone() });
    }
    if let Some(rule) = &observed.production {
        return Some(Step::DeleteProduction { id: rule.id.clone() });
    }
    if let Some(rule) = &observed.parking {
        return Some(Step::Unpark { id: rule.id.clone() });
    }
    let running = Side::BOTH.into_iter().any(|side| observed.desired(side) > 0);
    if running && !evidence.settled {
        return Some(Step::Hold { time: layout.settle_time });
    }
    let with_status = |status| {
        Side::BOTH
            .into_iter()
            .find(|side| observed.service(*side).is_some_and(|service| service.status == status))
    };
    if let Some(side) = with_status(ServiceStatus::Active) {
        return Some(Step::DeleteService { side });
    }
    if let Some(side) = with_status(ServiceStatus::Draining) {
        return Some(Step::AwaitGone { side });
    }
    let side = Side::BOTH.into_iter().find(|side| observed.sides[*side].group.is_some())?;
    Some(Step::DeleteGroup { side })
}

struct Look<'a> {
    observed: &'a Observed,
    layout: &'a Layout,
    evidence: &'a Evidence,
}

impl Look<'_> {
    /// The receiver first, so that what people wait for starts first.
    fn order(&self) -> [Side; 2] {
        [self.layout.public, self.layout.public.other()]
    }

    fn proved(&self, side: Side, need: u32) -> bool {
        self.evidence.proves(self.observed, self.layout, side, need)
    }

    fn groups(&self) -> Option<Step> {
        self.order().into_iter().find_map(|side| match &self.observed.sides[side].group {
            None => Some(Step::CreateGroup { side }),
            Some(group) => {
                let wished = &self.layout.group;
                let same = group.settings.health_check == wished.health_check
                    && group.settings.attributes == wished.attributes;
                (!same).then_some(Step::ConfigureGroup { side })
            }
        })
    }

    /// The production rule exists and keeps both groups attached.
    fn production_rule(&self) -> Option<Step> {
        let Some(rule) = &self.observed.production else { return Some(Step::CreateProduction) };
        let attached = rule.sends.attaches_both() || self.observed.parking.is_some();
        if attached || self.in_place(rule) {
            return None;
        }
        Some(match &rule.sends {
            Sends::Forward(forward) if forward.foreign.len() <= 3 => Step::Attach,
            _ => Step::Park,
        })
    }

    /// The public is already where it should be, so writing the rule anew moves nobody.
    fn in_place(&self, rule: &Rule) -> bool {
        !rule.matches.parked() && rule.sends.all_to(self.layout.public)
    }

    fn services(&self) -> Option<Step> {
        self.order().into_iter().find_map(|side| {
            let count = self.layout.sides[side].count;
            match self.observed.service(side) {
                None => Some(Step::CreateService { side, count }),
                Some(service) if service.status == ServiceStatus::Draining => Some(Step::AwaitGone { side }),
                Some(_) => self.service(side),
            }
        })
    }

    fn service(&self, side: Side) -> Option<Step> {
        let service = self.observed.service(side)?;
        let wish = &self.layout.sides[side];
        let other_tasks = !same_task_definition(&service.task_definition, &wish.task_definition)
            || service.settings.replaces_tasks(&self.layout.service);
        let failed = matches!(service.rollout, Rollout::Failed(_)) && wish.count > 0;
        let sent = self.evidence.deployed[side];
        if service.desired == 0 && wish.count > 0 && !sent {
            return Some(Step::Start { side, to: wish.count });
        }
        // A side that is being left, or is larger than wished, is first left and lowered, then changed.
        let left = self.observed.public() == Some(side) && self.layout.public != side;
        let larger = service.desired > wish.count && self.layout.need_of(side) == 0;
        if (other_tasks || failed) && !sent && !left && !larger {
            return Some(Step::Deploy { side, count: service.desired });
        }
        if service.desired < wish.count {
            return Some(Step::Raise { side, from: service.desired, to: wish.count });
        }
        let settings =
            service.settings != self.layout.service && !service.settings.replaces_tasks(&self.layout.service);
        settings.then_some(Step::Configure { side })
    }

    fn switches(&self) -> Option<Step> {
        if let Some(to) = self.priorities() {
            return Some(Step::SetPriorities { to });
        }
        let production = self.observed.production.as_ref()?;
        let public = self.layout.public;
        let public_right =
            production.sends.is_both(public) && production.matches == self.layout.production_matches;
        // A canary opens before production moves, unless its receiver is not ready: the public never waits for it.
        if let Some(canary) = &self.layout.canary {
            let change = self.canary_change();
            if change.is_some() && self.proved(canary.side, self.layout.sides[canary.side].count) {
                return change;
            }
            if change.is_some() && public_right {
                return Some(Step::Await { side: canary.side, need: self.layout.sides[canary.side].count });
            }
        }
        if !public_right {
            return Some(if self.in_place(production) || self.proved(public, self.layout.need) {
                Step::Route { to: public }
            } else {
                Step::Await { side: public, need: self.layout.need }
            });
        }
        if let Some(rule) = &self.observed.parking {
            return Some(Step::Unpark { id: rule.id.clone() });
        }
        self.canary_closing().or_else(|| self.test_rule())
    }

    /// The priorities our rules are to be given, when any is out of place.
    fn priorities(&self) -> Option<Vec<(String, u32)>> {
        let production = self.observed.production.as_ref()?;
        let canary = &self.observed.canary;
        let slots = self.canary_slots(canary.len());
        let misplaced = self.layout.canary.is_some()
            && self.canary_closing().is_none()
            && canary.iter().any(|rule| !slots.contains(&rule.priority));
        let mut to = Vec::new();
        if production.priority != self.layout.production_priority || misplaced {
            to.push((production.id.clone(), self.layout.production_priority));
            to.extend(canary.iter().zip(slots).map(|(rule, slot)| (rule.id.clone(), slot)));
        } else if let (Some(rule), Some(test)) = (&self.observed.test, &self.layout.test)
            && rule.priority != test.priority
        {
            to.push((rule.id.clone(), test.priority));
        }
        (!to.is_empty()).then_some(to)
    }

    /// `canary_priority` and the free numbers below it.
    fn canary_slots(&self, count: usize) -> Vec<u32> {
        let first = self.layout.canary_priority;
        let free =
            |slot: &u32| *slot == first || !self.observed.neighbours.iter().any(|n| n.priority == *slot);
        (1..=first).rev().filter(free).take(count).collect()
    }

    /// The next canary rule to open or change.
    fn canary_change(&self) -> Option<Step> {
        let canary = self.layout.canary.as_ref()?;
        let existing = &self.observed.canary;
        let held: Vec<_> = existing.iter().map(|rule| rule.matches.sources.clone()).collect();
        let spread = audience::spread(&canary.sources, canary.capacity, &held);
        let opening = spread.get(existing.len()).map(|sources| {
            let taken: Vec<u32> = existing.iter().map(|rule| rule.priority).collect();
            let slots = self.canary_slots(spread.len() + existing.len());
            let priority =
                slots.into_iter().find(|slot| !taken.contains(slot)).unwrap_or(self.layout.canary_priority);
            Step::OpenCanary { side: canary.side, priority, sources: sources.clone() }
        });
        let change = |(rule, sources): (&Rule, &std::collections::BTreeSet<ipnet::IpNet>)| {
            let right = rule.sends.is_single(canary.side)
                && rule.matches == self.layout.canary_matches(sources.clone());
            (!sources.is_empty() && !right).then(|| Step::ChangeCanary {
                id: rule.id.clone(),
                side: canary.side,
                priority: rule.priority,
                sources: sources.clone(),
            })
        };
        // Opened first, so that a block that moves from a full rule to a new one is never in neither.
        opening.or_else(|| existing.iter().zip(&spread).find_map(change))
    }

    /// The next canary rule nobody wishes for.
    fn canary_closing(&self) -> Option<Step> {
        let existing = &self.observed.canary;
        let unwanted = match &self.layout.canary {
            None => existing.first(),
            Some(canary) => {
                let held: Vec<_> = existing.iter().map(|rule| rule.matches.sources.clone()).collect();
                let spread = audience::spread(&canary.sources, canary.capacity, &held);
                existing.iter().zip(spread).find(|(_, sources)| sources.is_empty()).map(|(rule, _)| rule)
            }
        };
        unwanted.map(|rule| Step::CloseCanary { id: rule.id.clone(), priority: rule.priority })
    }

    fn test_rule(&self) -> Option<Step> {
        let close = |rule: &Rule| Step::CloseTest { id: rule.id.clone() };
        match (&self.layout.test, &self.observed.test) {
            (None, rule) => rule.as_ref().map(close),
            (Some(test), Some(rule)) if !test.open || !rule.on_listener(&test.listener) => Some(close(rule)),
            (Some(test), None) if !test.open => None,
            (Some(test), rule) => {
                let ready = self.proved(test.side, self.layout.sides[test.side].count.min(1));
                match rule {
                    None if ready => Some(Step::OpenTest { side: test.side }),
                    None => None,
                    Some(rule) if rule.sends.is_single(test.side) && rule.matches == test.matches => None,
                    Some(rule) if ready => Some(Step::ChangeTest { id: rule.id.clone(), side: test.side }),
                    Some(_) => None,
                }
            }
        }
    }

    /// Settle, then lower what is larger than wished. Spare tasks are kept while production is not well.
    fn stop(&self) -> Option<Step> {
        let public = self.layout.public;
        let lowered = |side: Side| {
            let (from, to) = (self.observed.desired(side), self.layout.sides[side].count);
            (from > to).then_some(Step::Lower { side, from, to })
        };
        let left_behind = lowered(public.other());
        let moved = self.evidence.moved_from.is_some();
        if (left_behind.is_some() || moved) && !self.evidence.settled {
            return Some(Step::Hold { time: self.layout.settle_time });
        }
        if left_behind.is_some() && !self.proved(public, self.layout.need) {
            return Some(Step::Await { side: public, need: self.layout.need });
        }
        left_behind.or_else(|| lowered(public))
    }

    /// Tasks given in this run, or by a run that was cut short, are waited for before it is called done.
    fn prove_the_rest(&self) -> Option<Step> {
        let waiting = self.order().into_iter().find_map(|side| {
            let need = self.layout.sides[side].count;
            let rolling = self.observed.service(side).is_some_and(|s| s.rollout != Rollout::Completed);
            let wait = need > 0 && (rolling || self.evidence.raised[side]) && !self.proved(side, need);
            wait.then_some(Step::Await { side, need })
        });
        let test = self.layout.test.as_ref().filter(|test| test.open && self.observed.test.is_none());
        waiting.or_else(|| {
            test.map(|test| Step::Await { side: test.side, need: self.layout.sides[test.side].count })
        })
    }

    fn tags(&self) -> Option<Step> {
        let roles = [
            (self.observed.production.as_slice(), "production"),
            (self.observed.canary.as_slice(), "canary"),
            (self.observed.test.as_slice(), "test"),
        ];
        let rules = roles.into_iter().flat_map(|(rules, role)| rules.iter().map(move |rule| (rule, role)));
        let untagged_rule = rules
            .filter(|(rule, role)| rule.tags != self.layout.tags_for(role))
            .map(|(rule, role)| Object::Rule(rule.id.clone(), role))
            .next();
        let untagged = |side: Side| {
            let wished = self.layout.tags_for(side.name());
            let standing = &self.observed.sides[side];
            let service =
                standing.service.as_ref().filter(|s| s.tags != wished).map(|_| Object::Service(side));
            service
                .or_else(|| standing.group.as_ref().filter(|g| g.tags != wished).map(|_| Object::Group(side)))
        };
        let object = untagged_rule.or_else(|| self.order().into_iter().find_map(untagged))?;
        Some(Step::Tag { object })
    }
}
