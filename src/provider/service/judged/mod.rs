//! Terraform's own rules, held against whole lives of a service: random wishes one after the other, applies that
//! are cut short anywhere, edits by others, and values that are not known while planning.

mod wishes;

#[path = "../../../../tests/support/core_rules.rs"]
mod core_rules;

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use self::core_rules::{Attributes, assert_compatible, assert_plan_valid, proposed_new};
use super::{attributes, decode, planned, private, state};
use crate::bluegreen::evidence::Evidence;
use crate::bluegreen::layout::Layout;
use crate::bluegreen::observed::Observed;
use crate::bluegreen::side::Side;
use crate::bluegreen::{effect, plan as planner};
use terraform_plugin::{Kind, PlanRequest, PlanResponse, Presence, Value, codec};

/// What every creation draws.
const ID: &str = "0123456789abcdef";

/// One apply in a service's life.
#[derive(Clone)]
struct Chapter {
    config: Value,
    /// What others did before it.
    meddling: Vec<(u8, bool)>,
    /// What was not known yet at first.
    unknown: Vec<Index>,
    /// After how many of its steps the apply failed; done when it is more than there are.
    cut: usize,
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
        write!(out, "{}; {meddling:?} {unknown:?} {cut} {again}", set.join(" "))
    }
}

fn chapter() -> impl Strategy<Value = Chapter> {
    let meddling = prop_oneof![3 => Just(vec![]), 2 => vec((0..wishes::WAYS_TO_MEDDLE, any::<bool>()), 1..3)];
    let cut = prop_oneof![2 => Just(usize::MAX), 1 => 0..16_usize];
    let again = prop_oneof![1 => Just(0), 1 => 1..3_usize];
    (wishes::config(), meddling, vec(any::<Index>(), 1..4), cut, again)
        .prop_map(|(config, meddling, unknown, cut, again)| Chapter { config, meddling, unknown, cut, again })
}

/// What Terraform keeps, and what is really there.
#[derive(Default)]
struct Life {
    state: Value,
    private: Vec<u8>,
    facts: Observed,
}

impl Life {
    fn refresh(&mut self) {
        if self.state.is_null() {
            return;
        }
        if self.facts.nothing() {
            (self.state, self.private) = Default::default();
            return;
        }
        let read = state::object(&self.state, &self.facts);
        stored(&read);
        self.private = private::encode(&self.facts);
        same(&state::object(&read, &self.facts), &read, "a second read differs");
        self.state = read;
    }

    /// A plan that Terraform accepts.
    fn plan(&self, config: &Value) -> PlanResponse {
        let schema = attributes::service_ref();
        let request = |prior: &Value| PlanRequest {
            prior: prior.clone(),
            proposed: proposed_new(&schema.attributes, prior, config),
            config: config.clone(),
            private: self.private.clone(),
        };
        let planned = planned::plan(&request(&self.state));
        let again = planned::plan(&request(&self.state));
        same(&planned.planned, &again.planned, "not pure");
        assert_eq!((&planned.private, &planned.requires_replace), (&again.private, &again.requires_replace));
        codec::encode(&planned.planned, &schema.object_type()).unwrap();
        assert_plan_valid(&schema.attributes, &self.state, config, &planned.planned, "");
        for path in &planned.requires_replace {
            assert_ne!(self.state.at(path), planned.planned.at(path), "{path}");
        }
        // A replacement is planned once more, as a creation.
        if !planned.requires_replace.is_empty() {
            let anew = planned::plan(&request(&Value::Null));
            assert_plan_valid(&schema.attributes, &Value::Null, config, &anew.planned, "");
        }
        planned
    }

    fn steps(&self, planned: &Value) -> (Layout, Vec<crate::bluegreen::step::Step>) {
        let layout = Layout::of(&decode::spec(planned).expect("a wholly known wish"));
        let layout = Layout { id: ID.to_owned(), ..layout };
        let steps = planner::story(&self.facts, &layout);
        (layout, steps)
    }

    /// What `ApplyResourceChange` does, in a world where all goes well until it is cut short.
    fn apply(&mut self, planned: &Value, cut: usize) {
        let (layout, steps) = self.steps(planned);
        let mut evidence = Evidence::default();
        for step in steps.iter().take(cut) {
            effect::apply(step, &layout, &mut self.facts, &mut evidence);
        }
        if cut < steps.len() {
            if self.state.is_null() {
                // A killed create leaves nothing in the state; what it made is taken up by the next.
                return;
            }
            let mut truth = state::object(planned, &self.facts);
            truth.set("rollout_steps", Value::list::<Value>([]));
            self.state = truth;
        } else {
            let mut new = planned.clone();
            if new.get("creation_id").is_unknown() {
                new.set("creation_id", ID);
            }
            state::names(&mut new, &self.facts);
            if new.get("phase").is_unknown() {
                new.set("phase", decode::phase(&new).map(|phase| phase.name()));
            }
            assert_compatible(&attributes::service_ref().attributes, planned, &new, "");
            self.state = new;
        }
        stored(&self.state);
        self.private = private::encode(&self.facts);
    }
}

