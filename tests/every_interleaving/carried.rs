//! What stands on the production rule beside hosts and paths stays there, and every other way in has it too.

use bluegreen_provider::bluegreen::carried::{Before, Secret, Session, Transform};
use bluegreen_provider::bluegreen::evidence::Evidence;
use bluegreen_provider::bluegreen::extras::Asked;
use bluegreen_provider::bluegreen::guard::{Intent, Refusal, admit};
use bluegreen_provider::bluegreen::layout::Layout;
use bluegreen_provider::bluegreen::matches::{Header, Matches};
use bluegreen_provider::bluegreen::observed::Observed;
use bluegreen_provider::bluegreen::phase::Phase;
use bluegreen_provider::bluegreen::plan;
use bluegreen_provider::bluegreen::preflight;
use bluegreen_provider::bluegreen::reconcile::{Turn, Turns};
use bluegreen_provider::bluegreen::routing::{Role, Rule};
use bluegreen_provider::bluegreen::side::Side;
use bluegreen_provider::bluegreen::spec::Spec;
use bluegreen_provider::bluegreen::step::{Step, Why};

use crate::disturbance::DISTURBANCES;
use crate::wish::{spec, specs};
use crate::{Story, standing, turns_of};

fn header() -> Header {
    Header { name: "X-Cdn".to_owned(), values: ["secret".to_owned()].into(), ..Header::default() }
}

fn asks() -> Matches {
    Matches { headers: [header()].into(), ..Matches::default() }
}

fn token() -> Before {
    let (issuer, jwks_endpoint) = ("https://id".to_owned(), "https://id/keys".to_owned());
    Before::Jwt { issuer, jwks_endpoint, claims: Vec::new() }
}

fn oidc() -> Before {
    let text = |text: &str| format!("https://id/{text}");
    Before::Oidc {
        issuer: text(""),
        authorization_endpoint: text("a"),
        token_endpoint: text("t"),
        user_info_endpoint: text("u"),
        client_id: "c".to_owned(),
        session: Session::default(),
    }
}

/// Somebody's hand on the production rule.
fn by_hand(observed: &mut Observed, change: impl Fn(&mut Rule)) {
    observed.rules.iter_mut().filter(|rule| rule.role == Role::Production).for_each(change);
}

fn guarded(rule: &mut Rule) {
    rule.matches.headers.insert(header());
    rule.carried.before = vec![token()];
}

fn look(phase: Phase) -> Observed {
    standing(&spec(Phase::Stable), phase).world.look()
}

/// As the state has it after somebody's hand: what nobody asked for, and what is known of it.
fn known(spec: Spec) -> Spec {
    let mut known = spec;
    known.extras.conditions.value = asks();
    known.extras.jwt.value = Some(token());
    known
}

fn whole(story: &Story) {
    for rule in story.world.rules.iter().filter(|rule| !rule.matches.parked()) {
        let told = || format!("{rule:?}\n{}", story.told.join("\n"));
        assert!(rule.carried.before == [token()], "no login: {}", told());
        assert!(rule.role == Role::Test || rule.matches.headers == asks().headers, "no header: {}", told());
    }
}

#[test]
fn a_header_and_a_login_outlive_every_move_with_every_disturbance() {
    for (_, spec) in specs() {
        let spec = known(spec);
        for from in Phase::ALL {
            let start = standing(&spec, from);
            whole(&start);
            for to in Phase::ALL.into_iter().filter(|to| *to != from) {
                let wish = Spec { phase: to, ..spec.clone() };
                for (turn, what) in
                    (0..=turns_of(&start, &wish)).flat_map(|turn| DISTURBANCES.map(|what| (turn, what)))
                {
                    let mut story = Story { world: start.world.clone(), ..Story::new(wish.clone()) };
                    story.served = true;
                    for now in 0..=turn {
                        let strikes = if now == turn { &[what][..] } else { &[] };
                        if let Some(Turn::Stuck(_)) = story.turn(strikes) {
                            story.turns = Turns::new(Intent::Release);
                        }
                        whole(&story);
                    }
                    story.settle();
                    whole(&story);
                }
            }
        }
    }
}

