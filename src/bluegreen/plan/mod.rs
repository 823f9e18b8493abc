//! What to do next, and the whole story of it. Pure: the same facts, layout and evidence give the same steps.

mod moving;
mod rules;

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::audience;
use super::effect;
use super::evidence::Evidence;
use super::gate::Gate;
use super::layout::{Layout, same_task_definition};
use super::names::CREATING_TAG;
use super::observed::{Deployment, Observed, ServiceStatus};
use super::owned::{Claims, Owned};
use super::routing::{Role, Rule};
use super::side::{Pair, Side};
use super::step::{Object, Step, Why};

/// No story is longer; a planner that would write one is wrong, and stops here.
const LONGEST_STORY: usize = 100;

/// Every step from `observed` to `layout`, as it goes when all goes well.
pub fn story(observed: &Observed, layout: &Layout) -> Vec<Step> {
    let mut facts = observed.clone();
    // Whatever runs is well: how it goes is told as it goes when all goes well.
    let healthy = Pair::from_fn(|side| observed.desired(side));
    let mut evidence = Evidence { healthy, ..Evidence::default() };
    let mut steps = Vec::new();
    while steps.len() < LONGEST_STORY {
        let Some(step) = next(&facts, layout, &evidence) else { break };
        let over = layout.over(&facts);
        effect::apply(&step, &over, &mut facts, &mut evidence);
        steps.push(step);
    }
    steps
}

/// The one order for every direction: start, prove, switch, settle, stop.
pub fn next(observed: &Observed, layout: &Layout, evidence: &Evidence) -> Option<Step> {
    let layout = layout.over(observed);
    let look = Look::new(observed, &layout, evidence);
    look.taking_up()
        .or_else(|| look.renewal())
        .or_else(|| look.groups())
        .or_else(|| look.attachment())
        .or_else(|| look.announcement())
        .or_else(|| look.services())
        .or_else(|| look.switches())
        .or_else(|| look.stop())
        .or_else(|| look.tags())
        .or_else(|| look.prove_the_rest())
        .or_else(|| look.settle_opening())
}

/// What a creation made is taken away again: first nobody is sent there any more, by one change of the rule. It says all
/// the while that it is still at work, so that nobody takes up what it is taking away.
pub fn next_clean_up(observed: &Observed, layout: &Layout, evidence: &Evidence) -> Option<Step> {
    let open = observed.production().filter(|rule| !rule.matches.parked());
    let park = open.map(|rule| Step::ChangeRule {
        id: rule.id.clone(),
        to: layout.parked_rule(Role::Production, rule.priority),
        why: Why::Send,
    });
    let old = |side: &Side| {
        let group = observed.sides[*side].group.as_ref();
        layout.creating.is_some() && group.is_some_and(|group| !layout.tags_group(*side, &group.tags))
    };
    let renewal = || Side::BOTH.into_iter().find(old).map(|side| Step::Tag { object: Object::Group(side) });
    park.or_else(renewal).or_else(|| next_farewell(observed, layout, evidence))
}

/// What a state holds is not being made any more: nobody is to take it for given up.
pub fn next_leaving(observed: &Observed) -> Option<Step> {
    let said = |side: &Side| {
        let group = observed.sides[*side].group.as_ref();
        group.is_some_and(|group| group.tags.contains_key(CREATING_TAG))
    };
    Side::BOTH.into_iter().find(said).map(|side| Step::Tag { object: Object::Group(side) })
}

/// Rules, then services, then groups: nobody is ever sent to what is being taken away.
pub fn next_farewell(observed: &Observed, layout: &Layout, evidence: &Evidence) -> Option<Step> {
    let rules = [Role::Canary, Role::Test, Role::Production, Role::Parking];
    if let Some(rule) = rules.into_iter().find_map(|role| observed.with_role(role).next()) {
        return Some(rules::delete(rule));
    }
    let running = Side::BOTH.into_iter().any(|side| observed.desired(side) > 0);
    if running && !evidence.settled(observed, layout) {
        return Some(Step::Await(layout.settle()));
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
        return Some(Step::Await(Gate::Gone { side }));
    }
    let side = Side::BOTH.into_iter().find(|side| observed.sides[*side].group.is_some())?;
    Some(Step::DeleteGroup { side })
}

