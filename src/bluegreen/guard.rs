//! Nothing reaches AWS without leave. Judges one step against the evidence of the moment, by the invariants
//! alone: it does not know how the planner thinks.
//!
//! Only this module makes an [`Act`]:
//!
//! ```compile_fail
//! use bluegreen_provider::bluegreen::{guard::Act, side::Side, step::Step};
//! let forged = Act { step: Step::DeleteGroup { side: Side::Blue } };
//! ```

use super::evidence::Evidence;
use super::layout::Layout;
use super::observed::Observed;
use super::routing::Rule;
use super::side::Side;
use super::step::{Object, Step};

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
    Release,
    Destroy,
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
    #[error("{0} is not ours: it carries no ownership tag and is not in the state")]
    NotOurs(String),
    #[error("{0} happens only when the resource is destroyed")]
    OnlyInDestroy(&'static str),
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
    let bench = Bench { observed, layout, evidence, intent };
    bench.ownership(step)?;
    bench.judge(step)?;
    Ok(Act { step: step.clone() })
}

struct Bench<'a> {
    observed: &'a Observed,
    layout: &'a Layout,
    evidence: &'a Evidence,
    intent: Intent,
}

impl Bench<'_> {
    fn judge(&self, step: &Step) -> Result<(), Refusal> {
        match step {
            Step::Await { .. } | Step::AwaitGone { .. } | Step::Hold { .. } => Err(Refusal::NoAct),
            // These match nothing, move nobody, or give more.
            Step::CreateGroup { .. }
            | Step::ConfigureGroup { .. }
            | Step::CreateProduction
            | Step::Attach
            | Step::Park
            | Step::Unpark { .. }
            | Step::CreateService { .. }
            | Step::Start { .. }
            | Step::Configure { .. }
            | Step::SetPriorities { .. }
            | Step::Tag { .. } => Ok(()),
            Step::Raise { side, from, to } => {
                let enough = to >= from;
                enough.then_some(()).ok_or(Refusal::StillServing { side: *side, need: *from, to: *to })
            }
            // In place, at 100 % minimum healthy: serving tasks stay until new ones are healthy.
            Step::Deploy { .. } => Ok(()),
            Step::Route { to } => self.public_may_go(*to),
            Step::Return { to } => self.public_may_return(*to),
            Step::OpenCanary { side, sources, .. } | Step::ChangeCanary { side, sources, .. } => {
                let wished = self.layout.canary.as_ref().is_some_and(|canary| {
                    canary.side == *side && !sources.is_empty() && sources.is_subset(&canary.sources)
                });
                if !wished {
                    return Err(Refusal::NotWished { side: *side });
                }
                self.proved(*side, self.layout.sides[*side].count)
            }
            Step::OpenTest { side } | Step::ChangeTest { side, .. } => {
                let wished = self.layout.test.as_ref().is_some_and(|test| test.open && test.side == *side);
                if !wished {
                    return Err(Refusal::NotWished { side: *side });
                }
                self.proved(*side, 1)
            }
            // Who is no longer chosen goes where the public goes.
            Step::CloseCanary { .. } | Step::CloseTest { .. } => Ok(()),
            Step::Lower { side, to, .. } => self.may_lower(*side, *to),
            Step::DeleteProduction { .. } => self.destroying("deleting the production rule"),
            Step::DeleteService { side } => {
                self.destroying("deleting a service")?;
                if self.observed.used(*side) {
                    return Err(Refusal::StillServing { side: *side, need: 1, to: 0 });
                }
                Ok(())
            }
            Step::DeleteGroup { side } => {
                self.destroying("deleting a target group")?;
                if self.observed.sides[*side].service.is_some() {
                    return Err(Refusal::StillServing { side: *side, need: 1, to: 0 });
                }
                Ok(())
            }
        }
    }

    fn destroying(&self, what: &'static str) -> Result<(), Refusal> {
        if self.intent == Intent::Destroy { Ok(()) } else { Err(Refusal::OnlyInDestroy(what)) }
    }

    fn proved(&self, side: Side, need: u32) -> Result<(), Refusal> {
        if self.evidence.proves(self.observed, self.layout, side, need) {
            Ok(())
        } else {
            Err(Refusal::NotHealthy { side, steady: self.evidence.steady[side], need })
        }
    }

    /// I4 and I1. Writing the rule anew for a side that has the public already moves nobody.
    fn public_may_go(&self, to: Side) -> Result<(), Refusal> {
        if to != self.layout.public {
            return Err(Refusal::NotWished { side: to });
        }
        if self.observed.public() == Some(to) {
            return Ok(());
        }
        self.proved(to, self.layout.need)
    }

    /// The old side needs no wished task definition to be gone back to: it served until a moment ago.
    fn public_may_return(&self, to: Side) -> Result<(), Refusal> {
        if self.evidence.moved_from != Some(to) {
            return Err(Refusal::NotWished { side: to });
        }
        if self.evidence.stands(self.observed, to, self.layout.need) {
            Ok(())
        } else {
            Err(Refusal::NotHealthy { side: to, steady: self.evidence.steady[to], need: self.layout.need })
        }
    }

    /// I2 and I3.
    fn may_lower(&self, side: Side, to: u32) -> Result<(), Refusal> {
        let need = self
            .observed
            .rules()
            .filter(|rule| sends_somebody(rule, side))
            .map(|rule| self.need_of(rule, side));
        let need = need.max().unwrap_or(0);
        if to < need {
            return Err(Refusal::StillServing { side, need, to });
        }
        if self.observed.public() == Some(side) && self.layout.public == side {
            return Ok(());
        }
        if !self.evidence.settled {
            return Err(Refusal::NotSettled);
        }
        // The side that is left is spare capacity for as long as production is not well.
        self.proved(self.layout.public, self.layout.need)
    }

    /// Tasks the traffic of `rule` needs on `side`: as wished where it is wished, else all there are.
    fn need_of(&self, rule: &Rule, side: Side) -> u32 {
        let production = self.observed.production.as_ref().is_some_and(|production| production.id == rule.id);
        let wished = if production { self.layout.public == side } else { self.layout.need_of(side) > 0 };
        match (wished, production) {
            (true, true) => self.layout.need,
            (true, false) => self.layout.sides[side].count,
            (false, _) => self.observed.desired(side).max(1),
        }
    }

    /// I5.
    fn ownership(&self, step: &Step) -> Result<(), Refusal> {
        let side_objects = |side: Side| {
            let standing = &self.observed.sides[side];
            let service = standing.service.as_ref().filter(|s| !s.ours).map(|s| s.id.clone());
            service.or_else(|| standing.group.as_ref().filter(|g| !g.ours).map(|g| g.id.clone()))
        };
        let rule_object =
            |id: &str| self.observed.rules().find(|r| r.id == id && !r.ours).map(|r| r.id.clone());
        let foreign = match step {
            Step::CreateGroup { side }
            | Step::ConfigureGroup { side }
            | Step::CreateService { side, .. }
            | Step::Start { side, .. }
            | Step::Raise { side, .. }
            | Step::Deploy { side, .. }
            | Step::Configure { side }
            | Step::Lower { side, .. }
            | Step::OpenCanary { side, .. }
            | Step::OpenTest { side }
            | Step::DeleteService { side }
            | Step::DeleteGroup { side }
            | Step::Tag { object: Object::Service(side) | Object::Group(side) } => side_objects(*side),
            Step::ChangeCanary { id, side, .. } | Step::ChangeTest { id, side } => {
                rule_object(id).or_else(|| side_objects(*side))
            }
            Step::CloseCanary { id, .. }
            | Step::CloseTest { id }
            | Step::Unpark { id }
            | Step::DeleteProduction { id }
            | Step::Tag { object: Object::Rule(id, _) } => rule_object(id),
            Step::SetPriorities { to } => to.iter().find_map(|(id, _)| rule_object(id)),
            Step::Route { .. } | Step::Return { .. } | Step::Attach => {
                self.observed.production.as_ref().filter(|r| !r.ours).map(|r| r.id.clone())
            }
            Step::CreateProduction
            | Step::Park
            | Step::Await { .. }
            | Step::AwaitGone { .. }
            | Step::Hold { .. } => None,
        };
        foreign.map_or(Ok(()), |id| Err(Refusal::NotOurs(id)))
    }
}

fn sends_somebody(rule: &Rule, side: Side) -> bool {
    !rule.matches.parked() && rule.sends.reaches(side)
}