#[test]
fn what_was_put_there_by_hand_is_no_difference_and_the_canary_has_it_with_less_room() {
    let mut observed = look(Phase::Staged);
    by_hand(&mut observed, guarded);
    assert_eq!(plan::story(&observed, &Layout::of(&spec(Phase::Staged))), []);
    let steps = plan::story(&observed, &Layout::of(&spec(Phase::Canary)));
    let canary: Vec<_> = steps
        .iter()
        .filter_map(|step| if let Step::CreateRule(to) = step { Some(to) } else { None })
        .collect();
    // One host and one header leave room for three of the six blocks.
    assert_eq!(canary.iter().map(|to| to.matches.sources.len()).collect::<Vec<_>>(), [3, 3]);
    assert!(canary.iter().all(|to| to.matches.headers == asks().headers && to.carried.before == [token()]));
    assert!(!steps.iter().any(|step| matches!(step, Step::ChangeRule { .. })), "{steps:?}");
}

#[test]
fn what_is_said_to_be_none_goes_and_what_is_asked_for_comes() {
    let mut observed = look(Phase::Stable);
    by_hand(&mut observed, guarded);
    let mut wish = spec(Phase::Stable);
    wish.extras.conditions = Asked { value: Matches::default(), keeps: false };
    wish.extras.transforms = Asked {
        value: vec![Transform { kind: "url-rewrite".to_owned(), rewrites: Vec::new() }],
        keeps: false,
    };
    let layout = Layout::of(&wish);
    let steps = plan::story(&observed, &layout);
    let [Step::ChangeRule { to, .. }] = &steps[..] else { panic!("{steps:?}") };
    assert!(to.matches.headers.is_empty() && to.carried.before == [token()]);
    assert_eq!(to.carried.transforms, wish.extras.transforms.value);
    let told = preflight::check(&observed, &layout);
    assert!(told.iter().any(|it| !it.fatal && it.detail.contains("loses: header X-Cdn")), "{told:?}");
}

#[test]
fn i7_the_guard_lets_nothing_be_left_out() {
    let mut observed = look(Phase::Staged);
    let bare = Layout::of(&spec(Phase::Canary));
    let canary = Step::CreateRule(bare.canary_rule(Side::Green, 99, ["10.0.0.0/16".parse().unwrap()].into()));
    let id = observed.production().unwrap().id.clone();
    let route = Step::ChangeRule { id, to: bare.production_rule(Side::Blue), why: Why::Send };
    let judged = |step: &Step, observed: &Observed, wish: &Spec| {
        let evidence = Evidence {
            steady: bluegreen_provider::bluegreen::side::Pair { blue: 2, green: 2 },
            ..Evidence::default()
        };
        admit(step, Intent::Release, observed, &Layout::of(wish), &evidence).map(|_| ())
    };
    let wish = spec(Phase::Canary);
    assert_eq!((judged(&canary, &observed, &wish), judged(&route, &observed, &wish)), (Ok(()), Ok(())));
    let hands: [fn(&mut Rule); 5] = [
        |rule| rule.matches = Matches { headers: [header()].into(), ..rule.matches.clone() },
        |rule| rule.matches.sources = ["192.0.2.0/24".parse().unwrap()].into(),
        |rule| rule.matches.unknown = ["weather".to_owned()].into(),
        |rule| rule.carried.before = vec![token()],
        |rule| rule.carried.before = vec![Before::Unknown("retina-scan".to_owned())],
    ];
    for hand in hands {
        let mut observed = observed.clone();
        by_hand(&mut observed, hand);
        for step in [&canary, &route] {
            let judged = judged(step, &observed, &wish);
            assert!(matches!(judged, Err(Refusal::Drops(_))), "{step:?}: {judged:?}");
        }
    }
    by_hand(&mut observed, guarded);
    let mut none = wish.clone();
    none.extras.conditions.keeps = false;
    none.extras.jwt.keeps = false;
    assert_eq!((judged(&canary, &observed, &none), judged(&route, &observed, &none)), (Ok(()), Ok(())));
}

