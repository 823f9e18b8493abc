//! From one listener to another while everything else may change too: nobody is turned away, and nobody chosen sees
//! the sides change under him.

use std::rc::Rc;

use bluegreen_provider::bluegreen::guard::{Intent, Refusal, admit};
use bluegreen_provider::bluegreen::layout::Layout;
use bluegreen_provider::bluegreen::phase::Phase;
use bluegreen_provider::bluegreen::plan;
use bluegreen_provider::bluegreen::reconcile::{Stuck, Turn, Turns};
use bluegreen_provider::bluegreen::routing::{Role, Rule};
use bluegreen_provider::bluegreen::side::Side;
use bluegreen_provider::bluegreen::spec::{Spec, TestListener};
use bluegreen_provider::bluegreen::step::Step;

use crate::disturbance::{DISTURBANCES, Disturbance};
use crate::wish::{from_everywhere, spec, specs};
use crate::{Story, TURNS, standing, turns_of};

const HTTP: &str = "arn:aws:elasticloadbalancing:x:1:listener/app/lb/1/2";
const HTTPS: &str = "arn:aws:elasticloadbalancing:x:1:listener/app/lb/1/443";
const THIRD: &str = "arn:aws:elasticloadbalancing:x:1:listener/app/lb/1/8443";

/// Whom a listener sends a chosen caller to, by these rules.
fn chosen(rules: &[Rule], listener: &str) -> Option<Side> {
    let mut there: Vec<&Rule> =
        rules.iter().filter(|rule| rule.open() && rule.on_listener(listener)).collect();
    there.sort_by_key(|rule| rule.priority);
    there.first()?.sends.only()
}

/// Some listener has the public's rule on every node.
fn way_in(story: &Story) -> bool {
    let views = story.world.views();
    [HTTP, HTTPS, THIRD].iter().any(|listener| {
        views.iter().all(|rules| {
            let production = |rule: &&Rule| rule.role == Role::Production && rule.open();
            rules.iter().filter(production).any(|rule| rule.on_listener(listener))
        })
    })
}

struct Watched {
    story: Story,
    /// What a chosen caller saw, whichever listener he came by.
    saw: Vec<Side>,
}

impl Watched {
    fn new(start: &Story, to: &Spec) -> Watched {
        let mut story = Story { world: start.world.clone(), told: Vec::new(), ..Story::new(to.clone()) };
        story.served = true;
        Watched { story, saw: Vec::new() }
    }

    fn turn(&mut self, strikes: &[Disturbance]) -> Option<Turn> {
        let turn = self.story.turn(strikes);
        if !self.story.outsiders {
            let told = || self.story.told.join("\n");
            assert!(way_in(&self.story), "no listener serves on every node\n{}", told());
            let rules = &self.story.world.rules;
            let seen: Vec<Side> =
                [HTTP, HTTPS, THIRD].iter().filter_map(|listener| chosen(rules, listener)).collect();
            assert!(seen.windows(2).all(|two| two[0] == two[1]), "{rules:?}\n{}", told());
            if let Some(side) = seen.first().filter(|side| self.saw.last() != Some(side)) {
                self.saw.push(*side);
            }
        }
        turn
    }

    fn settle(&mut self) {
        for _ in 0..TURNS {
            match self.turn(&[]) {
                Some(Turn::Done) => {
                    let (layout, rules) = (&self.story.layout, &self.story.world.rules);
                    assert!(rules.iter().all(|rule| !layout.leaves(rule)), "{rules:?}");
                    let rest = plan::story(&self.story.world.look(), layout);
                    assert!(rest.is_empty(), "{rest:?}\n{}", self.story.told.join("\n"));
                    let group = self.story.world.sides.blue.group.as_ref().unwrap();
                    let said = group.tags.get("bluegreen:listeners").map(String::as_str);
                    let mut ids: Vec<_> =
                        [Some(&layout.listener), layout.test.as_ref().map(|it| &it.listener)]
                            .into_iter()
                            .flatten()
                            .filter_map(|listener| listener.rsplit('/').next())
                            .collect();
                    ids.sort_unstable();
                    assert!(said.is_none_or(|said| said == ids.join("/")), "{said:?}");
                    return;
                }
                Some(Turn::Stuck(_)) => self.story.turns = Turns::new(Intent::Release),
                _ => {}
            }
        }
        panic!("did not converge in {TURNS} turns\n{}", self.story.told.join("\n"));
    }
}

