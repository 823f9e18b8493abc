//! What a step does to the facts when all goes well: how a story is told before anything has happened.

use std::collections::BTreeSet;

use super::evidence::Evidence;
use super::gate::Gate;
use super::layout::Layout;
use super::observed::{Deployment, Group, Observed, Service, ServiceStatus};
use super::owned::Mark;
use super::routing::{Role, Rule, RuleWish};
use super::side::Side;
use super::step::{Object, Step, Why};

pub fn apply(step: &Step, layout: &Layout, facts: &mut Observed, evidence: &mut Evidence) {
    if step.routes() {
        evidence.stood = None;
    }
    match step {
        Step::CreateGroup { side } => {
            facts.sides[*side].group = Some(Group {
                id: format!("the {side} target group"),
                settings: layout.group.clone(),
                tags: layout.group_tags(*side),
                mark: Mark::Held,
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
        Step::CreateRule(to) => {
            let id = create(to, layout, facts);
            evidence.written.insert(id);
        }
        Step::ChangeRule { id, to, why } => {
            let (public, closed) = (facts.public(), facts.rule(id).is_some_and(|rule| rule.matches.parked()));
            change(facts, id, |rule| {
                (rule.matches, rule.carried) = (to.matches.clone(), to.carried.clone());
                rule.sends = to.sends.clone();
            });
            evidence.written.insert(id.clone());
            moved(public, facts.public(), *why, evidence);
            evidence.opened |= closed && to.role == Role::Production && !to.matches.parked();
        }
        Step::DeleteRule { id, .. } => facts.rules.retain(|rule| rule.id != *id),
        Step::Reorder { to } => {
            to.iter().for_each(|(id, priority)| change(facts, id, |rule| rule.priority = *priority));
            facts.sort_rules();
        }
        Step::CreateService { side, count } => {
            facts.sides[*side].service = Some(Service {
                id: format!("the {side} service"),
                status: ServiceStatus::Active,
                desired: *count,
                running: 0,
                task_definition: layout.sides[*side].task_definition.clone(),
                deployment: deployment(*count),
                settings: layout.service[*side].clone(),
                tags: layout.tags_for(side.name()),
                mark: Mark::Held,
                moved_by: None,
                groups: BTreeSet::new(),
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
        Step::Configure { side } => {
            with_service(facts, *side, |s| s.settings = layout.service[*side].clone())
        }
        Step::Await(gate) => opened(gate, facts, evidence),
        Step::Lower { side, to, .. } => {
            with_service(facts, *side, |service| service.desired = *to);
            evidence.steady[*side] = evidence.steady[*side].min(*to);
            evidence.raised[*side] = evidence.raised[*side] && *to > 0;
        }
        Step::Tag { object } => tag(object, layout, facts),
        Step::Renew { side } => tag(&Object::Group(*side), layout, facts),
        Step::DeleteService { side } => {
            with_service(facts, *side, |service| service.status = ServiceStatus::Draining);
        }
        Step::DeleteGroup { side } => facts.sides[*side].group = None,
    }
}

/// A rule that AWS has not named yet goes by what it is, on its own listener.
fn create(to: &RuleWish, layout: &Layout, facts: &mut Observed) -> String {
    let listener = to.listener.replacen(":listener/", ":listener-rule/", 1);
    let id = format!("{listener}/the {} rule {}", to.role.name(), to.priority);
    facts.rules.push(Rule {
        id: id.clone(),
        role: to.role,
        priority: to.priority,
        matches: to.matches.clone(),
        carried: to.carried.clone(),
        sends: to.sends.clone(),
        tags: layout.tags_for(to.role.name()),
        mark: Mark::Held,
    });
    facts.sort_rules();
    id
}

fn change(facts: &mut Observed, id: &str, with: impl FnOnce(&mut Rule)) {
    if let Some(rule) = facts.rules.iter_mut().find(|rule| rule.id == id) {
        with(rule);
    }
}

fn moved(from: Option<Side>, to: Option<Side>, why: Why, evidence: &mut Evidence) {
    match why {
        Why::Attach => {}
        Why::Send => evidence.moved_from = from.filter(|from| Some(*from) != to).or(evidence.moved_from),
        Why::SendBack => evidence.moved_from = None,
    }
}

fn opened(gate: &Gate, facts: &mut Observed, evidence: &mut Evidence) {
    match gate {
        Gate::Healthy { side, .. } => {
            with_service(facts, *side, |service| service.deployment = Deployment::Completed);
            // The time that proves one side proves the other too, if it stands.
            for side in Side::BOTH {
                let standing = facts.sides[side].service.as_mut();
                if let Some(service) = standing.filter(|s| s.deployment == Deployment::Completed) {
                    service.running = service.desired;
                    evidence.steady[side] = service.desired;
                }
            }
        }
        Gate::Gone { side } => facts.sides[*side].service = None,
        Gate::Settled { time } => evidence.stood = Some(*time),
    }
}

fn with_service(facts: &mut Observed, side: Side, change: impl FnOnce(&mut Service)) {
    if let Some(service) = &mut facts.sides[side].service {
        change(service);
    }
}

fn deploy(service: &mut Service, layout: &Layout, side: Side, count: u32) {
    service.task_definition = layout.sides[side].task_definition.clone();
    service.settings = layout.service[side].clone();
    service.deployment = deployment(count);
}

/// A deployment of no tasks is complete at once.
fn deployment(count: u32) -> Deployment {
    if count == 0 { Deployment::Completed } else { Deployment::InProgress }
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
                group.tags = layout.group_tags(*side);
            }
        }
        Object::Rule(id, role) => change(facts, id, |rule| rule.tags = layout.tags_for(role.name())),
    }
}
