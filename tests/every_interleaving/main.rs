//! The planner, the guard and the loop against a small pure world: every move, with every disturbance at every
//! turn, and pairs of disturbances. `BLUEGREEN_SWEEP=full` takes every pair instead of a spread of them.

#![allow(clippy::unwrap_used)]

mod carried;
mod disturbance;
mod listeners;
mod refusals;
mod wish;
mod world;

use std::rc::Rc;

use bluegreen_provider::bluegreen::guard::Intent;
use bluegreen_provider::bluegreen::layout::Layout;
use bluegreen_provider::bluegreen::observed::Deployment;
use bluegreen_provider::bluegreen::phase::Phase;
use bluegreen_provider::bluegreen::plan;
use bluegreen_provider::bluegreen::reconcile::{Stuck, Turn, Turns};
use bluegreen_provider::bluegreen::routing::{Forward, Role, Sends};
use bluegreen_provider::bluegreen::side::{Pair, Side};
use bluegreen_provider::bluegreen::spec::Spec;
use bluegreen_provider::bluegreen::step::Step;

use disturbance::{DISTURBANCES, Disturbance};
use wish::{spec, specs};
use world::{BAD, World};

const TURNS: usize = 400;

#[derive(Clone)]
struct Story {
    world: World,
    spec: Spec,
    /// Of `spec`; kept, for a story has thousands of turns.
    layout: Rc<Layout>,
    turns: Turns,
    /// From then on somebody is served, and nothing may point at an empty side.
    served: bool,
    outsiders: bool,
    told: Vec<String>,
}

impl Story {
    fn new(spec: Spec) -> Self {
        Story {
            world: World::default(),
            layout: Rc::new(Layout::of(&spec)),
            spec,
            turns: Turns::new(Intent::Release),
            served: false,
            outsiders: false,
            told: Vec::new(),
        }
    }

    fn wish(&mut self, phase: Phase) {
        self.spec.phase = phase;
        self.layout = Rc::new(Layout::of(&self.spec));
    }

    /// One look, one act if there is one, one tick. `disturbances` strike between the look and the act.
    fn turn(&mut self, disturbances: &[Disturbance]) -> Option<Turn> {
        let layout = self.layout.clone();
        let observed = self.world.look();
        let turn = self.turns.next(&observed, &layout, self.world.time());
        let mut twice = false;
        for disturbance in disturbances {
            self.told.push(format!("! {disturbance:?}"));
            twice |= *disturbance == Disturbance::Twice;
            self.strike(*disturbance);
            if disturbance.is_another_run() {
                self.tick();
                return None;
            }
        }
        match &turn {
            Turn::Act(act) => {
                self.told.push(act.step().sentence(&layout));
                self.perform(act.step(), &layout);
                // A rule made twice would be two.
                if twice && !matches!(act.step(), Step::CreateRule(_)) {
                    self.perform(act.step(), &layout);
                }
                self.turns.acted(act.step());
            }
            Turn::Refused(step, refusal) => {
                panic!("{step:?} was refused: {refusal}\n{}", self.told.join("\n"))
            }
            Turn::Wait(_) | Turn::Done | Turn::Stuck(_) => {}
        }
        self.tick();
        Some(turn)
    }

    fn perform(&mut self, step: &Step, layout: &Layout) {
        // An outsider may have struck since the look; what is gone cannot be changed, and AWS says so.
        let gone = match step {
            Step::ChangeRule { id, .. } => !self.world.rules.iter().any(|rule| rule.id == *id),
            Step::CreateService { .. } => !self.world.has(Role::Production) && !self.world.has(Role::Parking),
            _ => false,
        };
        if gone {
            return;
        }
        let before: Vec<bool> = Side::BOTH.iter().map(|side| self.world.routed(*side)).collect();
        self.world.perform(step, layout);
        for (side, before) in Side::BOTH.into_iter().zip(before) {
            let newly = self.world.routed(side) && !before;
            let shrunk = matches!(step, Step::Lower { side: lowered, .. } if *lowered == side);
            let judged = newly || (shrunk && self.world.reached(side) && !self.outsiders);
            assert!(
                !judged || self.world.healthy(side) > 0 || self.outsiders,
                "{step:?} left {side} without a healthy task for its callers\n{}",
                self.told.join("\n")
            );
        }
        self.served |= self.world.routed(Side::Blue) || self.world.routed(Side::Green);
    }