fn moved(spec: &Spec, phase: Phase) -> Spec {
    Spec { listener: HTTPS.to_owned(), phase, ..spec.clone() }
}

fn every_phase() -> impl Iterator<Item = (Phase, Phase)> {
    Phase::ALL.into_iter().flat_map(|from| Phase::ALL.map(|to| (from, to)))
}

#[test]
fn a_move_to_another_listener_with_every_disturbance_at_every_turn_turns_nobody_away() {
    println!("listeners: {} runs", from_everywhere(moves_from));
}

fn moves_from(name: &str, spec: &Spec, from: Phase, full: bool) -> u64 {
    let aborts = [Disturbance::Listener(HTTP), Disturbance::Listener(THIRD)];
    let start = standing(spec, from);
    let (mut runs, mut number) = (0u64, 0usize);
    for to in Phase::ALL {
        let wish = moved(spec, to);
        let turns = turns_of(&start, &wish);
        assert!(turns < TURNS, "{name}: {from} -> {to} does not end by itself");
        let strikes: Vec<(usize, Disturbance)> = (0..=turns)
            .flat_map(|turn| DISTURBANCES.into_iter().chain(aborts).map(move |what| (turn, what)))
            .collect();
        for (index, first) in strikes.iter().enumerate() {
            let seconds = strikes[index..].iter().filter(|second| second.0 > first.0);
            for second in std::iter::once(None).chain(seconds.map(Some)) {
                number += 1;
                let ours = second.is_none() && aborts.contains(&first.1);
                if !(full || ours || number.is_multiple_of(397)) {
                    continue;
                }
                let mut run = Watched::new(&start, &wish);
                let last = second.map_or(first.0, |second| second.0);
                for turn in 0..=last {
                    let now = |strike: &(usize, Disturbance)| (strike.0 == turn).then_some(strike.1);
                    let now: Vec<_> = std::iter::once(first).chain(second).filter_map(now).collect();
                    if let Some(Turn::Stuck(_)) = run.turn(&now) {
                        run.story.turns = Turns::new(Intent::Release);
                    }
                }
                run.settle();
                runs += 1;
            }
        }
    }
    runs
}

/// The guard refused what the planner proposed then, and the apply ended there.
#[test]
fn callers_whom_an_outsider_moved_are_no_example_for_those_of_another_listener() {
    for ((_, spec), (from, to)) in specs().iter().flat_map(|spec| every_phase().map(move |two| (spec, two))) {
        let start = standing(spec, from);
        for quiet in 0..8 {
            let mut run = Watched::new(&start, &moved(spec, to));
            (0..quiet).for_each(|_| drop(run.turn(&[])));
            run.turn(&[Disturbance::Detach]);
            run.turn(&[Disturbance::Listener(THIRD)]);
            run.settle();
        }
    }
}

#[test]
fn nobody_chosen_changes_sides_twice_whatever_else_a_move_to_another_listener_changes() {
    for ((_, spec), (from, to)) in specs().iter().flat_map(|spec| every_phase().map(move |two| (spec, two))) {
        let mut run = Watched::new(&standing(spec, from), &moved(spec, to));
        run.settle();
        assert!(run.saw.len() <= 2, "{from} -> {to}: {:?}\n{}", run.saw, run.story.told.join("\n"));
    }
}

