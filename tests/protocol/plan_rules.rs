//! Terraform's own rules for plans, written again from its behaviour, and held against our drafts.

use std::collections::BTreeMap;

use bluegreen_provider::terraform::{Attribute, Kind, PlanRequest, Presence, Value, planning};
use proptest::prelude::*;

use super::host::toy_schema;
use super::random::value_of;

type Attributes = BTreeMap<String, Attribute>;

/// What Terraform proposes: the configuration, and the prior value of computed attributes that are
/// not configured.
pub fn proposed_new(attributes: &Attributes, prior: &Value, config: &Value) -> Value {
    let Value::Map(configured) = config else { return config.clone() };
    let members = configured.iter().map(|(name, config)| {
        let prior = prior.get(name);
        let attribute = &attributes[name];
        let value = match (&attribute.kind, config) {
            (Kind::Plain(_), Value::Null) if attribute.is_computed() => prior.clone(),
            (kind, Value::Null) if attribute.is_computed() => {
                // A nested object that holds what only a user can have set is not carried over.
                let user_set = kind.members().is_some_and(|m| has_user_value(m, prior));
                if user_set { Value::Null } else { prior.clone() }
            }
            (Kind::Object(members), Value::Map(_)) => proposed_new(members, prior, config),
            (Kind::ObjectList(members), Value::List(elements)) => {
                let prior = |i: usize| prior.as_list().and_then(|p| p.get(i)).unwrap_or(&Value::Null);
                Value::List(
                    elements.iter().enumerate().map(|(i, e)| proposed_new(members, prior(i), e)).collect(),
                )
            }
            _ => config.clone(),
        };
        (name.clone(), value)
    });
    Value::Map(members.collect())
}

fn has_user_value(members: &Attributes, value: &Value) -> bool {
    value.as_map().is_some_and(|map| map.iter().any(|(name, v)| !v.is_null() && !members[name].is_computed()))
}

/// Complains as Terraform does with "Provider produced invalid plan".
fn assert_plan_valid(attributes: &Attributes, prior: &Value, config: &Value, planned: &Value, at: &str) {
    for (name, attribute) in attributes {
        let (prior, config, planned) = (prior.get(name), config.get(name), planned.get(name));
        let at = format!("{at}.{name}");
        if planned == config || (planned == prior && !prior.is_null() && !config.is_null()) {
            continue;
        }
        if config.is_null() {
            assert!(attribute.is_computed(), "{at}: planned for a non-computed attribute");
            continue;
        }
        if attribute.presence == Presence::Computed {
            continue;
        }
        match (&attribute.kind, config, planned) {
            (Kind::Object(members), Value::Map(_), Value::Map(_)) => {
                assert_plan_valid(members, prior, config, planned, &at);
            }
            (Kind::ObjectList(members), Value::List(configs), Value::List(plans)) => {
                assert_eq!(configs.len(), plans.len(), "{at}: count");
                for (i, (config, planned)) in configs.iter().zip(plans).enumerate() {
                    let prior = prior.as_list().and_then(|p| p.get(i)).unwrap_or(&Value::Null);
                    if planned != config {
                        assert_plan_valid(members, prior, config, planned, &format!("{at}[{i}]"));
                    }
                }
            }
            _ => panic!("{at}: planned {planned:?} for configured {config:?}"),
        }
    }
}

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
    let proposed = proposed_new(&toy_schema().attributes, &prior, &config);
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
        assert_plan_valid(&schema.attributes, &request.prior, &request.config, &draft.planned, "");
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
