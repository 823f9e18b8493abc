//! Terraform's own rules, held against whole lives of a service: random wishes one after the other, applies that
//! are cut short anywhere, edits by others, and values that are not known while planning.

mod meddling;
mod wishes;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use aws_sandbox::in_process::{self, InProcess};
use bluegreen_provider::provider::Bluegreen;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use terraform_plugin::testing::rules::assert_compatible;
use terraform_plugin::{Attribute, Kind, Presence, Value};
use tokio_util::sync::CancellationToken;

use crate::terraform::{Applied, Project};
use crate::wish::Place;
use crate::{plane, transport};

/// The same for every life, so that the names of what is premade are known beforehand.
const SEED: u64 = 27_182;
/// How an apply ends that would take what others have.
const TAKEN: [&str; 3] = ["is taken", "takes all of this service's requests", "keeps this for life"];

/// One apply in a service's life.
#[derive(Clone)]
struct Chapter {
    config: Value,
    /// What others did before it.
    meddling: Vec<(u8, bool)>,
    /// What was not known yet at first.
    unknown: Vec<Index>,
    /// After how many milliseconds the apply is interrupted, if at all.
    cut: Option<u64>,
    /// How often all of this happens again.
    again: usize,
}

/// What is set, one attribute after the other: values as they are take pages.
impl fmt::Debug for Chapter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = Vec::new();
        self.config.walk(&mut |path, leaf| {
            if !leaf.is_null() && leaf.as_map().is_none() {
                let text = format!("{leaf:?}");
                set.push(format!("{path}={}", text.split_whitespace().collect::<String>()));
            }
        });
        let Chapter { meddling, unknown, cut, again, .. } = self;
        write!(out, "{}; {meddling:?} {unknown:?} {cut:?} {again}", set.join(" "))
    }
}

fn chapter() -> impl Strategy<Value = Chapter> {
    let meddling = prop_oneof![3 => Just(vec![]), 2 => vec((0..meddling::WAYS, any::<bool>()), 1..3)];
    let cut = prop_oneof![2 => Just(None), 1 => (0..60_000_u64).prop_map(Some)];
    let again = prop_oneof![2 => Just(0), 1 => Just(1_usize)];
    (wishes::config(place()), meddling, vec(any::<Index>(), 1..4), cut, again)
        .prop_map(|(config, meddling, unknown, cut, again)| Chapter { config, meddling, unknown, cut, again })
}

fn place() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(|| paused(async { Place::of(&sandbox().await) }))
}

/// On a clock of its own that waits for nobody.
fn paused<T>(story: impl Future<Output = T>) -> T {
    fastrand::seed(SEED);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(story)
}

async fn sandbox() -> InProcess {
    let (sandbox, seam) =
        in_process::start(SEED, Duration::from_secs(3), Duration::from_secs(5), None).unwrap();
    plane::start(&sandbox, seam, SEED);
    sandbox
}

struct Life {
    project: Project,
    sandbox: InProcess,
}

impl Life {
    async fn begin() -> Life {
        let sandbox = sandbox().await;
        let aws = transport::connect(&sandbox, "ours", SEED).await;
        Life { project: Project::new(Bluegreen::connected(aws, 1.0)), sandbox }
    }

    async fn meddled(&mut self, meddling: &[(u8, bool)]) {
        for (how, blue) in meddling {
            let side = if *blue { "blue" } else { "green" };
            self.sandbox.with(|world, now| meddling::meddle(world, now, *how, side, &place().listener));
        }
        // Whatever comes of it has come.
        tokio::time::sleep(Duration::from_secs(60)).await;
    }

