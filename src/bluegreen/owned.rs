//! Whose an object is: what the state and its tag say, and whether it stands where only we put things. A tag alone
//! proves nothing, because whoever may tag can copy it.

use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::names::{CREATING_TAG, OWNER_TAG};
use super::observed::{Group, Observed};
use super::routing::{Rule, Sends};
use super::side::{Pair, Side};

/// Seconds after which a creation that has not renewed its tag counts as given up.
pub const GIVEN_UP: u64 = 180;
/// Seconds after which what is being made says again that it is.
pub const RENEWED: u64 = 60;

/// What is known of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// The state, or this very run, holds it by ARN, and nobody else's id is on it.
    Held,
    /// It carries this resource's id, and nothing else is known of it.
    Tagged,
    /// It carries the id of another creation of the same name.
    Namesake,
    /// It carries the tag of something else, or none.
    Foreign,
}

/// What follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owned {
    Ours,
    /// Left behind by a creation of the same name that was given up before it served anybody. It may be tagged anew.
    Left,
    /// Carries our id and stands where others put things, too.
    Claimed,
    Foreign,
}

/// What stands in the way of a run: it is under our name or under our id, and not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    pub id: String,
    pub owned: Owned,
    /// The value of its ownership tag.
    pub tag: Option<String>,
}

/// The judgement of one look.
pub struct Claims<'a> {
    observed: &'a Observed,
    layout: &'a Layout,
    groups: Pair<Option<Owned>>,
    /// A creation may take up what is left behind.
    takes_up: bool,
}

impl<'a> Claims<'a> {
    pub fn new(observed: &'a Observed, layout: &'a Layout) -> Self {
        let takes_up = layout.creating.is_some() && Side::BOTH.iter().all(|side| nobody(observed, *side));
        let mut claims = Claims { observed, layout, groups: Pair::default(), takes_up };
        claims.groups = Pair::from_fn(|side| {
            observed.sides[side].group.as_ref().map(|group| claims.judge_group(side, group))
        });
        claims
    }

    pub fn group(&self, side: Side) -> Option<Owned> {
        self.groups[side]
    }

    pub fn service(&self, side: Side) -> Option<Owned> {
        let service = self.observed.service(side)?;
        let group = self.observed.sides[side].group.as_ref();
        let attached = group.is_some_and(|group| service.groups.iter().eq([&group.id])) && self.usable(side);
        Some(match service.mark {
            Mark::Held => Owned::Ours,
            Mark::Tagged if attached => Owned::Ours,
            Mark::Tagged => Owned::Claimed,
            Mark::Namesake if attached && self.takes_up => Owned::Left,
            Mark::Namesake | Mark::Foreign => Owned::Foreign,
        })
    }

    pub fn rule(&self, rule: &Rule) -> Owned {
        match rule.mark {
            Mark::Held => Owned::Ours,
            Mark::Tagged if self.stands(rule) => Owned::Ours,
            Mark::Tagged => Owned::Claimed,
            Mark::Namesake if self.takes_up && self.forwards(rule) => Owned::Left,
            Mark::Namesake | Mark::Foreign => Owned::Foreign,
        }
    }

    /// Another creation of the same name is under way: the seconds since 1970 when it last said so.
    pub fn being_made(&self) -> Option<u64> {
        let now = self.layout.creating?;
        let groups = Side::BOTH.into_iter().filter_map(|side| self.observed.sides[side].group.as_ref());
        let at = groups.filter(|group| group.mark == Mark::Namesake).filter_map(renewed).max()?;
        (now < at.saturating_add(GIVEN_UP)).then_some(at)
    }