#[test]
fn the_move_is_told_as_it_is_lived_and_comes_before_all_else() {
    for ((_, spec), (from, to)) in specs().iter().flat_map(|spec| every_phase().map(move |two| (spec, two))) {
        let (start, wish) = (standing(spec, from), moved(spec, to));
        let layout = Layout::of(&wish);
        let story = plan::story(&start.world.look(), &layout);
        // When nothing is left on the old listener the tag says so, be it before or after a wait.
        let counts = |step: &&Step| !step.waits() && !matches!(step, Step::Tag { .. });
        let told: Vec<String> = story.iter().filter(counts).map(|step| step.sentence(&layout)).collect();
        let mut run = Watched::new(&start, &wish);
        run.settle();
        let mut lived = run.story.told.clone();
        lived.retain(|step| !step.starts_with("tag the"));
        assert_eq!(lived, told, "{from} -> {to}");
        // The same with the listener that it came from.
        let mut back = Watched::new(&run.story, &Spec { listener: HTTP.to_owned(), ..wish });
        back.settle();
    }
    let start = standing(&spec(Phase::Stable), Phase::Canary);
    let layout = Layout::of(&moved(&spec(Phase::Stable), Phase::Promoted));
    let told: Vec<String> =
        plan::story(&start.world.look(), &layout).iter().map(|step| step.sentence(&layout)).collect();
    assert_eq!(
        told,
        [
            "tag the BLUE target group",
            "raise GREEN: 1 -> 2 tasks",
            "wait until 2 BLUE targets are healthy",
            "send app.example.com from 10.0.0.0/16, 10.2.0.0/16, 10.4.0.0/16, 10.6.0.0/16 to GREEN (rule 99)",
            "send app.example.com from 10.8.0.0/16, 10.10.0.0/16 to GREEN (rule 98)",
            "send app.example.com to BLUE by the listener 443 too (rule 100)",
            "hold 3s",
            "delete the production rule (100) on the listener 2, which is left",
            "delete the canary rule (99) on the listener 2, which is left",
            "delete the canary rule (98) on the listener 2, which is left",
            "send app.example.com to GREEN (rule 100)",
            "close the canary (rule 99)",
            "close the canary (rule 98)",
            "hold 3s",
            "stop BLUE: 2 -> 0 tasks",
            "tag the BLUE target group",
        ]
    );
}

#[test]
fn a_sick_candidate_does_not_delay_the_way_back_by_another_listener() {
    let start = standing(&spec(Phase::Stable), Phase::Promoted);
    let mut story = Watched::new(&start, &moved(&spec(Phase::Stable), Phase::Stable)).story;
    story.outsiders = true;
    let turns = (0..TURNS)
        .take_while(|_| {
            let green = story.world.sides.green.service.as_mut().unwrap();
            green.tasks.iter_mut().for_each(|task| task.ill = true);
            story.turn(&[]);
            story.world.look().public() != Some(Side::Blue)
        })
        .count();
    assert!(turns < 20, "{turns} turns\n{}", story.told.join("\n"));
    story.settle();
    assert!(story.world.rules.iter().all(|rule| rule.on_listener(HTTPS)));
}

/// A receiver that falls ill while both listeners still have rules.
#[test]
fn the_way_back_is_for_the_callers_of_both_listeners() {
    let start = standing(&spec(Phase::Stable), Phase::Canary);
    let mut story = Watched::new(&start, &moved(&spec(Phase::Stable), Phase::Canary)).story;
    while story.world.rules.iter().filter(|rule| rule.role == Role::Production).count() < 2 {
        story.turn(&[]);
    }
    // Another run, which promotes, is told that the old listener is wished again when the public has just moved.
    story.spec = spec(Phase::Promoted);
    story.layout = Rc::new(Layout::of(&story.spec));
    story.turns = Turns::new(Intent::Release);
    while story.world.look().public() != Some(Side::Green) {
        story.turn(&[]);
    }
    story.turn(&[Disturbance::Sicken]);
    let stuck = (0..12).find_map(|_| match story.turn(&[]) {
        Some(Turn::Stuck(stuck)) => Some(stuck),
        _ => None,
    });
    assert_eq!(stuck, Some(Stuck::WentBack { from: Side::Green, to: Side::Blue }));
    assert_eq!(story.world.look().public(), Some(Side::Blue));
}