    fn tick(&mut self) {
        self.world.tick();
        if self.outsiders || !self.served {
            return;
        }
        for side in Side::BOTH {
            assert!(
                !self.world.reached(side) || self.world.healthy(side) > 0,
                "{side} is reached and empty\n{}",
                self.told.join("\n")
            );
        }
    }

    fn strike(&mut self, disturbance: Disturbance) {
        self.outsiders |= disturbance.is_an_outsider();
        let forward =
            |blue, green| Sends::Forward(Forward { ours: Pair { blue, green }, ..Forward::default() });
        match disturbance {
            Disturbance::Crash => self.turns = Turns::new(Intent::Release),
            Disturbance::Pause => (0..4).for_each(|_| self.tick()),
            Disturbance::Twice => {}
            Disturbance::HalfAndHalf => self.send(forward(Some(50), Some(50))),
            Disturbance::Maintenance => self.send(Sends::Elsewhere("fixed-response".to_owned())),
            Disturbance::Detach => self.send(forward(Some(1), None)),
            Disturbance::DeleteProduction => {
                self.world.reroute(|world| world.rules.retain(|rule| rule.role != Role::Production));
            }
            Disturbance::DeleteCanary => {
                self.world.reroute(|world| world.rules.retain(|rule| rule.role != Role::Canary));
            }
            Disturbance::StopIdle => {
                for side in Side::BOTH {
                    let idle = !self.world.reached(side);
                    if let Some(deployed) = &mut self.world.sides[side].service {
                        deployed.scale(if idle { 0 } else { deployed.service.desired.max(2) - 1 });
                    }
                }
            }
            Disturbance::Sicken => {
                let public = self.layout.public;
                if let Some(deployed) = &mut self.world.sides[public].service {
                    deployed.tasks.iter_mut().for_each(|task| task.ill = true);
                }
            }
            Disturbance::Change(phase) => {
                self.wish(phase);
                self.turns = Turns::new(Intent::Release);
            }
            Disturbance::Listener(listener) => {
                self.spec.listener = listener.to_owned();
                self.strike(Disturbance::Change(self.spec.phase));
            }
        }
    }

    fn send(&mut self, sends: Sends) {
        self.world.edit(Role::Production, |rule| {
            if !rule.matches.parked() {
                rule.sends = sends.clone();
            }
        });
    }

    /// Left alone; a run that is stuck is followed by another, as one apply by the next.
    fn settle(&mut self) -> Vec<Stuck> {
        let mut stuck = Vec::new();
        for _ in 0..TURNS {
            match self.turn(&[]) {
                Some(Turn::Done) => {
                    let rest = plan::story(&self.world.look(), &self.layout);
                    assert!(rest.is_empty(), "done, and yet to do: {rest:?}\n{}", self.told.join("\n"));
                    return stuck;
                }
                Some(Turn::Stuck(reason)) => {
                    self.told.push(format!("stuck: {reason}"));
                    stuck.push(reason);
                    self.turns = Turns::new(Intent::Release);
                    if stuck.len() > 3 {
                        return stuck;
                    }
                }
                _ => {}
            }
        }
        panic!("did not converge in {TURNS} turns\n{}", self.told.join("\n"));
    }
}

/// A service that stands in `phase`, and has served for a while.
fn standing(spec: &Spec, phase: Phase) -> Story {
    let mut story = Story::new(Spec { phase, ..spec.clone() });
    assert_eq!(story.settle(), []);
    story.told.clear();
    story
}

fn turns_of(story: &Story, to: &Spec) -> usize {
    let mut alone = Story { world: story.world.clone(), told: Vec::new(), ..Story::new(to.clone()) };
    alone.served = true;
    (0..TURNS).take_while(|_| !matches!(alone.turn(&[]), Some(Turn::Done | Turn::Stuck(_)))).count()
}

