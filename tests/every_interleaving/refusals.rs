//! What the guard refuses, whoever proposes it.

use std::time::Duration;

use bluegreen_provider::bluegreen::evidence::{Evidence, Memory};
use bluegreen_provider::bluegreen::guard::{Intent, Refusal, admit};
use bluegreen_provider::bluegreen::layout::Layout;
use bluegreen_provider::bluegreen::matches::Matches;
use bluegreen_provider::bluegreen::observed::Observed;
use bluegreen_provider::bluegreen::owned::Mark;
use bluegreen_provider::bluegreen::phase::Phase;
use bluegreen_provider::bluegreen::routing::{Neighbour, Role, Rule, RuleWish, Sends};
use bluegreen_provider::bluegreen::side::{Pair, Side};
use bluegreen_provider::bluegreen::step::{Object, Step, Why};

use crate::standing;
use crate::wish::spec;

/// The facts of a service that stands in `phase`, and evidence that has seen them long enough.
fn stands(phase: Phase) -> (Observed, Evidence) {
    let observed = standing(&spec(Phase::Stable), phase).world.look();
    let layout = Layout::of(&spec(phase));
    let mut memory = Memory::default();
    memory.look(&observed, &layout, Duration::ZERO);
    let later = Duration::from_secs(60);
    memory.look(&observed, &layout, later);
    let evidence = memory.evidence(&observed, later);
    (observed, evidence)
}

fn judged(step: &Step, wish: Phase, observed: &Observed, evidence: &Evidence) -> Result<(), Refusal> {
    admit(step, Intent::Release, observed, &Layout::of(&spec(wish)), evidence).map(|_| ())
}

fn canary_for(sources: &[&str]) -> Step {
    let sources = sources.iter().map(|net| net.parse().unwrap()).collect();
    Step::CreateRule(Layout::of(&spec(Phase::Canary)).canary_rule(Side::Green, 99, sources))
}

fn canary_rule() -> Step {
    canary_for(&["10.0.0.0/16"])
}

/// The production rule's change to `to`.
fn route(observed: &Observed, to: Side, why: Why) -> Step {
    let id = observed.production().unwrap().id.clone();
    Step::ChangeRule { id, to: Layout::of(&spec(Phase::Stable)).production_rule(to), why }
}

fn rule_of(observed: &mut Observed, role: Role) -> &mut Rule {
    observed.rules.iter_mut().find(|rule| rule.role == role).unwrap()
}

#[test]
fn i1_nobody_is_sent_to_a_side_that_is_not_proved_healthy() {
    let (observed, proved) = stands(Phase::Staged);
    let route = route(&observed, Side::Green, Why::Send);
    // One task is proved, and the public needs two.
    assert_eq!(
        judged(&route, Phase::Promoted, &observed, &proved),
        Err(Refusal::NotHealthy { side: Side::Green, steady: 1, need: 2 })
    );
    assert_eq!(judged(&canary_rule(), Phase::Canary, &observed, &proved), Ok(()));
    let unproved = Evidence { steady: Pair::default(), ..proved.clone() };
    assert!(matches!(
        judged(&canary_rule(), Phase::Canary, &observed, &unproved),
        Err(Refusal::NotHealthy { .. })
    ));
}

#[test]
fn i1_the_wished_version_must_be_the_one_that_is_proved() {
    let (observed, proved) = stands(Phase::Staged);
    let mut wish = spec(Phase::Canary);
    wish.task_definitions.green = "app:9".to_owned();
    let judged = admit(&canary_rule(), Intent::Release, &observed, &Layout::of(&wish), &proved);
    assert!(matches!(judged, Err(Refusal::NotHealthy { .. })), "{judged:?}");
}

#[test]
fn i1_a_healthy_target_of_no_current_task_proves_nothing() {
    let (mut observed, _) = stands(Phase::Staged);
    let layout = Layout::of(&spec(Phase::Canary));
    for service in [&mut observed.sides.blue.service, &mut observed.sides.green.service].into_iter().flatten()
    {
        service.tasks.clear();
    }
    let mut memory = Memory::default();
    memory.look(&observed, &layout, Duration::ZERO);
    memory.look(&observed, &layout, Duration::from_secs(60));
    assert_eq!(memory.evidence(&observed, Duration::from_secs(60)).steady, Pair { blue: 0, green: 0 });
}

#[test]
fn i1_health_must_last_for_threshold_times_interval() {
    let (observed, _) = stands(Phase::Staged);
    let layout = Layout::of(&spec(Phase::Canary));
    let mut memory = Memory::default();
    memory.look(&observed, &layout, Duration::ZERO);
    let just_before = Duration::from_millis(1_999);
    memory.look(&observed, &layout, just_before);
    assert_eq!(memory.evidence(&observed, just_before).steady.blue, 0);
    let just_then = Duration::from_secs(2);
    memory.look(&observed, &layout, just_then);
    assert_eq!(memory.evidence(&observed, just_then).steady.blue, 2);
}

