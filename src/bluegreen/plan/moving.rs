//! From one listener to another of the same load balancer: made on the new one as it serves on the old one, settled,
//! and only then taken away there. Until that is over both listeners send each caller to the same side, and whatever
//! else is wished waits.

use super::Look;
use super::rules::{change, delete};
use crate::bluegreen::audience;
use crate::bluegreen::gate::Gate;
use crate::bluegreen::names::LISTENERS_TAG;
use crate::bluegreen::routing::{Role, Rule};
use crate::bluegreen::side::Side;
use crate::bluegreen::step::{Object, Step, Why};

/// Whether a side can be sent to on the new listener.
enum Ready {
    Now,
    Soon(Gate),
    /// Fewer healthy tasks than it needs; nobody knows for how long.
    Ill,
}

impl Look<'_> {
    /// The production rule that callers come by on a listener that is left.
    pub(super) fn old(&self) -> Option<&Rule> {
        self.left.iter().copied().find(|rule| rule.role == Role::Production && rule.open())
    }

    /// Said before the first rule is made on another listener: should this run die, and the next one be of the old
    /// listener again, it finds the new one's rules by it.
    pub(super) fn announcement(&self) -> Option<Step> {
        if !self.observed.rules.iter().any(|rule| self.layout.leaves(rule)) {
            return None;
        }
        let group = self.observed.sides.blue.group.as_ref()?;
        let said = group.tags.get(LISTENERS_TAG) == self.layout.group_tags(Side::Blue).get(LISTENERS_TAG);
        (!said).then_some(Step::Tag { object: Object::Group(Side::Blue) })
    }

    pub(super) fn moving(&self) -> Option<Step> {
        let first = self.left.first()?;
        // The candidate's own way in would be evaluated before the public's.
        let tests = self.observed.with_role(Role::Test);
        if let Some(test) = tests.into_iter().find(|rule| rule.on_listener(&self.layout.listener)) {
            return Some(delete(test));
        }
        match self.old() {
            Some(old) => Some(self.make_before_break(old)),
            // Canaries go after production, so that nobody chosen sees the other side on the way.
            None => self.production.filter(|rule| rule.open()).map(|_| delete(first)),
        }
    }

    fn make_before_break(&self, old: &Rule) -> Step {
        let public = self.layout.public;
        let need = self.layout.need;
        // Where an outsider moved the callers of one listener, they are no example for those of another.
        let mut ways_in = self.observed.with_role(Role::Production).filter(|rule| rule.open());
        let agree = ways_in.all(|rule| rule.sends.only() == old.sends.only());
        let side = match old.sends.only() {
            Some(side) if side == public => side,
            Some(side) if agree => match self.ready(side, self.observed.desired(side).max(1)) {
                Ready::Now => side,
                Ready::Soon(gate) => return Step::Await(gate),
                Ready::Ill => return self.put_right(old),
            },
            _ => return self.put_right(old),
        };
        if let Some(step) = self.canary_too(side) {
            return step;
        }
        let wish = self.layout.production_rule(side);
        let make = match self.production {
            None => Some(Step::CreateRule(wish)),
            Some(rule) => change(rule, wish, Why::Send, self.renew(rule)),
        };
        if let Some(make) = make {
            let ready = side != public || self.proved(public, need);
            return if ready { make } else { Step::Await(Gate::Healthy { side: public, need }) };
        }
        if !self.evidence.settled(self.observed, self.layout) {
            return Step::Await(self.layout.settle());
        }
        delete(old)
    }

    /// Callers are there still, so that is where they are helped first.
    fn put_right(&self, old: &Rule) -> Step {
        let (side, need) = (self.layout.public, self.layout.need);
        if !self.proved(side, need) {
            return Step::Await(Gate::Healthy { side, need });
        }
        Step::ChangeRule { id: old.id.clone(), to: self.layout.production_at(old, side), why: Why::Send }
    }

    /// Who sees the candidate by the old listener sees it by the new one, before the public comes by it.
    fn canary_too(&self, public: Side) -> Option<Step> {
        let side = public.other();
        let apart: Vec<&Rule> = (self.left.iter().copied())
            .filter(|rule| rule.role == Role::Canary && rule.open() && rule.sends.only() == Some(side))
            .collect();
        let here = self.canary.iter().filter(|rule| rule.sends.only() == Some(side));
        let sources =
            apart.iter().chain(here).flat_map(|rule| rule.matches.sources.iter().copied()).collect();
        let held: Vec<_> = self.canary.iter().map(|rule| rule.matches.sources.clone()).collect();
        let spread = audience::spread(&audience::merge(&sources), self.layout.canary_room(), &held);
        let step = self.canary_change(side, &spread)?;
        let need = self.layout.sides[side].least().max(1);
        if self.proved(side, need) {
            return Some(step);
        }
        match self.ready(side, need) {
            // It is to close anyway, and a candidate that is ill keeps nobody from moving.
            Ready::Ill if self.layout.canary.is_none() && self.layout.public == public => {
                apart.first().map(|rule| delete(rule))
            }
            _ => Some(Step::Await(Gate::Healthy { side, need })),
        }
    }

    /// The side serves these callers already, with whatever it runs.
    fn ready(&self, side: Side, need: u32) -> Ready {
        if self.evidence.stands(self.observed, side, need) {
            Ready::Now
        } else if self.evidence.healthy[side] >= need {
            Ready::Soon(Gate::Healthy { side, need })
        } else {
            Ready::Ill
        }
    }
}