/// Runs one move with the given disturbances and lets it settle.
fn disturbed(start: &Story, to: &Spec, strikes: &[(usize, Disturbance)]) {
    let mut story = Story { world: start.world.clone(), told: Vec::new(), ..Story::new(to.clone()) };
    story.served = true;
    let last = strikes.iter().map(|(turn, _)| *turn).max().unwrap_or(0);
    for turn in 0..=last {
        let now: Vec<Disturbance> =
            strikes.iter().filter(|(at, _)| *at == turn).map(|(_, what)| *what).collect();
        if let Some(Turn::Stuck(_)) = story.turn(&now) {
            story.turns = Turns::new(Intent::Release);
        }
    }
    story.settle();
}

#[test]
fn every_move_with_every_disturbance_at_every_turn_converges_and_drops_nobody() {
    println!("every_interleaving: {} runs", wish::from_everywhere(moves_from));
}

fn moves_from(name: &str, spec: &Spec, from: Phase, full: bool) -> u64 {
    let (mut runs, mut pair) = (0u64, 0u64);
    let start = standing(spec, from);
    for to in Phase::ALL.into_iter().filter(|to| *to != from) {
        let wish = Spec { phase: to, ..spec.clone() };
        let turns = turns_of(&start, &wish);
        assert!(turns < TURNS, "{name}: {from} -> {to} does not end by itself");
        let strikes: Vec<(usize, Disturbance)> =
            (0..=turns).flat_map(|turn| DISTURBANCES.map(|what| (turn, what))).collect();
        for first in &strikes {
            disturbed(&start, &wish, &[*first]);
            runs += 1;
            for second in &strikes {
                pair += 1;
                if full || pair.is_multiple_of(97) {
                    disturbed(&start, &wish, &[*first, *second]);
                    runs += 1;
                }
            }
        }
    }
    runs
}

#[test]
fn creation_is_parked_until_it_can_serve_and_survives_every_disturbance() {
    for (_, spec) in specs() {
        for phase in Phase::ALL {
            let mut left_alone = Story::new(Spec { phase, ..spec.clone() });
            for _ in 0..30 {
                for what in DISTURBANCES {
                    let mut story = left_alone.clone();
                    story.turn(&[what]);
                    story.settle();
                }
                left_alone.turn(&[]);
            }
        }
    }
}

#[test]
fn a_bad_release_leaves_the_public_where_it_was() {
    for from in Phase::ALL {
        let start = standing(&spec(Phase::Stable), from);
        let serving = start.world.look().public().unwrap();
        for to in [Phase::Staged, Phase::Canary, Phase::Promoted] {
            let mut wish = Spec { phase: to, ..spec(Phase::Stable) };
            wish.task_definitions[serving.other()] = BAD.to_owned();
            if Layout::of(&wish).sides[serving.other()].demand.none() {
                continue;
            }
            let mut story = Story { world: start.world.clone(), told: Vec::new(), ..Story::new(wish) };
            story.served = true;
            let stuck = story.settle();
            assert!(!stuck.is_empty(), "{from} -> {to} called a bad release good");
            let public = story.world.look().public();
            // With the bad side as home's other, only the other side may serve.
            assert_eq!(public, Some(serving), "{from} -> {to}\n{}", story.told.join("\n"));
        }
    }
}

#[test]
fn a_first_release_that_never_gets_healthy_is_given_up_with_ecs_reason() {
    let mut wish = spec(Phase::Stable);
    wish.task_definitions.blue = BAD.to_owned();
    let mut story = Story::new(wish);
    let stuck = (0..60).find_map(|_| match story.turn(&[]) {
        Some(Turn::Stuck(stuck)) => Some(stuck),
        _ => None,
    });
    assert!(matches!(stuck, Some(Stuck::ReleaseFailed { side: Side::Blue, .. })), "{stuck:?}");
    assert_eq!(story.world.look().public(), None);
}

#[test]
fn a_receiver_that_falls_ill_while_settling_gives_the_public_back() {
    let start = standing(&spec(Phase::Stable), Phase::Canary);
    let wish = spec(Phase::Promoted);
    let mut story = Story { world: start.world.clone(), told: Vec::new(), ..Story::new(wish) };
    story.served = true;
    while !matches!(story.world.look().public(), Some(Side::Green)) {
        story.turn(&[]);
    }
    story.turn(&[Disturbance::Sicken]);
    let stuck = (0..10).find_map(|_| match story.turn(&[]) {
        Some(Turn::Stuck(stuck)) => Some(stuck),
        _ => None,
    });
    assert_eq!(stuck, Some(Stuck::WentBack { from: Side::Green, to: Side::Blue }));
    assert_eq!(story.world.look().public(), Some(Side::Blue));
    assert_eq!(story.world.healthy(Side::Blue), 2);
}