#[test]
fn i2_a_side_that_serves_is_not_lowered() {
    let (observed, proved) = stands(Phase::Stable);
    let lower = Step::Lower { side: Side::Blue, from: 2, to: 1 };
    for wish in Phase::ALL {
        assert!(
            matches!(
                judged(&lower, wish, &observed, &proved),
                Err(Refusal::StillServing { side: Side::Blue, .. })
            ),
            "{wish}"
        );
    }
    let (observed, proved) = stands(Phase::Canary);
    let lower = Step::Lower { side: Side::Green, from: 1, to: 0 };
    assert!(matches!(
        judged(&lower, Phase::Stable, &observed, &proved),
        Err(Refusal::StillServing { side: Side::Green, .. })
    ));
}

#[test]
fn i3_what_was_left_is_not_lowered_before_the_routing_has_settled() {
    let (observed, proved) = stands(Phase::Staged);
    let lower = Step::Lower { side: Side::Green, from: 1, to: 0 };
    assert_eq!(judged(&lower, Phase::Stable, &observed, &proved), Ok(()));
    let fresh = Evidence { stood: None, ..proved.clone() };
    assert_eq!(judged(&lower, Phase::Stable, &observed, &fresh), Err(Refusal::NotSettled));
    let ill = Evidence { steady: Pair { blue: 1, green: 1 }, ..proved.clone() };
    assert!(matches!(judged(&lower, Phase::Stable, &observed, &ill), Err(Refusal::NotHealthy { .. })));
}

#[test]
fn i4_the_public_does_not_see_the_candidate_early_and_the_canary_only_the_chosen() {
    let (observed, proved) = stands(Phase::Staged);
    for wish in [Phase::Stable, Phase::Staged, Phase::Canary] {
        let route = route(&observed, Side::Green, Why::Send);
        assert_eq!(judged(&route, wish, &observed, &proved), Err(Refusal::NotWished { side: Side::Green }));
    }
    for sources in [&[][..], &["0.0.0.0/0"], &["10.0.0.0/16", "192.0.2.0/24"]] {
        let open = canary_for(sources);
        assert_eq!(
            judged(&open, Phase::Canary, &observed, &proved),
            Err(Refusal::NotWished { side: Side::Green }),
            "{open:?}"
        );
    }
    assert!(judged(&canary_rule(), Phase::Staged, &observed, &proved).is_err());
}

#[test]
fn i5_what_is_not_ours_is_not_touched() {
    let (mut observed, proved) = stands(Phase::Canary);
    rule_of(&mut observed, Role::Production).mark = Mark::Foreign;
    rule_of(&mut observed, Role::Canary).mark = Mark::Foreign;
    observed.sides.green.service.as_mut().unwrap().mark = Mark::Foreign;
    observed.sides.blue.group.as_mut().unwrap().mark = Mark::Foreign;
    let canary = rule_of(&mut observed, Role::Canary).id.clone();
    let production = rule_of(&mut observed, Role::Production).id.clone();
    let steps = [
        route(&observed, Side::Blue, Why::Send),
        route(&observed, Side::Blue, Why::Attach),
        canary_rule(),
        Step::Reorder { to: vec![(production.clone(), 5)] },
        Step::DeleteRule { id: canary.clone(), role: Role::Canary, priority: 99 },
        Step::Tag { object: Object::Rule(canary, Role::Canary) },
        Step::Raise { side: Side::Green, from: 1, to: 2 },
        Step::Start { side: Side::Green, to: 2 },
        Step::Deploy { side: Side::Green, count: 1 },
        Step::Configure { side: Side::Green },
        Step::ConfigureGroup { side: Side::Blue },
        Step::Lower { side: Side::Green, from: 1, to: 0 },
        Step::DeleteService { side: Side::Green },
        Step::DeleteGroup { side: Side::Blue },
        Step::DeleteRule { id: production, role: Role::Production, priority: 100 },
    ];
    for step in steps {
        let layout = Layout::of(&spec(Phase::Stable));
        for intent in [Intent::Release, Intent::Destroy] {
            let judged = admit(&step, intent, &observed, &layout, &proved);
            assert!(matches!(judged, Err(Refusal::NotOurs(_))), "{step:?}: {judged:?}");
        }
    }
}

