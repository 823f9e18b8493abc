//! What a step does to the facts when all goes well: how a story is told before anything has happened.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use super::layout::Layout;
use super::observed::{Group, Observed, Rollout, Service, ServiceStatus};
use super::routing::{Forward, Matches, Rule, Sends};
use super::side::{Pair, Side};
use super::step::{Object, Step};

pub fn apply(step: &Step, layout: &Layout, facts: &mut Observed, evidence: &mut Evidence) {
    let rule = |id: String, priority, matches: Matches, sends, role| Rule {
        id,
        priority,
        matches,
        sends,
        tags: layout.tags_for(role),
        ours: true,
    };
    if step.routes() {
        evidence.settled = false;
    }
    match step {
        Step::CreateGroup { side } => {
            facts.sides[*side].group = Some(Group {
                id: format!("the {side} target group"),
                settings: layout.group.clone(),
                tags: layout.tags_for(side.name()),
                ours: true,
                sticky: false,
                targets: Vec::new(),
            });
        }
        Step::ConfigureGroup { side } => {
            if let Some(group) = &mut facts.sides[*side].group {
                group.settings.health_check = layout.group.health_check.clone();
                group.settings.attributes = layout.group.attributes.clone();
            }
        }
        Step::CreateProduction => {
            facts.production = Some(rule(
                "the production rule".to_owned(),
                layout.production_priority,
                layout.parked_matches(),
                Sends::both(layout.public),
                "production",
            ));
        }
        Step::Attach => {
            if let Some(rule) = &mut facts.production {
                rule.sends = attached(&rule.sends);
            }
        }
        Step::Park => {
            let sends = Sends::both(layout.public);
            facts.parking =
                Some(rule("the parked rule".to_owned(), u32::MAX, layout.parked_matches(), sends, "parking"));
        }
        Step::Unpark { .. } => facts.parking = None,
        Step::CreateService { side, count } => {
            facts.sides[*side].service = Some(Service {
                id: format!("the {side} service"),
                status: ServiceStatus::Active,
                desired: *count,
                running: 0,
                task_definition: layout.sides[*side].task_definition.clone(),
                rollout: rollout(*count),
                settings: layout.service.clone(),
                tags: layout.tags_for(side.name()),
                ours: true,
                tasks: BTreeSet::new(),
                remarks: Vec::new(),
            });
            deployed(evidence, *side, *count);
        }
        Step::Start { side, to } => {
            with_service(facts, *side, |service| {
                service.desired = *to;
                deploy(service, layout, *side, *to);
            });
            deployed(evidence, *side, *to);
        }
        Step::Deploy { side, count } => {
            with_service(facts, *side, |service| deploy(service, layout, *side, *count));
            deployed(evidence, *side, *count);
        }
        Step::Raise { side, to, .. } => {
            with_service(facts, *side, |service| service.desired = *to);
            evidence.raised[*side] = true;
            evidence.steady[*side] = 0;
        }
        Step::Configure { side } => with_service(facts, *side, |s| s.settings = layout.service.clone()),
        Step::Await { side, .. } => {
            with_service(facts, *side, |service| service.rollout = Rollout::Completed);
            // The time that proves one side proves the other too, if it stands.
            for side in Side::BOTH {
                let standing = facts.sides[side].service.as_mut().filter(|s| s.rollout == Rollout::Completed);
                if let Some(service) = standing {
                    service.running = service.desired;
                    evidence.steady[side] = service.desired;
                }
            }
        }
        Step::AwaitGone { side } => facts.sides[*side].service = None,
        Step::Route { to } | Step::Return { to } => {
            let from = facts.public().filter(|from| from != to);
            evidence.moved_from =
                if matches!(step, Step::Route { .. }) { from.or(evidence.moved_from) } else { None };
            if let Some(rule) = &mut facts.production {
                rule.matches = layout.production_matches.clone();
                rule.sends = Sends::both(*to);
            }
        }
        Step::OpenCanary { side, priority, sources } => {
            let matches = layout.canary_matches(sources.clone());
            let id = format!("the canary rule {priority}");
            facts.canary.push(rule(id, *priority, matches, Sends::single(*side), "canary"));
            facts.canary.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
        }
        Step::ChangeCanary { id, side, sources, .. } => {
            if let Some(rule) = facts.canary.iter_mut().find(|rule| rule.id == *id) {
                rule.matches = layout.canary_matches(sources.clone());
                rule.sends = Sends::single(*side);
            }
        }
        Step::CloseCanary { id, .. } => facts.canary.retain(|rule| rule.id != *id),
        Step::OpenTest { side } | Step::ChangeTest { side, .. } => {
            if let Some(test) = &layout.test {
                let id = match step {
                    Step::ChangeTest { id, .. } => id.clone(),
                    _ => format!("{}/new", test.listener.replacen(":listener/", ":listener-rule/", 1)),
                };
                facts.test =
                    Some(rule(id, test.priority, test.matches.clone(), Sends::single(*side), "test"));
            }
        }
        Step::CloseTest { .. } => facts.test = None,
        Step::SetPriorities { to } => {
            let rules = facts.production.iter_mut().chain(&mut facts.canary).chain(&mut facts.test);
            let wished: BTreeMap<&String, u32> = to.iter().map(|(id, priority)| (id, *priority)).collect();
            for rule in rules {
                rule.priority = wished.get(&rule.id).copied().unwrap_or(rule.priority);
            }
        }
        Step::Hold { .. } => evidence.settled = true,
        Step::Lower { side, to, .. } => {
            with_service(facts, *side, |service| service.desired = *to);
            evidence.steady[*side] = evidence.steady[*side].min(*to);
            evidence.raised[*side] = evidence.raised[*side] && *to > 0;
        }
        Step::Tag { object } => tag(object, layout, facts),
        Step::DeleteProduction { .. } => facts.production = None,
        Step::DeleteService { side } => {
            with_service(facts, *side, |service| service.status = ServiceStatus::Draining);
        }
        Step::DeleteGroup { side } => facts.sides[*side].group = None,
    }
}