    /// Everything that is under our name or our id and is not ours.
    pub fn strangers(&self) -> Vec<Stranger> {
        let mut strangers = Vec::new();
        let mut add = |id: &str, owned: Owned, tags: &std::collections::BTreeMap<String, String>| {
            if matches!(owned, Owned::Claimed | Owned::Foreign) {
                let tag = tags.get(OWNER_TAG).cloned();
                strangers.push(Stranger { id: id.to_owned(), owned, tag });
            }
        };
        for side in Side::BOTH {
            if let (Some(service), Some(owned)) = (self.observed.service(side), self.service(side)) {
                add(&service.id, owned, &service.tags);
            }
            if let (Some(group), Some(owned)) = (&self.observed.sides[side].group, self.group(side)) {
                add(&group.id, owned, &group.tags);
            }
        }
        for rule in &self.observed.rules {
            add(&rule.id, self.rule(rule), &rule.tags);
        }
        strangers
    }

    /// Only what is ours of what was seen.
    pub fn ours(&self) -> Observed {
        let mut ours = self.observed.clone();
        ours.rules.retain(|rule| self.rule(rule) == Owned::Ours);
        for side in Side::BOTH {
            if self.service(side) != Some(Owned::Ours) {
                ours.sides[side].service = None;
            }
            if self.group(side) != Some(Owned::Ours) {
                ours.sides[side].group = None;
            }
        }
        ours
    }

    fn judge_group(&self, side: Side, group: &Group) -> Owned {
        let shared = self.observed.others().any(|other| other.sends[side].is_some());
        let given_up = || {
            let (now, at) = (self.layout.creating?, renewed(group)?);
            (now >= at.saturating_add(GIVEN_UP)).then_some(())
        };
        match group.mark {
            Mark::Held => Owned::Ours,
            Mark::Tagged if !shared => Owned::Ours,
            Mark::Tagged => Owned::Claimed,
            Mark::Namesake if self.takes_up && !shared && given_up().is_some() => Owned::Left,
            Mark::Namesake | Mark::Foreign => Owned::Foreign,
        }
    }

    fn usable(&self, side: Side) -> bool {
        matches!(self.groups[side], Some(Owned::Ours | Owned::Left))
    }

    /// Parked under our host, or forwarding to our groups and to nobody else's.
    fn stands(&self, rule: &Rule) -> bool {
        rule.matches == self.layout.parked_matches() || self.forwards(rule)
    }

    fn forwards(&self, rule: &Rule) -> bool {
        let Sends::Forward(forward) = &rule.sends else { return false };
        forward.foreign.is_empty()
            && Side::BOTH.iter().any(|side| forward.ours[*side].is_some())
            && Side::BOTH.iter().all(|side| forward.ours[*side].is_none() || self.usable(*side))
    }
}

/// No rule, of whomever, sends anybody to `side`.
fn nobody(observed: &Observed, side: Side) -> bool {
    !observed.used(side) && observed.borrower(side).is_none()
}

