//! What has been seen over time, and what it proves. The only memory a run has; losing it only costs patience.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::gate::Gate;
use super::layout::{Layout, same_task_definition};
use super::observed::{Deployment, Observed, ServiceStatus, TargetHealth};
use super::routing::Routing;
use super::side::{Pair, Side};
use super::step::Step;

/// Kept by one run, from look to look. Times are since any fixed moment.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    healthy_since: Pair<BTreeMap<String, Duration>>,
    routing_since: Option<(Routing, Duration)>,
    written: BTreeSet<String>,
    deployed: Pair<Deployed>,
    raised: Pair<bool>,
    public: Option<Side>,
    moved_from: Option<Side>,
    /// The public was seen to have no way in, and to have one since.
    closed: bool,
    opened: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Deployed {
    /// This run has sent no deployment.
    #[default]
    No,
    /// Sent, and for this many looks in a row not seen yet.
    Sent { unseen: u8 },
    /// Seen with the wished task definition, then this many looks in a row without it.
    Seen { astray: u8 },
}

/// A deployment that was seen and is then missing from so many looks in a row was replaced. ECS answers from copies
/// that may lag, and one late copy explains a look or two; a rolled back or foreign deployment stays away. Four looks
/// are 8 s at 2 s apart, and less than a new task takes to start.
const ASTRAY_LOOKS: u8 = 4;

/// A deployment that was sent and is not seen in so many looks in a row was lost, and is sent again: 20 s at 2 s apart,
/// where ECS's documentation promises nothing and a second deployment of the same definition only costs time.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>
const UNSEEN_LOOKS: u8 = 10;

/// What the memory proves at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Rules this run has written, by their ARNs.
    pub written: BTreeSet<String>,
    /// Targets that are addresses of current tasks and have been seen healthy for the whole proof time.
    pub steady: Pair<u32>,
    /// The same, healthy at this look.
    pub healthy: Pair<u32>,
    /// How long the routing has been seen unchanged; `None` since it was last touched.
    pub stood: Option<Duration>,
    /// This run has sent a deployment to the side.
    pub deployed: Pair<bool>,
    /// The deployment this run sent was there and has been replaced by another.
    pub astray: Pair<bool>,
    /// This run has given the side tasks that are still to be proved.
    pub raised: Pair<bool>,
    /// The side this run moved the public away from.
    pub moved_from: Option<Side>,
    /// This run let the public in where it had no way in before.
    pub opened: bool,
}

impl Memory {
    /// Takes in one look. Call once per look, before `evidence`.
    pub fn look(&mut self, observed: &Observed, layout: &Layout, now: Duration) {
        for side in Side::BOTH {
            let healthy = healthy_addresses(observed, side);
            let since = &mut self.healthy_since[side];
            since.retain(|address, _| healthy.contains(address));
            for address in healthy {
                since.entry(address).or_insert(now);
            }
            if let Some(service) = observed.service(side) {
                let there =
                    same_task_definition(&service.task_definition, &layout.sides[side].task_definition);
                self.deployed[side] = match (self.deployed[side], there) {
                    (Deployed::Sent { .. } | Deployed::Seen { .. }, true) => Deployed::Seen { astray: 0 },
                    (Deployed::Sent { unseen }, false) if unseen >= UNSEEN_LOOKS => Deployed::No,
                    (Deployed::Sent { unseen }, false) => Deployed::Sent { unseen: unseen + 1 },
                    (Deployed::Seen { astray }, false) => Deployed::Seen { astray: astray.saturating_add(1) },
                    (kept, _) => kept,
                };
            }
        }
        // Where the public went is told by the looks, so that an answer lost on the way changes nothing.
        if let Some(public) = observed.public() {
            match self.public {
                Some(before) if before != public && public == layout.public => self.moved_from = Some(before),
                Some(before) if before != public => self.moved_from = None,
                _ => {}
            }
            self.public = Some(public);
        }
        let closed = observed.production().is_none_or(|rule| rule.matches.parked());
        self.opened = (self.opened || self.closed) && !closed;
        self.closed = closed;
        let routing = observed.routing();
        if self.routing_since.as_ref().is_none_or(|(seen, _)| *seen != routing) {
            self.routing_since = Some((routing, now));
        }
    }

    /// Takes in a step whose call failed, perhaps after its effect.
    pub fn tried(&mut self, step: &Step) {
        if step.routes() {
            self.routing_since = None;
        }
    }

    /// Takes in a step that was carried out.
    pub fn acted(&mut self, step: &Step) {
        match step {
            Step::Start { side, to: count }
            | Step::Deploy { side, count }
            | Step::CreateService { side, count } => {
                self.deployed[*side] = Deployed::Sent { unseen: 0 };
                self.raised[*side] = *count > 0;
            }
            Step::ChangeRule { id, .. } => {
                self.written.insert(id.clone());
            }
            Step::Raise { side, .. } => self.raised[*side] = true,
            Step::Lower { side, to: 0, .. } => self.raised[*side] = false,
            _ => {}
        }
        self.tried(step);
    }

