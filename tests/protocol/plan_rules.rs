//! Terraform's own rules for plans, held against our drafts.

use std::collections::BTreeMap;

use proptest::prelude::*;
use terraform_plugin::testing::rules::{assert_plan_valid, proposed_new};
use terraform_plugin::{Attribute, Kind, PlanRequest, Presence, Value, planning};

use super::host::toy_schema;
use super::random::value_of;

type Attributes = BTreeMap<String, Attribute>;

/// A configuration: computed attributes are not set, required ones are.
fn as_config(attributes: &Attributes, value: Value) -> Value {
    let Value::Map(members) = value else { return value };
    let members = members.into_iter().map(|(name, value)| {
        let attribute = &attributes[&name];
        let value = match (&attribute.kind, value) {
            _ if attribute.presence == Presence::Computed => Value::Null,
            (_, Value::Null) if attribute.presence == Presence::Required => "given".into(),
            (Kind::Object(members), value @ Value::Map(_)) => as_config(members, value),
            (Kind::ObjectList(members), Value::List(elements)) => {
                Value::List(elements.into_iter().map(|e| as_config(members, e)).collect())
            }
            (_, value) => value,
        };
        (name, value)
    });
    Value::Map(members.collect())
}

/// A state: wholly known.
fn as_state(value: Value) -> Value {
    match value {
        Value::Unknown => Value::Null,
        Value::List(elements) => Value::List(elements.into_iter().map(as_state).collect()),
        Value::Map(members) => Value::Map(members.into_iter().map(|(k, v)| (k, as_state(v))).collect()),
        value => value,
    }
}

fn request(prior: Value, config: Value) -> PlanRequest {
    let proposed = proposed_new(&toy_schema(), &prior, &config);
    PlanRequest { prior, proposed, config, private: Vec::new() }
}

proptest! {
    #[test]
    fn terraform_accepts_every_draft(
        prior in value_of(toy_schema().object_type()),
        config in value_of(toy_schema().object_type()),
        create in any::<bool>(),
    ) {
        prop_assume!(prior.as_map().is_some() && config.as_map().is_some());
        let schema = toy_schema();
        let prior = if create { Value::Null } else { as_state(prior) };
        let config = as_config(&schema.attributes, config);
        let request = request(prior, config);
        let draft = planning::draft(&schema, &request);
        assert_plan_valid(&schema, &request.prior, &request.config, &draft.planned);
        prop_assert_eq!(&draft.planned, &planning::draft(&schema, &request).planned, "not pure");
        if !draft.changed {
            prop_assert_eq!(&draft.planned, &request.prior);
        }
        for path in &draft.requires_replace {
            prop_assert_ne!(request.prior.at(path), draft.planned.at(path));
        }
    }

    #[test]
    fn planning_again_what_was_applied_changes_nothing(config in value_of(toy_schema().object_type())) {
        prop_assume!(config.as_map().is_some());
        let schema = toy_schema();
        let config = as_state(as_config(&schema.attributes, config));
        let config = as_config(&schema.attributes, config);
        let mut state = planning::draft(&schema, &request(Value::Null, config.clone())).planned;
        let mut unknown = Vec::new();
        state.walk(&mut |path, leaf| if leaf.is_unknown() { unknown.push(path.clone()) });
        for path in unknown {
            let value = match path.to_string().as_str() {
                "steps" => Value::list(["x"]),
                "limits.reached" => true.into(),
                text if text.ends_with("weight") => 3.into(),
                _ => "x".into(),
            };
            state.set(&path, value);
        }
        let again = planning::draft(&schema, &request(state, config));
        prop_assert!(!again.changed);
    }
}

fn check(prior: &[(&str, Value)], config: &[(&str, Value)], path: &str, expected: Value) {
    use super::host::thing;
    let prior = if prior.is_empty() { Value::Null } else { thing(prior) };
    let draft = planning::draft(&toy_schema(), &request(prior, thing(config)));
    assert_eq!(draft.planned.at(path), &expected, "{path}");
}

#[test]
fn defaults_fill_what_is_not_configured() {
    let side = Value::object([("image", "nginx".into()), ("count", Value::Null), ("status", Value::Null)]);
    check(&[], &[], "size", 1.into());
    check(&[], &[("size", 7.into())], "size", 7.into());
    check(&[], &[("size", Value::Unknown)], "size", Value::Unknown);
    check(&[("size", 7.into())], &[], "size", 1.into());
    check(&[], &[], "side", Value::Null);
    check(&[], &[("side", side.clone())], "side.count", 1.into());
    check(&[], &[("side", side)], "side.status", Value::Unknown);
    check(&[], &[], "limits.high", 10.into());
    let low = Value::object([("low", 5.into()), ("high", Value::Null)]);
    check(&[], &[("limits", low)], "limits.high", 10.into());
}

#[test]
fn computed_attributes_become_unknown_unless_stable() {
    check(&[], &[], "id", Value::Unknown);
    check(&[("id", "a".into())], &[("size", 2.into())], "id", "a".into());
    check(&[("status", "up".into())], &[("size", 2.into())], "status", Value::Unknown);
    let nothing_new = [("mode", "ok".into()), ("size", 1.into()), ("status", "up".into())];
    let nothing_new: Vec<_> = nothing_new
        .into_iter()
        .chain([(
            "limits",
            Value::object([("low", 0.into()), ("high", 10.into()), ("reached", Value::from(true))]),
        )])
        .collect();
    check(&nothing_new, &[], "status", "up".into());
}

#[test]
fn a_changed_name_needs_a_new_object() {
    use super::host::thing;
    let prior = thing(&[("name", "a".into()), ("size", 3.into())]);
    let draft = planning::draft(&toy_schema(), &request(prior, thing(&[("name", "b".into())])));
    assert_eq!(draft.requires_replace, ["name".into()]);
    let draft = planning::draft(&toy_schema(), &request(Value::Null, thing(&[("name", "b".into())])));
    assert!(draft.requires_replace.is_empty());
}