/// Fit to be kept in a state.
fn stored(value: &Value) {
    assert!(value.is_wholly_known(), "{value:?}");
    codec::encode(value, &attributes::service_ref().object_type()).unwrap();
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

fn live(chapters: &[Chapter]) -> Life {
    let attributes = &attributes::service_ref().attributes;
    let mut life = Life::default();
    let chapters = chapters.iter().flat_map(|chapter| std::iter::repeat_n(chapter, chapter.again + 1));
    for Chapter { config, meddling, unknown, cut, .. } in chapters {
        for (how, blue) in meddling {
            wishes::meddle(&mut life.facts, *how, if *blue { Side::Blue } else { Side::Green });
        }
        life.refresh();
        let planned = life.plan(config);

        let blurred = wishes::blurred(config, unknown);
        if !unknown.is_empty() && !super::validate::config(&blurred).has_errors() {
            let first = life.plan(&blurred);
            // A replacement stays one, whatever turns out; only updates are compared.
            if first.requires_replace.is_empty() {
                assert!(
                    planned.requires_replace.is_empty(),
                    "an update that turns into a replacement: {:?}",
                    planned.requires_replace
                );
                assert_compatible(attributes, &first.planned, &planned.planned, "");
            }
            assert!(first.planned != life.state, "a plan with unknown values came out as no change");
        }

        if planned.diagnostics.has_errors() || !planned.requires_replace.is_empty() {
            continue;
        }
        if planned.planned == life.state {
            let (_, steps) = life.steps(&planned.planned);
            assert!(steps.is_empty(), "Terraform sees no change, and there is work to do: {steps:?}");
            continue;
        }
        let creates = life.state.is_null();
        if creates {
            // Where nothing has been read, the apply begins with the same checks.
            let (layout, _) = life.steps(&planned.planned);
            if planned::problems(&life.facts, &layout).has_errors() {
                continue;
            }
        }
        life.apply(&planned.planned, *cut);
        if creates && life.state.is_null() {
            continue;
        }
        let (_, left) = life.steps(&planned.planned);
        let before = life.state.clone();
        life.refresh();
        let next = life.plan(config);
        if left.is_empty() {
            same(&life.state, &before, "Terraform would tell of changes made outside of it");
            same(&next.planned, &life.state, "the second plan is not empty");
        } else {
            assert!(next.planned != life.state, "the rest of the work is hidden: {left:?}");
        }
    }
    life
}

/// As `ImportResourceState` begins it, and the read that follows completes it.
fn imported(of: &Value, facts: &Observed) -> Value {
    let identity = ["id", "creation_id", "cluster", "name", "vpc_id", "listener_arn"];
    let identity = identity.map(|name| (name, of.get(name).as_str().unwrap()));
    let state = state::imported(&identity, facts);
    state::object(&state, facts)
}

/// The configuration Terraform writes for a state: everything a user may set.
fn generated(attributes: &Attributes, state: &Value) -> Value {
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

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn terraform_accepts_a_whole_life(chapters in vec(chapter(), 1..5)) {
        live(&chapters);
    }

    #[test]
    fn a_configuration_generated_for_an_import_plans_clean(mut chapter in chapter()) {
        (chapter.meddling, chapter.cut, chapter.again) = (Vec::new(), usize::MAX, 0);
        // Found by its rules, which are AWS's to tell.
        chapter.config.set("test_listener", Value::Null);
        let mut life = live(&[chapter]);
        prop_assume!(!life.state.is_null());
        life.state = imported(&life.state, &life.facts);
        life.refresh();
        let config = generated(&attributes::service_ref().attributes, &life.state);
        let wrong = super::validate::config(&config);
        prop_assert!(!wrong.has_errors(), "{wrong:?}");
        let planned = life.plan(&config);
        prop_assert!(!planned.diagnostics.has_errors(), "{:?}", planned.diagnostics);
        same(&planned.planned, &life.state, "the plan after the import is not empty");
    }
}

/// Applied, with `timeouts.update` set: an input that no step depends on.
fn applied(meddling: &[(u8, bool)]) -> (Life, Value) {
    let mut runner = TestRunner::deterministic();
    let mut config = wishes::config().new_tree(&mut runner).unwrap().current();
    let set = [("create", Value::Null), ("update", "5m".into()), ("delete", Value::Null)];
    config.set("timeouts", Value::object(set));
    let chapter =
        Chapter { config, meddling: meddling.to_vec(), unknown: Vec::new(), cut: usize::MAX, again: 1 };
    (live(std::slice::from_ref(&chapter)), chapter.config)
}

/// "Provider produced inconsistent final plan" otherwise: an apply plans again when everything is known.
#[test]
fn an_input_that_turns_out_as_it_was_changes_no_list_of_steps() {
    // Without work to do, and with the very work of the last apply.
    for meddling in [&[][..], &[(2, true)]] {
        let (mut life, config) = applied(meddling);
        for (how, _) in meddling {
            wishes::meddle(&mut life.facts, *how, Side::Blue);
        }
        life.refresh();
        let mut blurred = config.clone();
        blurred.set("timeouts.update", Value::Unknown);
        let (first, last) = (life.plan(&blurred), life.plan(&config));
        assert_compatible(&attributes::service_ref().attributes, &first.planned, &last.planned, "");
        assert_eq!(last.planned == life.state, meddling.is_empty());
    }
}