/// The same forwarding with both our groups part of it.
pub fn attached(sends: &Sends) -> Sends {
    match sends {
        Sends::Forward(forward) => Sends::Forward(Forward {
            ours: Pair::from_fn(|side| Some(forward.ours[side].unwrap_or(0))),
            ..forward.clone()
        }),
        Sends::Elsewhere(action) => Sends::Elsewhere(action.clone()),
    }
}

fn with_service(facts: &mut Observed, side: Side, change: impl FnOnce(&mut Service)) {
    if let Some(service) = &mut facts.sides[side].service {
        change(service);
    }
}

fn deploy(service: &mut Service, layout: &Layout, side: Side, count: u32) {
    service.task_definition = layout.sides[side].task_definition.clone();
    service.settings = layout.service.clone();
    service.rollout = rollout(count);
}

/// A deployment of no tasks is complete at once.
fn rollout(count: u32) -> Rollout {
    if count == 0 { Rollout::Completed } else { Rollout::InProgress }
}

fn deployed(evidence: &mut Evidence, side: Side, count: u32) {
    evidence.deployed[side] = true;
    evidence.raised[side] = count > 0;
    evidence.steady[side] = 0;
}

fn tag(object: &Object, layout: &Layout, facts: &mut Observed) {
    match object {
        Object::Service(side) => with_service(facts, *side, |s| s.tags = layout.tags_for(side.name())),
        Object::Group(side) => {
            if let Some(group) = &mut facts.sides[*side].group {
                group.tags = layout.tags_for(side.name());
            }
        }
        Object::Rule(id, role) => {
            let rules = facts.production.iter_mut().chain(&mut facts.canary).chain(&mut facts.test);
            for rule in rules.filter(|rule| rule.id == *id) {
                rule.tags = layout.tags_for(role);
            }
        }
    }
}