#[test]
fn the_test_rule_moves_too_and_may_change_places_with_production() {
    let test = |listener: &str| {
        Some(TestListener {
            listener: listener.to_owned(),
            priority: 1,
            sources: [].into(),
            all_conditions: false,
        })
    };
    let from = Spec { test: test(HTTPS), ..spec(Phase::Stable) };
    for (phase, listener, other) in every_phase()
        .filter(|(phase, to)| phase == to)
        .flat_map(|(phase, _)| [(phase, HTTP, THIRD), (phase, HTTPS, HTTP), (phase, THIRD, HTTP)])
    {
        let start = standing(&from, phase);
        let to = Spec { listener: listener.to_owned(), test: test(other), phase, ..from.clone() };
        let mut story = Watched::new(&start, &to).story;
        let mut gaps = 0;
        for _ in 0..TURNS {
            let turn = story.turn(&[]);
            gaps += usize::from(start.world.has(Role::Test) && !story.world.has(Role::Test));
            let in_the_way = |rule: &&Rule| rule.role == Role::Test && rule.on_listener(listener);
            let serves = |rule: &Rule| rule.role == Role::Production && rule.on_listener(listener);
            let rules = &story.world.rules;
            assert!(!rules.iter().any(|rule| in_the_way(&rule) && rules.iter().any(serves)), "{rules:?}");
            if matches!(turn, Some(Turn::Done)) {
                break;
            }
        }
        assert_eq!(story.settle(), []);
        assert!(story.world.rules.iter().all(|rule| !story.layout.leaves(rule)));
        // Where production does not come in between, the testers are never without a way either.
        assert!(gaps == 0 || listener == HTTPS, "{phase}, to {listener}: {gaps} turns");
    }
}

#[test]
fn the_guard_lets_no_rule_go_before_the_one_on_the_new_listener_has_settled() {
    let start = standing(&spec(Phase::Stable), Phase::Stable);
    let wish = moved(&spec(Phase::Stable), Phase::Stable);
    let layout = Layout::of(&wish);
    let old = start.world.look().production().unwrap().clone();
    let delete = Step::DeleteRule { id: old.id.clone(), role: Role::Production, priority: 100 };
    let mut story = Watched::new(&start, &wish).story;
    let mut refusals = Vec::new();
    while story.world.rules.iter().any(|rule| rule.id == old.id) {
        let observed = story.world.look();
        let mut memory = bluegreen_provider::bluegreen::evidence::Memory::default();
        memory.look(&observed, &layout, story.world.time());
        let fresh = memory.evidence(&observed, story.world.time());
        let judged = admit(&delete, Intent::Release, &observed, &layout, &fresh).map(|_| ());
        if refusals.last() != Some(&judged) {
            refusals.push(judged);
        }
        story.turn(&[]);
    }
    assert_eq!(refusals, [Err(Refusal::TakesAway), Err(Refusal::NotSettled)]);
    // Nor when the new one sends elsewhere, or nobody.
    let mut observed = story.world.look();
    observed
        .rules
        .push(Rule { sends: bluegreen_provider::bluegreen::routing::Sends::both(Side::Green), ..old });
    let settled = bluegreen_provider::bluegreen::evidence::Evidence {
        stood: Some(std::time::Duration::from_secs(60)),
        ..Default::default()
    };
    let judged = admit(&delete, Intent::Release, &observed, &layout, &settled).map(|_| ());
    assert_eq!(judged, Err(Refusal::TakesAway));
}

/// ECS refuses a service whose group no rule has, and nobody checks its targets.
#[test]
fn a_group_taken_off_the_rule_is_on_it_again_before_its_side_starts() {
    let mut start = standing(&spec(Phase::Stable), Phase::Stable);
    start.turn(&[Disturbance::Detach]);
    let layout = Layout::of(&spec(Phase::Staged));
    let told: Vec<String> =
        plan::story(&start.world.look(), &layout).iter().map(|step| step.sentence(&layout)).collect();
    assert_eq!(
        told,
        [
            "attach both target groups to the production rule (100), moving nobody",
            "start GREEN: 0 -> 1 task of app:2",
            "wait until 1 GREEN target is healthy",
        ]
    );
}
