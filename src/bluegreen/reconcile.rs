//! One turn of a rollout: from a look to the one thing to do about it. Crash, interrupt, timeout and resume are
//! all just another first turn.

use std::time::Duration;

use super::evidence::{Evidence, Memory};
use super::gate::Gate;
use super::guard::{self, Act, Intent, Refusal};
use super::layout::{Layout, short_task_definition};
use super::observed::{Deployment, Observed};
use super::owned::{Claims, Owned};
use super::plan;
use super::repeats::Repeats;
use super::routing::Role;
use super::side::Side;
use super::step::{Step, Why};

/// Looks in a row that must find the receiver ill before the public is sent back; one may be a stale answer.
/// A third would leave callers with a failing side for 2 s more.
const ILL_LOOKS: u8 = 2;

/// Looks in a row that must find our id in a strange place; what it stands beside may not have been seen yet.
const CLAIMED_LOOKS: u8 = 4;

/// What a rollout keeps from turn to turn, for one layout.
#[derive(Clone, Debug)]
pub struct Turns {
    intent: Intent,
    memory: Memory,
    repeats: Repeats,
    ill_looks: u8,
    claimed_looks: u8,
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
    #[error("{id} is not this resource's: {}", .tag.as_ref().map_or("it has no tag bluegreen:resource, and the state does not hold it".to_owned(), |tag| format!("its tag bluegreen:resource is \"{tag}\"")))]
    NotOurs { id: String, tag: Option<String> },
    #[error(
        "{id} carries this resource's tag and stands where this resource puts nothing: somebody copied the tag"
    )]
    Claimed { id: String },
    #[error("the rule {rule}, which this resource did not make, sends its callers to {side}")]
    Borrowed { side: Side, rule: String },
}

impl Stuck {
    /// The side that is to blame, if one is.
    pub fn side(&self) -> Option<Side> {
        match self {
            Stuck::ReleaseFailed { side, .. } | Stuck::Replaced { side, .. } => Some(*side),
            Stuck::WentBack { from, .. } => Some(*from),
            Stuck::Borrowed { side, .. } => Some(*side),
            Stuck::Contested { .. } | Stuck::NotOurs { .. } | Stuck::Claimed { .. } => None,
        }
    }
}

impl Turns {
    pub fn new(intent: Intent) -> Self {
        Turns {
            intent,
            memory: Memory::default(),
            repeats: Repeats::default(),
            ill_looks: 0,
            claimed_looks: 0,
            returned: None,
        }
    }

    /// `now` is since any fixed moment and never goes backwards.
    pub fn next(&mut self, observed: &Observed, layout: &Layout, now: Duration) -> Turn {
        let layout = &*layout.over(observed);
        self.memory.look(observed, layout, now);
        let evidence = self.memory.evidence(observed, now);
        if let Some(stuck) = &self.returned {
            return match self.sends_back(observed, layout, &evidence) {
                Some(act) => Turn::Act(act),
                None => Turn::Stuck(stuck.clone()),
            };
        }
        if let Some(turn) = self.not_ours(observed, layout) {
            return turn;
        }
        let step = match self.intent {
            Intent::Create | Intent::Release => {
                self.way_back(observed, layout, &evidence).or_else(|| plan::next(observed, layout, &evidence))
            }
            Intent::Destroy => {
                plan::next_leaving(observed).or_else(|| plan::next_farewell(observed, layout, &evidence))
            }
            Intent::CleanUp => plan::next_clean_up(&Claims::new(observed, layout).ours(), layout, &evidence),
            Intent::Leave => plan::next_leaving(&Claims::new(observed, layout).ours()),
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

    /// A run that meets what is another's touches nothing more. What is to go only with its users is not begun.
    fn not_ours(&mut self, observed: &Observed, layout: &Layout) -> Option<Turn> {
        if matches!(self.intent, Intent::CleanUp | Intent::Leave) {
            return None;
        }
        let strangers = Claims::new(observed, layout).strangers();
        self.claimed_looks = if strangers.is_empty() { 0 } else { self.claimed_looks.saturating_add(1) };
        if let Some(stranger) = strangers.iter().find(|stranger| stranger.owned == Owned::Foreign) {
            let (id, tag) = (stranger.id.clone(), stranger.tag.clone());
            return Some(Turn::Stuck(Stuck::NotOurs { id, tag }));
        }
        if let Some(stranger) = strangers.first() {
            let stuck = Stuck::Claimed { id: stranger.id.clone() };
            let patient = self.claimed_looks < CLAIMED_LOOKS;
            return Some(if patient { Turn::Wait(Step::Await(layout.settle())) } else { Turn::Stuck(stuck) });
        }
        let refers = |side: Side| observed.others().find(move |other| other.sends[side].is_some());
        let (side, other) = Side::BOTH.into_iter().find_map(|side| Some((side, refers(side)?)))?;
        let borrowed = Stuck::Borrowed { side, rule: other.id.clone() };
        (self.intent == Intent::Destroy).then_some(Turn::Stuck(borrowed))
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
        Some(Step::ChangeRule { id: rule.id.clone(), to: layout.production_at(rule, to), why: Why::SendBack })
    }

    /// Who comes by another listener goes back too.
    fn sends_back(&self, observed: &Observed, layout: &Layout, evidence: &Evidence) -> Option<Act> {
        let Some(Stuck::WentBack { from, to }) = self.returned else { return None };
        let mut rules = observed.with_role(Role::Production);
        let rule = rules.find(|rule| rule.open() && rule.sends.only() == Some(from))?;
        let to = layout.production_at(rule, to);
        let step = Step::ChangeRule { id: rule.id.clone(), to, why: Why::SendBack };
        guard::admit(&step, self.intent, observed, layout, evidence).ok()
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