#[test]
fn a_sick_green_does_not_delay_the_way_back_to_blue() {
    for to in [Phase::Stable, Phase::Staged, Phase::Canary] {
        let start = standing(&spec(Phase::Stable), Phase::Promoted);
        let well = turns_to_blue(&start, to, false);
        let ill = turns_to_blue(&start, to, true);
        assert!(ill <= well, "{to}: {ill} turns with a sick GREEN, {well} without");
    }
}

fn turns_to_blue(start: &Story, to: Phase, ill: bool) -> usize {
    let mut story = Story { world: start.world.clone(), told: Vec::new(), ..Story::new(spec(to)) };
    story.served = true;
    story.outsiders = ill;
    (0..TURNS)
        .take_while(|_| {
            if let (true, Some(green)) = (ill, &mut story.world.sides.green.service) {
                green.tasks.iter_mut().for_each(|task| task.ill = true);
            }
            story.turn(&[]);
            story.world.look().public() != Some(Side::Blue)
        })
        .count()
}

#[test]
fn swapping_sides_moves_nobody_and_coming_home_is_a_release() {
    let promoted = standing(&spec(Phase::Stable), Phase::Promoted);
    let swapped = Spec { primary: Side::Green, ..spec(Phase::Stable) };
    assert_eq!(plan::story(&promoted.world.look(), &Layout::of(&swapped)), []);

    let mut home = spec(Phase::Stable);
    home.task_definitions.blue = "app:3".to_owned();
    let layout = Layout::of(&home);
    let told: Vec<String> =
        plan::story(&promoted.world.look(), &layout).iter().map(|step| step.sentence(&layout)).collect();
    assert_eq!(
        told,
        [
            "start BLUE: 0 -> 2 tasks of app:3",
            "wait until 2 BLUE targets are healthy",
            "send app.example.com to BLUE (rule 100)",
            "hold 3s",
            "stop GREEN: 2 -> 0 tasks",
        ]
    );
}

#[test]
fn destroy_from_any_moment_leaves_nothing() {
    for (_, spec) in specs() {
        for turn in 0..25 {
            let mut story = Story::new(Spec { phase: Phase::Canary, ..spec.clone() });
            for _ in 0..turn {
                story.turn(&[]);
            }
            story.turns = Turns::new(Intent::Destroy);
            // While a resource is destroyed, its callers go where the listener's other rules send them.
            story.outsiders = true;
            let done = (0..TURNS).any(|_| matches!(story.turn(&[]), Some(Turn::Done)));
            assert!(done && story.world.look().nothing(), "{}", story.told.join("\n"));
        }
    }
}

#[test]
fn the_story_told_is_the_story_lived() {
    for (name, spec) in specs() {
        for from in Phase::ALL {
            for to in Phase::ALL {
                let start = standing(&spec, from);
                let wish = Spec { phase: to, ..spec.clone() };
                let layout = Layout::of(&wish);
                let told: Vec<Step> = plan::story(&start.world.look(), &layout)
                    .into_iter()
                    .filter(|step| !step.waits())
                    .collect();
                let mut story = Story { world: start.world.clone(), told: Vec::new(), ..Story::new(wish) };
                story.served = true;
                story.settle();
                let told: Vec<String> = told.iter().map(|step| step.sentence(&layout)).collect();
                assert_eq!(story.told, told, "{name}: {from} -> {to}");
            }
        }
    }
}

#[test]
fn a_failed_deployment_is_tried_anew_by_the_next_run() {
    let mut story = standing(&spec(Phase::Stable), Phase::Stable);
    story.wish(Phase::Staged);
    story.turns = Turns::new(Intent::Release);
    let green = story.world.sides.green.service.as_mut().unwrap();
    green.service.desired = 1;
    green.service.deployment = Deployment::Failed("tasks failed to start".to_owned());
    let layout = story.layout.clone();
    let told = plan::story(&story.world.look(), &layout);
    assert_eq!(told.first(), Some(&Step::Deploy { side: Side::Green, count: 1 }), "{told:?}");
    assert_eq!(story.settle(), []);
}