/// One look, and what is worked out from it once.
struct Look<'a> {
    observed: &'a Observed,
    layout: &'a Layout,
    evidence: &'a Evidence,
    /// On the wished listener.
    production: Option<&'a Rule>,
    /// On a listener that is left.
    left: Vec<&'a Rule>,
    /// The canary's rules as they stand, each with the sources it is to have; further ones are to be opened.
    canary: Vec<&'a Rule>,
    spread: Vec<BTreeSet<IpNet>>,
}

impl<'a> Look<'a> {
    fn new(observed: &'a Observed, layout: &'a Layout, evidence: &'a Evidence) -> Self {
        let leaves = |rule: &&Rule| rule.role != Role::Test && layout.leaves(rule);
        let left = observed.rules.iter().filter(leaves).collect();
        let canary: Vec<&Rule> =
            observed.with_role(Role::Canary).filter(|rule| rule.on_listener(&layout.listener)).collect();
        let production = observed.production_on(&layout.listener);
        let held: Vec<_> = canary.iter().map(|rule| rule.matches.sources.clone()).collect();
        let spread = match &layout.canary {
            Some(wish) => audience::spread(&wish.sources, wish.capacity, &held),
            None => vec![BTreeSet::new(); canary.len()],
        };
        Look { observed, layout, evidence, production, left, canary, spread }
    }

    /// The receiver first, so that what people wait for starts first.
    fn order(&self) -> [Side; 2] {
        [self.layout.public, self.layout.public.other()]
    }

    fn proved(&self, side: Side, need: u32) -> bool {
        self.evidence.proves(self.observed, self.layout, side, need)
    }

    /// What a creation that was given up left behind is first tagged anew: the groups, which say that somebody is at
    /// it, then all the rest.
    fn taking_up(&self) -> Option<Step> {
        self.layout.creating?;
        let claims = Claims::new(self.observed, self.layout);
        let left = |owned: Option<Owned>| owned == Some(Owned::Left);
        let groups = self.order().into_iter().find(|side| left(claims.group(*side))).map(Object::Group);
        let service = || self.order().into_iter().find(|side| left(claims.service(*side)));
        let rule = || self.observed.rules.iter().find(|rule| left(Some(claims.rule(rule))));
        let object = groups
            .or_else(|| service().map(Object::Service))
            .or_else(|| rule().map(|rule| Object::Rule(rule.id.clone(), rule.role)))?;
        Some(Step::Tag { object })
    }