    async fn goes_through(&mut self, chapter: &Chapter) {
        let Chapter { config, meddling, unknown, cut, .. } = chapter;
        self.meddled(meddling).await;
        self.project.refresh().await.unwrap();
        let before = self.project.state.clone();
        self.project.refresh().await.unwrap();
        same(&self.project.state, &before, "a second read differs");
        let planned = self.project.propose(config);

        let blurred = wishes::blurred(config, unknown);
        if !unknown.is_empty() && wishes::validates(&blurred) {
            let first = self.project.propose(&blurred);
            // A replacement stays one, whatever turns out; only updates are compared.
            if first.requires_replace.is_empty() {
                let turned = &planned.requires_replace;
                assert!(turned.is_empty(), "an update that turns into a replacement: {turned:?}");
                self.compatible(&first.planned, &planned.planned);
            }
            assert!(first.planned != self.project.state, "unknown values came out as no change");
        }

        if planned.diagnostics.has_errors() || !planned.requires_replace.is_empty() {
            return;
        }
        self.project.config = config.clone();
        if planned.planned == self.project.state {
            let left = self.left_to_do(&planned.planned);
            assert!(left.is_empty(), "Terraform sees no change, and there is work to do: {left:?}");
            return;
        }
        let wish = planned.planned.clone();
        let stop = CancellationToken::new();
        if let Some(cut) = *cut {
            let stop = stop.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(cut)).await;
                stop.cancel();
            });
        }
        let creates = self.project.state.is_null();
        let ended = self.project.carry_out(planned, stop).await;
        let created = !self.project.state.is_null();
        match ended {
            // What serves counts as created, with a warning; what is left shows in the next plan.
            Ok(Applied::Done) if creates && cut.is_some() => self.nothing_is_hidden(config, &wish).await,
            Ok(Applied::Done | Applied::NothingToDo) => {
                let after = self.project.state.clone();
                self.project.refresh().await.unwrap();
                same(&self.project.state, &after, "Terraform would tell of changes made outside of it");
                let next = self.project.propose(config);
                same(&next.planned, &self.project.state, "the second plan is not empty");
                let left = self.left_to_do(&wish);
                assert!(left.is_empty(), "an apply that ended well left work to do: {left:?}");
            }
            Err(said) if said.contains("Interrupted") && created => {
                self.nothing_is_hidden(config, &wish).await;
            }
            Err(said) => {
                let cut = said.contains("Interrupted") && cut.is_some();
                assert!(cut || TAKEN.iter().any(|it| said.contains(it)), "{said}");
            }
        }
    }

    async fn nothing_is_hidden(&mut self, config: &Value, wish: &Value) {
        self.project.refresh().await.unwrap();
        let hidden = self.project.propose(config).planned == self.project.state;
        let left = self.left_to_do(wish);
        assert!(!hidden || left.is_empty(), "the rest of the work is hidden: {left:?}");
    }

    fn compatible(&self, first: &Value, last: &Value) {
        assert_compatible(self.project.resource().schema(), first, last);
    }

    /// What the sandbox has otherwise than `wish`, as far as it serves anybody.
    fn left_to_do(&self, wish: &Value) -> Vec<String> {
        let state = self.sandbox.with(|world, now| aws_sandbox::state_json(world, now, 1.0));
        let number = |name: &str| wish.get(name).as_i64().unwrap();
        let toggled = |name: &str| wish.get(name).as_bool().unwrap();
        let home = wish.get("primary").as_str().unwrap();
        let other = if home == "blue" { "green" } else { "blue" };
        let (public, idle) = if toggled("promote_to_all") { (other, home) } else { (home, other) };
        let staged = toggled("enable_canary") && !toggled("promote_to_all");
        let kept = number(if staged { "canary_count" } else { "standby_count" });
        let mut left = Vec::new();
        for (side, count) in [(public, number("desired_count")), (idle, kept)] {
            let name = format!("web-{side}");
            let found = state["services"].as_array().unwrap().iter();
            let mut found = found.filter(|it| it["serviceName"] == *name && it["status"] == "ACTIVE");
            let seen = found.next().map(|it| it["desiredCount"].clone());
            if seen != Some(count.into()) {
                left.push(format!("{name} has {seen:?} tasks instead of {count}"));
            }
        }
        let with_role = |role: &str| -> Vec<&serde_json::Value> {
            let rules = state["rules"].as_array().unwrap().iter();
            rules.filter(|rule| rule["tags"]["bluegreen:role"] == role).collect()
        };
        if with_role("canary").is_empty() == toggled("activate_canary") {
            left.push(format!("canary rules: {:?}", with_role("canary")));
        }
        let production = with_role("production");
        let weights = production.first().and_then(|rule| rule["action"]["forward"].as_object());
        let sent = weights.into_iter().flatten().filter(|(_, weight)| **weight != 0);
        let to: Vec<&str> = sent.map(|(group, _)| group.as_str()).collect();
        if !matches!(to[..], [group] if group.contains(&format!("/web-{public}"))) {
            left.push(format!("the public is sent to {to:?} instead of {public}"));
        }
        left
    }
}