/// When its creation last said that it is under way.
pub fn renewed(group: &Group) -> Option<u64> {
    group.tags.get(CREATING_TAG)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bluegreen::evidence::Evidence;
    use crate::bluegreen::routing::Neighbour;
    use crate::bluegreen::spec::Spec;
    use crate::bluegreen::{effect, plan};

    const NOW: u64 = 1_800_000_000;

    fn layout() -> Layout {
        let hosts = ["a.example.com".to_owned()].into();
        let spec = Spec { cluster: "shop".to_owned(), name: "web".to_owned(), hosts, ..Spec::default() };
        Layout { creating: Some(NOW), need: 1, ..Layout::of(&spec) }
    }

    /// The first `steps` of a creation, all of it with that mark, which last said so `ago` seconds ago.
    fn made(steps: usize, mark: Mark, ago: u64) -> Observed {
        let (layout, mut facts, mut evidence) = (layout(), Observed::default(), Evidence::default());
        for step in plan::story(&facts, &layout).iter().take(steps) {
            effect::apply(step, &layout, &mut facts, &mut evidence);
        }
        for side in Side::BOTH {
            let group = facts.sides[side].group.as_mut().unwrap();
            group.mark = mark;
            group.tags.insert(CREATING_TAG.to_owned(), (NOW - ago).to_string());
            let attached = [group.id.clone()].into();
            if let Some(service) = &mut facts.sides[side].service {
                (service.mark, service.groups) = (mark, attached);
            }
        }
        facts.rules.iter_mut().for_each(|rule| rule.mark = mark);
        facts
    }

    fn judged(facts: &Observed, layout: &Layout) -> Vec<Owned> {
        let claims = Claims::new(facts, layout);
        let sides = Side::BOTH.into_iter().flat_map(|side| [claims.group(side), claims.service(side)]);
        sides.flatten().chain(facts.rules.iter().map(|rule| claims.rule(rule))).collect()
    }

    const PARKED: usize = 5;

    #[test]
    fn what_was_given_up_before_it_served_is_left_and_nothing_else_is() {
        let parked = made(PARKED, Mark::Namesake, GIVEN_UP);
        assert_eq!(judged(&parked, &layout()), [Owned::Left; 5]);
        let fresh = made(PARKED, Mark::Namesake, GIVEN_UP - 1);
        assert_eq!(judged(&fresh, &layout()), [Owned::Foreign; 5]);
        assert_eq!(Claims::new(&fresh, &layout()).being_made(), Some(NOW - GIVEN_UP + 1));
        assert_eq!(Claims::new(&parked, &layout()).being_made(), None);
        // Nobody but a creation takes anything up.
        let update = Layout { creating: None, ..layout() };
        assert_eq!(judged(&parked, &update), [Owned::Foreign; 5]);
        let mut finished = parked.clone();
        for side in Side::BOTH {
            finished.sides[side].group.as_mut().unwrap().tags.remove(CREATING_TAG);
        }
        assert_eq!(judged(&finished, &layout()), [Owned::Foreign; 5]);
        let mut serves = parked.clone();
        let production = layout().production_rule(Side::Blue);
        (serves.rules[0].matches, serves.rules[0].sends) = (production.matches, production.sends);
        assert_eq!(judged(&serves, &layout()), [Owned::Foreign; 5]);
        let mut borrowed = parked;
        borrowed.elsewhere.push(theirs(1));
        assert_eq!(judged(&borrowed, &layout()), [Owned::Foreign; 5]);
        assert!(Claims::new(&borrowed, &layout()).ours().nothing());
    }

    fn theirs(weight: u32) -> Neighbour {
        let sends = Pair { blue: Some(weight), green: None };
        Neighbour { id: "theirs".to_owned(), priority: 1, matches: Default::default(), sends }
    }

    #[test]
    fn a_tag_is_believed_only_where_only_we_put_things() {
        let tagged = made(PARKED, Mark::Tagged, 0);
        assert_eq!(judged(&tagged, &layout()), [Owned::Ours; 5]);
        let mut elsewhere = tagged.clone();
        elsewhere.sides.green.service.as_mut().unwrap().groups = ["theirs".to_owned()].into();
        elsewhere.rules[0].matches.hosts = ["b.example.com".to_owned()].into();
        let Sends::Forward(forward) = &mut elsewhere.rules[0].sends else { panic!("a forward") };
        forward.foreign.push(("theirs".to_owned(), 1));
        let claimed = [Owned::Ours, Owned::Ours, Owned::Ours, Owned::Claimed, Owned::Claimed];
        assert_eq!(judged(&elsewhere, &layout()), claimed);
        assert_eq!(Claims::new(&elsewhere, &layout()).strangers().len(), 2);
        let mut shared = tagged;
        shared.neighbours.push(theirs(0));
        assert_eq!(judged(&shared, &layout())[..2], [Owned::Claimed, Owned::Claimed]);
        // What the state holds needs no tag and no place.
        elsewhere.rules[0].mark = Mark::Held;
        assert_eq!(judged(&elsewhere, &layout())[4], Owned::Ours);
    }
}