    /// Once a minute.
    fn renewal(&self) -> Option<Step> {
        self.layout.creating?;
        let old = |side: &Side| {
            let group = self.observed.sides[*side].group.as_ref();
            group.is_some_and(|group| !self.layout.tags_group(*side, &group.tags))
        };
        self.order().into_iter().find(old).map(|side| Step::Renew { side })
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

    fn services(&self) -> Option<Step> {
        self.order().into_iter().find_map(|side| match self.observed.service(side) {
            None => Some(Step::CreateService { side, count: self.layout.sides[side].least() }),
            Some(service) if service.status == ServiceStatus::Draining => {
                Some(Step::Await(Gate::Gone { side }))
            }
            Some(_) => self.service(side),
        })
    }

    fn service(&self, side: Side) -> Option<Step> {
        let service = self.observed.service(side)?;
        let wish = &self.layout.sides[side];
        let other_tasks = !same_task_definition(&service.task_definition, &wish.task_definition)
            || service.settings.replaces_tasks(&self.layout.service[side]);
        let failed = matches!(service.deployment, Deployment::Failed(_)) && !wish.demand.none();
        let sent = self.evidence.deployed[side];
        if service.desired == 0 && !wish.demand.none() && !sent {
            return Some(Step::Start { side, to: wish.least() });
        }
        // A side that is being left, or is larger than wished, is first left and lowered, then changed.
        let left = self.observed.public() == Some(side) && self.layout.public != side;
        let larger = wish.demand.lower(service.desired).is_some() && self.layout.need_of(side) == 0;
        if (other_tasks || failed) && !sent && !left && !larger {
            return Some(Step::Deploy { side, count: service.desired });
        }
        if let Some(to) = wish.demand.raise(service.desired) {
            return Some(Step::Raise { side, from: service.desired, to });
        }
        let settings = service.settings != self.layout.service[side]
            && !service.settings.replaces_tasks(&self.layout.service[side]);
        settings.then_some(Step::Configure { side })
    }

    /// Settle, then lower what is larger than wished. Spare tasks are kept while production is not well.
    fn stop(&self) -> Option<Step> {
        let public = self.layout.public;
        let lowered = |side: Side| {
            let from = self.observed.desired(side);
            // Somebody else's rule needs an unknown number of tasks there.
            if self.observed.borrower(side).is_some() {
                return None;
            }
            self.layout.sides[side].demand.lower(from).map(|to| Step::Lower { side, from, to })
        };
        let left_behind = lowered(public.other());
        let moved = self.evidence.moved_from.is_some();
        if (left_behind.is_some() || moved) && !self.evidence.settled(self.observed, self.layout) {
            return Some(Step::Await(self.layout.settle()));
        }
        if left_behind.is_some() && !self.proved(public, self.layout.need) {
            return Some(Step::Await(Gate::Healthy { side: public, need: self.layout.need }));
        }
        left_behind.or_else(|| lowered(public))
    }

    /// Tasks given in this run, or by a run that was cut short, are waited for before it is called done.
    fn prove_the_rest(&self) -> Option<Step> {
        let waiting = self.order().into_iter().find_map(|side| {
            let need = self.layout.sides[side].least();
            let open = self.observed.service(side).is_some_and(|s| s.deployment != Deployment::Completed);
            let wait = need > 0 && (open || self.evidence.raised[side]) && !self.proved(side, need);
            wait.then_some(Step::Await(Gate::Healthy { side, need }))
        });
        let test =
            self.layout.test.as_ref().filter(|test| test.open && self.test_on(&test.listener).is_none());
        waiting.or_else(|| {
            test.map(|test| {
                let need = self.layout.sides[test.side].least();
                Step::Await(Gate::Healthy { side: test.side, need })
            })
        })
    }

    /// Not every node of the load balancer has the rule yet that lets the public in.
    fn settle_opening(&self) -> Option<Step> {
        let wait = self.evidence.opened && !self.evidence.settled(self.observed, self.layout);
        wait.then(|| Step::Await(self.layout.settle()))
    }

    fn tags(&self) -> Option<Step> {
        let untagged_rule = self
            .observed
            .rules
            .iter()
            .filter(|rule| rule.role != Role::Parking)
            .find(|rule| rule.tags != self.layout.tags_for(rule.role.name()))
            .map(|rule| Object::Rule(rule.id.clone(), rule.role));
        let untagged = |side: Side| {
            let wished = self.layout.tags_for(side.name());
            let standing = &self.observed.sides[side];
            let service =
                standing.service.as_ref().filter(|s| s.tags != wished).map(|_| Object::Service(side));
            service.or_else(|| {
                standing
                    .group
                    .as_ref()
                    .filter(|g| !self.layout.tags_group(side, &g.tags))
                    .map(|_| Object::Group(side))
            })
        };
        let object = untagged_rule.or_else(|| self.order().into_iter().find_map(untagged))?;
        Some(Step::Tag { object })
    }
}