    pub fn evidence(&self, observed: &Observed, now: Duration) -> Evidence {
        let stood = self.routing_since.as_ref().filter(|(seen, _)| *seen == observed.routing());
        Evidence {
            steady: Pair::from_fn(|side| {
                let proof_time = observed.sides[side]
                    .group
                    .as_ref()
                    .map_or(Duration::MAX, |g| g.settings.health_check.proof_time());
                count(
                    self.healthy_since[side]
                        .values()
                        .filter(|since| now.saturating_sub(**since) >= proof_time),
                )
            }),
            healthy: Pair::from_fn(|side| count(self.healthy_since[side].iter())),
            stood: stood.map(|(_, since)| now.saturating_sub(*since)),
            deployed: Pair::from_fn(|side| self.deployed[side] != Deployed::No),
            astray: Pair::from_fn(
                |side| matches!(self.deployed[side], Deployed::Seen { astray } if astray >= ASTRAY_LOOKS),
            ),
            raised: self.raised,
            written: self.written.clone(),
            moved_from: self.moved_from,
            opened: self.opened,
        }
    }
}

impl Evidence {
    /// Whether what `gate` stands for has been seen.
    pub fn opens(&self, gate: &Gate, observed: &Observed, layout: &Layout) -> bool {
        match gate {
            Gate::Healthy { side, need } => self.proves(observed, layout, *side, *need),
            Gate::Gone { side } => observed.service(*side).is_none(),
            Gate::Settled { time } => self.stood.is_some_and(|stood| stood >= *time),
        }
    }

    /// The routing has been seen unchanged for `settle_time`.
    pub fn settled(&self, observed: &Observed, layout: &Layout) -> bool {
        self.opens(&layout.settle(), observed, layout)
    }

    /// `side` runs the wished task definition, wholly rolled out, with at least `need` tasks whose targets have
    /// been healthy for the whole proof time.
    pub fn proves(&self, observed: &Observed, layout: &Layout, side: Side, need: u32) -> bool {
        self.stands(observed, side, need)
            && observed.service(side).is_some_and(|service| {
                service.deployment == Deployment::Completed
                    && same_task_definition(&service.task_definition, &layout.sides[side].task_definition)
            })
    }

    /// `side` has at least `need` tasks whose targets have been healthy for the whole proof time, whatever
    /// task definition they run.
    pub fn stands(&self, observed: &Observed, side: Side, need: u32) -> bool {
        observed.service(side).is_some_and(|service| {
            service.status == ServiceStatus::Active && service.desired >= need && service.running >= need
        }) && self.steady[side] >= need
    }
}

/// Addresses that are healthy in the side's own group *and* belong to a current task of its service.
fn healthy_addresses(observed: &Observed, side: Side) -> Vec<String> {
    let standing = &observed.sides[side];
    let (Some(service), Some(group)) = (&standing.service, &standing.group) else { return Vec::new() };
    group
        .targets
        .iter()
        .filter(|target| target.health == TargetHealth::Healthy && service.tasks.contains(&target.address))
        .map(|target| target.address.clone())
        .collect()
}

fn count(items: impl Iterator) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bluegreen::plan;
    use crate::bluegreen::spec::Spec;
    use crate::bluegreen::{effect, routing::Role};

    /// Everything as wished, by the story of it, but for the way in.
    fn created() -> (Observed, Layout) {
        let spec = Spec {
            hosts: ["a.example.com".to_owned()].into(),
            desired_count: 1,
            settle_time: Duration::from_secs(30),
            ..Spec::default()
        };
        let (layout, mut facts) = (Layout::of(&spec), Observed::default());
        for step in plan::story(&facts, &layout) {
            effect::apply(&step, &layout, &mut facts, &mut Evidence::default());
        }
        (facts, layout)
    }

    #[test]
    fn a_run_that_lets_the_public_in_ends_when_that_has_settled() {
        let (open, layout) = created();
        let mut parked = open.clone();
        parked.rules.iter_mut().for_each(|rule| rule.matches = layout.parked_matches());
        let second = Duration::from_secs;
        let next = |memory: &mut Memory, facts: &Observed, at: u64| {
            memory.look(facts, &layout, second(at));
            plan::next(facts, &layout, &memory.evidence(facts, second(at)))
        };
        let mut memory = Memory::default();
        let opens = next(&mut memory, &parked, 0);
        assert!(!matches!(opens, None | Some(Step::Await(Gate::Settled { .. }))), "{opens:?}");
        assert_eq!(next(&mut memory, &open, 10), Some(Step::Await(layout.settle())));
        assert_eq!(next(&mut memory, &open, 39), Some(Step::Await(layout.settle())));
        assert_eq!(next(&mut memory, &open, 40), None);
        // One that found the public let in already has nothing to wait for.
        assert_eq!(next(&mut Memory::default(), &open, 0), None);
        let story = plan::story(&Observed::default(), &layout);
        assert_eq!(story.last(), Some(&Step::Await(layout.settle())));
        assert!(open.with_role(Role::Production).count() == 1);
    }
}