#[test]
fn what_cannot_be_carried_is_said_before_the_first_write() {
    let fatal = |observed: &Observed, wish: &Spec| -> Vec<String> {
        let problems = preflight::check(observed, &Layout::of(wish));
        problems.into_iter().filter(|it| it.fatal).map(|it| it.detail).collect()
    };
    let mut observed = look(Phase::Staged);
    by_hand(&mut observed, |rule| rule.carried.before = vec![oidc()]);
    assert_eq!(fatal(&observed, &spec(Phase::Promoted)), [""; 0]);
    let told = fatal(&observed, &spec(Phase::Canary));
    assert!(told[0].contains("client's secret") && told.len() == 1, "{told:?}");
    let given = Spec { oidc_secret: Some(Secret::from("s")), ..spec(Phase::Canary) };
    assert_eq!(fatal(&observed, &given), [""; 0]);

    let mut observed = look(Phase::Staged);
    by_hand(&mut observed, |rule| rule.matches.unknown = ["weather".to_owned()].into());
    assert_eq!(fatal(&observed, &spec(Phase::Staged)), [""; 0]);
    for phase in [Phase::Canary, Phase::Promoted] {
        assert!(fatal(&observed, &spec(phase))[0].contains("the condition weather"));
    }

    let mut observed = look(Phase::Staged);
    by_hand(&mut observed, |rule| {
        rule.matches.methods = ["GET", "HEAD", "PUT", "POST"].map(str::to_owned).into();
    });
    assert!(fatal(&observed, &spec(Phase::Canary))[0].contains("1 host + 4 methods, which makes 5"));

    let mut observed = look(Phase::Staged);
    by_hand(&mut observed, |rule| rule.matches.sources = ["192.0.2.0/24".parse().unwrap()].into());
    assert!(fatal(&observed, &spec(Phase::Canary))[0].contains("lets in only 192.0.2.0/24"));
}

#[test]
fn the_test_listener_has_the_logins_and_says_what_else_it_leaves_out() {
    let (_, tested) = specs().pop().unwrap();
    let mut observed = standing(&tested, Phase::Stable).world.look();
    by_hand(&mut observed, guarded);
    for all in [false, true] {
        let mut wish = Spec { phase: Phase::Staged, ..tested.clone() };
        wish.test.as_mut().unwrap().all_conditions = all;
        let layout = Layout::of(&wish);
        let steps = plan::story(&observed, &layout);
        let opened = steps.iter().find_map(|step| match step {
            Step::CreateRule(to) if to.role == Role::Test => Some(to),
            _ => None,
        });
        let opened = opened.unwrap();
        assert_eq!((opened.matches.headers.is_empty(), &opened.carried.before), (!all, &vec![token()]));
        let told = preflight::check(&observed, &layout);
        assert_eq!(told.iter().any(|it| !it.fatal && it.detail.contains("not: header X-Cdn")), !all);
    }
}

#[test]
fn a_new_secret_is_sent_once_to_every_rule_that_has_the_login() {
    let mut wish = spec(Phase::Canary);
    wish.extras.oidc = Asked { value: Some(oidc()), keeps: false };
    wish.oidc_secret = Some(Secret::from("old"));
    let mut story = standing(&wish, Phase::Canary);
    story.spec.new_secret = true;
    story.wish(Phase::Canary);
    story.turns = Turns::new(Intent::Release);
    story.told.clear();
    for _ in 0..40 {
        story.turn(&[]);
    }
    // Two canary rules, and production.
    assert_eq!(story.told.len(), 3, "{:?}", story.told);
}