fn same(is: &Value, expected: &Value, or: &str) {
    let mut different = Vec::new();
    let names = is.as_map().into_iter().flatten().chain(expected.as_map().into_iter().flatten());
    for (name, _) in names {
        let (is, expected) = (is.get(name), expected.get(name));
        if is != expected {
            different.push(format!("{name} is {is:?}, not {expected:?}"));
        }
    }
    different.dedup();
    assert!(is == expected, "{or}: {}", different.join("; "));
}

async fn live(chapters: &[Chapter]) -> Life {
    let mut life = Life::begin().await;
    for chapter in chapters.iter().flat_map(|chapter| std::iter::repeat_n(chapter, chapter.again + 1)) {
        life.goes_through(chapter).await;
    }
    life
}

/// The configuration Terraform writes for a state: everything a user may set.
fn generated(attributes: &BTreeMap<String, Attribute>, state: &Value) -> Value {
    let Value::Map(members) = state else { return state.clone() };
    let members = members.iter().map(|(name, value)| {
        let attribute = &attributes[name];
        let value = match (&attribute.kind, value) {
            _ if attribute.presence == Presence::Computed => Value::Null,
            (_, Value::String(text)) if text.is_empty() && attribute.presence != Presence::Required => {
                Value::Null
            }
            (Kind::Object(inner), value) => generated(inner, value),
            (Kind::ObjectList(inner), Value::List(elements)) => {
                Value::list(elements.iter().map(|element| generated(inner, element)))
            }
            (_, value) => value.clone(),
        };
        (name.clone(), value)
    });
    Value::object(members)
}

/// One in so many of `BLUEGREEN_LIVES`, which is 16 by itself.
fn cases(part: u32) -> ProptestConfig {
    let asked = std::env::var("BLUEGREEN_LIVES").ok().map_or(16, |lives| lives.parse().unwrap());
    let cases: u32 = asked / part;
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(1))]

    #[test]
    fn terraform_accepts_a_whole_life(chapters in vec(chapter(), 1..5)) {
        paused(live(&chapters));
    }
}

proptest! {
    #![proptest_config(cases(2))]

    #[test]
    fn a_configuration_generated_for_an_import_plans_clean(mut chapter in chapter()) {
        (chapter.meddling, chapter.cut, chapter.again) = (Vec::new(), None, 0);
        if chapter.config.get("promote_to_all").as_bool() == Some(true) {
            // Whoever serves the public is at home after an import, and the other side, which has no tasks, is the
            // candidate: a rule that tests it is then closed.
            chapter.config.set("test_listener", Value::Null);
        }
        paused(async {
            let mut life = live(&[chapter]).await;
            assert!(!life.project.state.is_null());
            life.project.import("shop/web").await.unwrap();
            let config = generated(&life.project.resource().schema().attributes, &life.project.state);
            assert!(wishes::validates(&config), "{config:?}");
            let planned = life.project.propose(&config);
            assert!(!planned.diagnostics.has_errors(), "{:?}", planned.diagnostics);
            same(&planned.planned, &life.project.state, "the plan after the import is not empty");
        });
    }
}

/// "Provider produced inconsistent final plan" otherwise: an apply plans again when everything is known.
#[test]
fn an_input_that_turns_out_as_it_was_changes_no_list_of_steps() {
    // No step depends on it.
    let mut config = wishes::config(place()).new_tree(&mut TestRunner::deterministic()).unwrap().current();
    config.set("primary", Value::Null);
    config.set("enable_execute_command", Value::Null);
    let set = [("create", Value::Null), ("update", "5m".into()), ("delete", Value::Null)];
    config.set("timeouts", Value::object(set));
    // Without work to do, and with the very work of the last apply, of which no attribute tells: those that both
    // sides have in common are read from the home side.
    for meddling in [vec![], vec![(2, false)]] {
        let (unknown, cut) = (Vec::new(), None);
        let chapter = Chapter { config: config.clone(), meddling: meddling.clone(), unknown, cut, again: 1 };
        paused(async {
            let mut life = live(std::slice::from_ref(&chapter)).await;
            life.meddled(&meddling).await;
            life.project.refresh().await.unwrap();
            let mut blurred = config.clone();
            blurred.set("timeouts.update", Value::Unknown);
            let (first, last) = (life.project.propose(&blurred), life.project.propose(&config));
            life.compatible(&first.planned, &last.planned);
            assert_eq!(last.planned == life.project.state, meddling.is_empty());
        });
    }
}
