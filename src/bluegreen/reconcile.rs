//! One turn of a rollout: from a look to the one thing to do about it. Crash, interrupt, timeout and resume are
//! all just another first turn.

use std::time::Duration;

use super::evidence::{Evidence, Memory};
use super::gate::Gate;
use super::guard::{self, Act, Intent, Refusal};
use super::layout::{Layout, short_task_definition};
use super::observed::{Deployment, Observed};
use super::plan;
use super::repeats::Repeats;
use super::side::Side;
use super::step::{Step, Why};

/// Looks in a row that must find the receiver ill before the public is sent back; one may be a stale answer.
/// A third would leave callers with a failing side for 2 s more.
const ILL_LOOKS: u8 = 2;

/// What a rollout keeps from turn to turn, for one layout.
#[derive(Clone, Debug)]
pub struct Turns {
    intent: Intent,
    memory: Memory,
    repeats: Repeats,
    ill_looks: u8,
    returned: Option<Stuck>,
}

/// What to do after one look.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    Act(Act),
    /// Nothing to do but look again; the step says what is waited for.
    Wait(Step),
    Done,
    /// Waiting longer would not help.
    Stuck(Stuck),
    /// The guard stands against the planner: a fault in this program.
    Refused(Step, Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stuck {
    #[error("the deployment on {side} failed: {reason}")]
    ReleaseFailed { side: Side, reason: String },
    #[error(
        "the deployment on {side} was replaced by {found}: ECS rolled it back, or somebody else deployed meanwhile"
    )]
    Replaced { side: Side, found: String },
    #[error("{from} fell ill after the switch, so everybody was sent back to {to}, which was still running")]
    WentBack { from: Side, to: Side },
    #[error("it was done {times} times in this run and undone every time, and not by this run")]
    Contested { step: Box<Step>, times: u8 },
}

impl Stuck {
    /// The side that is to blame, if one is.
    pub fn side(&self) -> Option<Side> {
        match self {
            Stuck::ReleaseFailed { side, .. } | Stuck::Replaced { side, .. } => Some(*side),
            Stuck::WentBack { from, .. } => Some(*from),
            Stuck::Contested { .. } => None,
        }
    }
}

impl Turns {
    pub fn new(intent: Intent) -> Self {
        Turns { intent, memory: Memory::default(), repeats: Repeats::default(), ill_looks: 0, returned: None }
    }

    /// `now` is since any fixed moment and never goes backwards.
    pub fn next(&mut self, observed: &Observed, layout: &Layout, now: Duration) -> Turn {
        let layout = &*layout.over(observed);
        self.memory.look(observed, layout, now);
        let evidence = self.memory.evidence(observed, now);
        if let Some(stuck) = &self.returned {
            return Turn::Stuck(stuck.clone());
        }
        let step = match self.intent {
            Intent::Release => {
                self.way_back(observed, layout, &evidence).or_else(|| plan::next(observed, layout, &evidence))
            }
            Intent::Destroy => plan::next_farewell(observed, layout, &evidence),
        };
        let Some(step) = step else { return Turn::Done };
        if let Some(stuck) = stuck(&step, observed, &evidence) {
            return Turn::Stuck(stuck);
        }
        if step.waits() {
            return Turn::Wait(step);
        }
        if let Some(times) = self.repeats.hopeless(&step) {
            return Turn::Stuck(Stuck::Contested { step: Box::new(step), times });
        }
        match guard::admit(&step, self.intent, observed, layout, &evidence) {
            Ok(act) => Turn::Act(act),
            Err(refusal) => Turn::Refused(step, refusal),
        }
    }

    /// To be told of every act that was carried out; how often this run has done it by now. More than once means a
    /// stale answer or somebody else, and the next look had better wait.
    pub fn acted(&mut self, step: &Step) -> u8 {
        if let Step::ChangeRule { to, why: Why::SendBack, .. } = step
            && let Some(to) = to.sends.only()
        {
            self.returned = Some(Stuck::WentBack { from: to.other(), to });
        }
        self.memory.acted(step);
        self.repeats.acted(step)
    }

    /// To be told of every act whose call failed: it may have had its effect all the same.
    pub fn tried(&mut self, step: &Step) {
        self.memory.tried(step);
    }

    fn way_back(&mut self, observed: &Observed, layout: &Layout, evidence: &Evidence) -> Option<Step> {
        let to = evidence.moved_from?;
        let ill = observed.public() == Some(layout.public) && evidence.healthy[layout.public] < layout.need;
        self.ill_looks = if ill { self.ill_looks.saturating_add(1) } else { 0 };
        let back = self.ill_looks >= ILL_LOOKS && evidence.stands(observed, to, layout.need);
        let rule = observed.production().filter(|_| back)?;
        Some(Step::ChangeRule { id: rule.id.clone(), to: layout.production_rule(to), why: Why::SendBack })
    }
}

/// A wait that cannot end well.
fn stuck(step: &Step, observed: &Observed, evidence: &Evidence) -> Option<Stuck> {
    let Step::Await(Gate::Healthy { side, .. }) = step else { return None };
    let service = observed.service(*side)?;
    if evidence.astray[*side] {
        let found = short_task_definition(&service.task_definition).to_owned();
        return Some(Stuck::Replaced { side: *side, found });
    }
    match &service.deployment {
        Deployment::Failed(reason) if evidence.deployed[*side] => {
            Some(Stuck::ReleaseFailed { side: *side, reason: reason.clone() })
        }
        _ => None,
    }
}
