//! Whom a rule sends, told by where it is and what it matches; and who may be sent to which side.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::{Bench, Refusal};
use crate::bluegreen::audience;
use crate::bluegreen::routing::{Role, Rule, RuleWish};
use crate::bluegreen::side::Side;

/// Whom a rule sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    Nobody,
    Public,
    /// The sources the canary is open for, or some of them.
    Chosen,
    /// Sources whom the canary sends on the listener that is left.
    Followers,
    /// Whoever may use the test listener.
    Testers,
    /// Callers nobody wished to send anywhere.
    Others,
}

impl Bench<'_> {
    /// Told by where the rule is and what it matches, whatever it is said to be for.
    pub(super) fn audience(&self, to: &RuleWish) -> Audience {
        if to.matches.parked() {
            return Audience::Nobody;
        }
        let is_on = |role: Role| {
            let mut rules = self.observed.with_role(role).filter(|rule| rule.open());
            rules.find(|rule| rule.on_listener(&to.listener))
        };
        let test = self.layout.test.as_ref().filter(|test| test.open && test.listener == to.listener);
        if test.is_some_and(|test| test.matches == to.matches) && is_on(Role::Production).is_none() {
            return Audience::Testers;
        }
        if to.listener != self.layout.listener {
            // Callers of a listener that is left are helped where they are.
            let theirs = is_on(Role::Production).is_some_and(|rule| rule.matches == to.matches);
            return if theirs { Audience::Public } else { Audience::Others };
        }
        if to.matches == self.layout.production_matches {
            // The candidate's own way in would be evaluated before this.
            return if is_on(Role::Test).is_some() { Audience::Others } else { Audience::Public };
        }
        let sources = &to.matches.sources;
        if sources.is_empty() || to.matches != self.layout.canary_matches(sources.clone()) {
            return Audience::Others;
        }
        if let Some(canary) = &self.layout.canary
            && sources.is_subset(&canary.sources)
        {
            return Audience::Chosen;
        }
        if Side::BOTH.into_iter().any(|side| to.sends.all_to(side) && self.served_apart(sources, side)) {
            Audience::Followers
        } else {
            Audience::Others
        }
    }

    /// Each of these is sent to `side` by a rule of the canary, here or on the listener that is left.
    fn served_apart(&self, sources: &BTreeSet<IpNet>, side: Side) -> bool {
        let rules =
            self.observed.with_role(Role::Canary).filter(|rule| rule.open() && rule.sends.all_to(side));
        let served: BTreeSet<IpNet> = rules.flat_map(|rule| rule.matches.sources.iter().copied()).collect();
        let served = audience::merge(&served);
        sources.iter().all(|source| served.iter().any(|net| net.contains(source)))
            && self.observed.rules.iter().any(|rule| self.layout.leaves(rule))
    }

    /// All the public of the listener that is left is sent to `side`.
    fn serves_apart(&self, side: Side) -> bool {
        let left = |rule: &&Rule| rule.open() && self.layout.leaves(rule);
        let mut rules = self.observed.with_role(Role::Production).filter(left).peekable();
        rules.peek().is_some() && rules.all(|rule| rule.sends.all_to(side))
    }

    pub(super) fn may_receive(
        &self,
        from: Option<&Rule>,
        audience: Audience,
        side: Side,
    ) -> Result<(), Refusal> {
        let on = |wished: Option<Side>| wished == Some(side);
        match audience {
            Audience::Public if side == self.layout.public => {
                // Writing the rule anew for a side that has the public already moves nobody.
                let has = from.is_some_and(|from| from.open() && from.sends.all_to(side));
                if has && on(self.observed.public()) { Ok(()) } else { self.proved(side, self.layout.need) }
            }
            // The same people by another listener, before anything else is changed for them.
            Audience::Public if self.serves_apart(side) => {
                self.stands_at(side, self.observed.desired(side).max(1))
            }
            Audience::Public if on(self.evidence.moved_from) => self.stands(side),
            Audience::Chosen if on(self.layout.canary.as_ref().map(|canary| canary.side)) => {
                self.proved(side, self.layout.sides[side].least())
            }
            Audience::Followers => self.stands_at(side, self.layout.sides[side].least().max(1)),
            Audience::Testers if on(self.layout.test.as_ref().map(|test| test.side)) => self.proved(side, 1),
            _ => Err(Refusal::NotWished { side }),
        }
    }
}