/// I2 counts rules that are not ours.
#[test]
fn i2_a_side_that_somebody_elses_rule_uses_is_not_lowered_or_deleted() {
    let (mut observed, proved) = stands(Phase::Stable);
    let sends = Pair { blue: None, green: Some(1) };
    let theirs = Neighbour { id: "theirs".to_owned(), priority: 7, matches: Matches::default(), sends };
    for at in 0..3 {
        for others in [&mut observed.neighbours, &mut observed.test_neighbours, &mut observed.elsewhere] {
            others.clear();
        }
        [&mut observed.neighbours, &mut observed.test_neighbours, &mut observed.elsewhere][at]
            .push(theirs.clone());
        let layout = Layout::of(&spec(Phase::Stable));
        for step in [
            Step::Lower { side: Side::Green, from: 1, to: 0 },
            Step::DeleteService { side: Side::Green },
            Step::DeleteGroup { side: Side::Green },
        ] {
            let judged = admit(&step, Intent::Destroy, &observed, &layout, &proved);
            assert!(matches!(judged, Err(Refusal::Borrowed { .. })), "{step:?}: {judged:?}");
        }
    }
}

#[test]
fn deleting_is_for_destroy_and_only_once_nobody_is_sent_there() {
    let (observed, proved) = stands(Phase::Stable);
    let production = observed.production().unwrap().id.clone();
    for step in [
        Step::DeleteRule { id: production, role: Role::Production, priority: 100 },
        Step::DeleteService { side: Side::Green },
        Step::DeleteGroup { side: Side::Green },
    ] {
        assert!(matches!(judged(&step, Phase::Stable, &observed, &proved), Err(Refusal::OnlyInDestroy(_))));
    }
    let layout = Layout::of(&spec(Phase::Stable));
    let destroy = |step: Step| admit(&step, Intent::Destroy, &observed, &layout, &proved);
    assert!(matches!(destroy(Step::DeleteService { side: Side::Blue }), Err(Refusal::StillServing { .. })));
    assert!(matches!(destroy(Step::DeleteGroup { side: Side::Green }), Err(Refusal::StillServing { .. })));
    assert!(destroy(Step::DeleteService { side: Side::Green }).is_ok());
}

#[test]
fn the_way_back_is_only_to_where_the_public_came_from_and_only_while_it_stands() {
    let (observed, proved) = stands(Phase::Promoted);
    let back = route(&observed, Side::Blue, Why::SendBack);
    assert!(matches!(judged(&back, Phase::Promoted, &observed, &proved), Err(Refusal::NotWished { .. })));
    let moved = Evidence { moved_from: Some(Side::Blue), ..proved.clone() };
    // BLUE has been stopped meanwhile.
    assert!(matches!(judged(&back, Phase::Promoted, &observed, &moved), Err(Refusal::NotHealthy { .. })));
}

#[test]
fn weights_mean_what_they_say() {
    assert!(Sends::both(Side::Green).all_to(Side::Green) && !Sends::both(Side::Green).reaches(Side::Blue));
    assert!(Sends::single(Side::Blue).is_single(Side::Blue) && !Sends::single(Side::Blue).attaches_both());
    assert_eq!(Sends::Elsewhere("redirect".to_owned()).only(), None);
}

/// Whatever a planner says a rule is for, it is judged by whom it sends where.
#[test]
fn i4_a_rule_is_judged_by_what_it_does_and_not_by_what_it_is_called() {
    let (observed, proved) = stands(Phase::Staged);
    let layout = Layout::of(&spec(Phase::Canary));
    let open = |change: &dyn Fn(&mut RuleWish)| {
        let mut wish = layout.canary_rule(Side::Green, 99, ["10.0.0.0/16".parse().unwrap()].into());
        change(&mut wish);
        admit(&Step::CreateRule(wish), Intent::Release, &observed, &layout, &proved).map(|_| ())
    };
    assert_eq!(open(&|_| ()), Ok(()));
    let refused = Err(Refusal::NotWished { side: Side::Green });
    // Everybody's requests, somebody else's host, and another listener, all under the name of a canary.
    assert_eq!(open(&|wish| wish.matches.sources.clear()), refused);
    assert_eq!(open(&|wish| wish.matches.hosts = ["other.example.com".to_owned()].into()), refused);
    assert_eq!(open(&|wish| wish.matches.hosts.clear()), refused);
    assert_eq!(open(&|wish| wish.listener.push('x')), refused);
    // A canary that sends to both sides sends some of the chosen to the wrong one.
    let refused = Err(Refusal::NotWished { side: Side::Blue });
    assert_eq!(open(&|wish| wish.sends = Sends::both(Side::Blue)), refused);
}

#[test]
fn i1_the_rule_that_serves_is_not_parked() {
    let (observed, proved) = stands(Phase::Stable);
    let layout = Layout::of(&spec(Phase::Stable));
    let id = observed.production().unwrap().id.clone();
    let park = Step::ChangeRule { id, to: layout.parked_rule(Role::Production, 100), why: Why::Send };
    assert_eq!(judged(&park, Phase::Stable, &observed, &proved), Err(Refusal::TakesAway));
}
