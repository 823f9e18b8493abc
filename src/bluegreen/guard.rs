//! Nothing reaches AWS without a permit. Judges one step against the evidence of the moment, by the invariants
//! alone: it does not know how the planner thinks. Of a rule it judges only what the rule does to whom.
//!
//! Looking and acting is never atomic: between the look that is judged here and the call that follows, others may
//! act, and AWS has no compare-and-set. What the guard promises is that the step was right by the last look; what
//! happens in between is seen by the next one, and for as long as a switch has not settled the way back stands open.
//!
//! Only this module makes an [`Act`]:
//!
//! ```compile_fail
//! use bluegreen_provider::bluegreen::{guard::Act, side::Side, step::Step};
//! let forged = Act { step: Step::DeleteGroup { side: Side::Blue } };
//! ```

mod audience;

use audience::Audience;

use super::evidence::Evidence;
use super::layout::Layout;
use super::matches::Matches;
use super::observed::Observed;
use super::owned::{Claims, Owned};
use super::routing::{Role, Rule, RuleWish};
use super::side::Side;
use super::step::{Object, Step, Why};

/// A step that may be carried out now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    step: Step,
}

impl Act {
    pub fn step(&self) -> &Step {
        &self.step
    }
}

/// What the acting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// What is made tells others that it is being made, and takes up what was left behind.
    Create,
    Release,
    Destroy,
    /// What this creation made is taken away again, and nothing else.
    CleanUp,
    /// What this creation made is left in the state, and is not being made any more.
    Leave,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{side} is not proved healthy: {steady} of {need} targets have been healthy long enough")]
    NotHealthy { side: Side, steady: u32, need: u32 },
    #[error("{side} still serves somebody and needs {need} tasks; {to} would be left")]
    StillServing { side: Side, need: u32, to: u32 },
    #[error("the routing has not been seen unchanged for settle_time yet")]
    NotSettled,
    #[error("this would send callers to {side} who were not to be sent there")]
    NotWished { side: Side },
    #[error(
        "{0} is not ours: the state does not hold it, and it does not both carry the id and stand where only this resource puts things"
    )]
    NotOurs(String),
    #[error("somebody else's rule {rule} sends its callers to {side}")]
    Borrowed { side: Side, rule: String },
    #[error("{0} happens only when the resource is destroyed")]
    OnlyInDestroy(&'static str),
    #[error("this would take away the rule that serves")]
    TakesAway,
    #[error("this would leave out {0}, which the production rule has")]
    Drops(String),
    #[error("a step that only waits is no act")]
    NoAct,
}

/// Lets `step` through, or says which invariant stands against it.
pub fn admit(
    step: &Step,
    intent: Intent,
    observed: &Observed,
    layout: &Layout,
    evidence: &Evidence,
) -> Result<Act, Refusal> {
    let layout = &*layout.over(observed);
    let bench = Bench { observed, layout, evidence, intent, claims: Claims::new(observed, layout) };
    bench.ownership(step)?;
    bench.keeping(step)?;
    bench.judge(step)?;
    Ok(Act { step: step.clone() })
}

struct Bench<'a> {
    observed: &'a Observed,
    layout: &'a Layout,
    evidence: &'a Evidence,
    intent: Intent,
    claims: Claims<'a>,
}

impl Bench<'_> {
    fn judge(&self, step: &Step) -> Result<(), Refusal> {
        match step {
            Step::Await(_) => Err(Refusal::NoAct),
            // These move nobody, or give more.
            Step::CreateGroup { .. }
            | Step::ConfigureGroup { .. }
            | Step::Reorder { .. }
            | Step::CreateService { .. }
            | Step::Start { .. }
            | Step::Configure { .. }
            | Step::Tag { .. }
            | Step::Renew { .. } => Ok(()),
            Step::CreateRule(to) => self.may_send(None, to),
            Step::ChangeRule { id, to, .. } => self.may_send(self.observed.rule(id), to),
            // Who is no longer chosen goes where the public goes.
            Step::DeleteRule { id, .. } => match self.observed.rule(id) {
                Some(rule) if rule.role == Role::Production => self.may_take_away(rule),
                _ => Ok(()),
            },
            Step::Raise { side, from, to } => {
                let enough = to >= from;
                enough.then_some(()).ok_or(Refusal::StillServing { side: *side, need: *from, to: *to })
            }
            // In place, at 100 % minimum healthy: serving tasks stay until new ones are healthy.
            Step::Deploy { .. } => Ok(()),
            Step::Lower { side, to, .. } => self.may_lower(*side, *to),
            Step::DeleteService { side } => {
                self.destroying("deleting a service")?;
                self.borrowed(*side)?;
                if self.observed.used(*side) {
                    return Err(Refusal::StillServing { side: *side, need: 1, to: 0 });
                }
                Ok(())
            }
            Step::DeleteGroup { side } => {
                self.destroying("deleting a target group")?;
                self.borrowed(*side)?;
                if self.observed.sides[*side].service.is_some() {
                    return Err(Refusal::StillServing { side: *side, need: 1, to: 0 });
                }
                Ok(())
            }
        }
    }

    fn destroying(&self, what: &'static str) -> Result<(), Refusal> {
        if matches!(self.intent, Intent::Destroy | Intent::CleanUp) {
            Ok(())
        } else {
            Err(Refusal::OnlyInDestroy(what))
        }
    }

    /// A production rule goes in destroy; and when another on the wished listener does for all its callers what it
    /// does, and every node knows.
    fn may_take_away(&self, rule: &Rule) -> Result<(), Refusal> {
        let destroying = self.destroying("deleting the production rule");
        if destroying.is_ok() || !self.layout.leaves(rule) {
            return destroying;
        }
        let here = self.observed.production_on(&self.layout.listener).filter(|rule| rule.open());
        let here = here.ok_or(Refusal::TakesAway)?;
        let attached = here.sends.attaches_both() || self.observed.parking().is_some();
        let same = here.sends.only().is_some() && here.sends.only() == rule.sends.only();
        if !attached || (rule.open() && !same) || here.matches != self.layout.production_matches {
            return Err(Refusal::TakesAway);
        }
        if rule.open() && !self.evidence.settled(self.observed, self.layout) {
            return Err(Refusal::NotSettled);
        }
        Ok(())
    }

    /// I2 counts rules that are not ours, whatever they match.
    fn borrowed(&self, side: Side) -> Result<(), Refusal> {
        match self.observed.borrower(side) {
            Some(other) => Err(Refusal::Borrowed { side, rule: other.id.clone() }),
            None => Ok(()),
        }
    }

    fn proved(&self, side: Side, need: u32) -> Result<(), Refusal> {
        if self.evidence.proves(self.observed, self.layout, side, need) {
            Ok(())
        } else {
            Err(Refusal::NotHealthy { side, steady: self.evidence.steady[side], need })
        }
    }

    /// I1 and I4, for a rule that is made (`from` is none) or changed.
    fn may_send(&self, from: Option<&Rule>, to: &RuleWish) -> Result<(), Refusal> {
        if from.is_some_and(|from| moves_nobody(from, to)) {
            return Ok(());
        }
        let audience = self.audience(to);
        if audience == Audience::Nobody {
            let served = from.is_some_and(|from| Side::BOTH.into_iter().any(|side| from.serves(side)));
            let may = !served || self.intent == Intent::CleanUp;
            return may.then_some(()).ok_or(Refusal::TakesAway);
        }
        Side::BOTH
            .into_iter()
            .filter(|side| to.sends.reaches(*side))
            .try_for_each(|side| self.may_receive(from, audience, side))
    }

    /// The old side needs no wished task definition to be gone back to: it served until a moment ago.
    fn stands(&self, side: Side) -> Result<(), Refusal> {
        self.stands_at(side, self.layout.need)
    }

    fn stands_at(&self, side: Side, need: u32) -> Result<(), Refusal> {
        if self.evidence.stands(self.observed, side, need) {
            Ok(())
        } else {
            Err(Refusal::NotHealthy { side, steady: self.evidence.steady[side], need })
        }
    }

    /// I2 and I3.
    fn may_lower(&self, side: Side, to: u32) -> Result<(), Refusal> {
        self.borrowed(side)?;
        let serving = self.observed.rules.iter().filter(|rule| rule.serves(side));
        let need = serving.map(|rule| self.need_of(rule, side)).max().unwrap_or(0);
        if to < need {
            return Err(Refusal::StillServing { side, need, to });
        }
        if self.observed.public() == Some(side) && self.layout.public == side {
            return Ok(());
        }
        if !self.evidence.settled(self.observed, self.layout) {
            return Err(Refusal::NotSettled);
        }
        // The side that is left is spare capacity for as long as production is not well.
        self.proved(self.layout.public, self.layout.need)
    }

    /// Tasks the traffic of `rule` needs on `side`: as wished where it is wished, else all there are.
    fn need_of(&self, rule: &Rule, side: Side) -> u32 {
        let production = rule.role == Role::Production;
        let wished = if production { self.layout.public == side } else { self.layout.need_of(side) > 0 };
        match (wished, production) {
            (true, true) => self.layout.need,
            (true, false) => self.layout.sides[side].least(),
            (false, _) => self.observed.desired(side).max(1),
        }
    }

    /// I7.
    fn keeping(&self, step: &Step) -> Result<(), Refusal> {
        let production = self.layout.model(self.observed).filter(|rule| rule.open());
        let (to, from) = match step {
            Step::CreateRule(to) => (to, None),
            // Adds a group to the forward, and writes nothing else.
            Step::ChangeRule { why: Why::Attach, .. } => return Ok(()),
            Step::ChangeRule { id, to, .. } => (to, self.observed.rule(id)),
            _ => return Ok(()),
        };
        if to.matches.parked() {
            return Ok(());
        }
        let known = [from, production].into_iter().flatten();
        let lost = known
            .flat_map(|rule| rule.carried.unknown().chain(rule.matches.unknown.iter().map(String::as_str)));
        if let Some(lost) = lost.into_iter().next() {
            return Err(Refusal::Drops(lost.to_owned()));
        }
        // On a listener that is left, a rule is only sent elsewhere.
        if from.is_some_and(|from| {
            self.layout.leaves(from) && from.matches == to.matches && from.carried == to.carried
        }) {
            return Ok(());
        }
        let conditions = self.layout.extras.conditions(production);
        let carried = self.layout.extras.carried(production);
        let testing = self.layout.test.as_ref().filter(|test| test.listener == to.listener);
        if testing.is_none_or(|test| test.all_conditions) {
            // Who may use the test listener is its own to say.
            let sources = testing.map_or(&to.matches.sources, |_| &conditions.sources).clone();
            if !(Matches { sources, ..to.matches.clone() }).as_strict_as(&conditions) {
                return Err(Refusal::Drops(conditions.words().join(", ")));
            }
        }
        let lost = carried.before.iter().find(|before| !to.carried.before.contains(before));
        if let Some(lost) = lost {
            return Err(Refusal::Drops(lost.words()));
        }
        if carried.transforms != to.carried.transforms {
            return Err(Refusal::Drops("its rewrites".to_owned()));
        }
        Ok(())
    }

    /// I5.
    fn ownership(&self, step: &Step) -> Result<(), Refusal> {
        let foreign = match step {
            Step::Await(_) => None,
            // What was left behind may be tagged anew, and nothing else be done to it.
            Step::Tag { object } => self.not_taken_up(object),
            Step::CreateGroup { side }
            | Step::ConfigureGroup { side }
            | Step::CreateService { side, .. }
            | Step::Start { side, .. }
            | Step::Raise { side, .. }
            | Step::Deploy { side, .. }
            | Step::Configure { side }
            | Step::Lower { side, .. }
            | Step::DeleteService { side }
            | Step::DeleteGroup { side }
            | Step::Renew { side } => self.foreign_on(*side),
            Step::CreateRule(to) => self.foreign_receiver(to),
            Step::ChangeRule { id, to, .. } => self.foreign_rule(id).or_else(|| self.foreign_receiver(to)),
            Step::DeleteRule { id, .. } => self.foreign_rule(id),
            Step::Reorder { to } => to.iter().find_map(|(id, _)| self.foreign_rule(id)),
        };
        foreign.map_or(Ok(()), |id| Err(Refusal::NotOurs(id.to_owned())))
    }

    fn foreign_on(&self, side: Side) -> Option<&str> {
        let standing = &self.observed.sides[side];
        let ours = |owned: Option<Owned>| owned == Some(Owned::Ours);
        let service = standing.service.as_ref().filter(|_| !ours(self.claims.service(side)));
        let group = standing.group.as_ref().filter(|_| !ours(self.claims.group(side)));
        service.map(|service| service.id.as_str()).or_else(|| group.map(|group| group.id.as_str()))
    }

    /// What is not ours on a side that the rule would send somebody to.
    fn foreign_receiver(&self, to: &RuleWish) -> Option<&str> {
        let parked = to.matches.parked();
        let reached = Side::BOTH.into_iter().filter(|side| !parked && to.sends.reaches(*side));
        reached.into_iter().find_map(|side| self.foreign_on(side))
    }

    fn foreign_rule(&self, id: &str) -> Option<&str> {
        let rule = self.observed.rule(id).filter(|rule| self.claims.rule(rule) != Owned::Ours);
        rule.map(|rule| rule.id.as_str())
    }

    fn not_taken_up(&self, object: &Object) -> Option<&str> {
        let may = |owned: Option<Owned>| matches!(owned, None | Some(Owned::Ours | Owned::Left));
        match object {
            Object::Service(side) => {
                let service = self.observed.service(*side).filter(|_| !may(self.claims.service(*side)));
                service.map(|service| service.id.as_str())
            }
            Object::Group(side) => {
                let group = self.observed.sides[*side].group.as_ref();
                group.filter(|_| !may(self.claims.group(*side))).map(|group| group.id.as_str())
            }
            Object::Rule(id, _) => {
                let rule = self.observed.rule(id).filter(|rule| !may(Some(self.claims.rule(rule))));
                rule.map(|rule| rule.id.as_str())
            }
        }
    }
}

/// Everybody it matches is sent where they were sent before.
fn moves_nobody(from: &Rule, to: &RuleWish) -> bool {
    from.matches == to.matches && from.sends.attached() == to.sends.attached()
}
