//! Terraform's own rules for plans and results, written again from its behaviour.

#![allow(dead_code, reason = "each test uses its own part")]

use std::collections::BTreeMap;

use terraform_plugin::{Attribute, Kind, Presence, Type, Value};

pub type Attributes = BTreeMap<String, Attribute>;

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
pub fn assert_plan_valid(attributes: &Attributes, prior: &Value, config: &Value, planned: &Value, at: &str) {
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

/// Complains as Terraform does with "Provider produced inconsistent final plan" or "… result after apply": what
/// was known must come out the same, and what was unknown may become anything.
pub fn assert_compatible(attributes: &Attributes, planned: &Value, actual: &Value, at: &str) {
    for (name, attribute) in attributes {
        compatible(&attribute.kind, planned.get(name), actual.get(name), &format!("{at}.{name}"));
    }
}

fn compatible(kind: &Kind, planned: &Value, actual: &Value, at: &str) {
    match (kind, planned, actual) {
        (_, Value::Unknown, _) => {}
        (Kind::Object(members), Value::Map(_), Value::Map(_)) => {
            assert_compatible(members, planned, actual, at);
        }
        (Kind::ObjectList(members), Value::List(plans), Value::List(actuals)) => {
            assert_eq!(plans.len(), actuals.len(), "{at}: count");
            for (i, (planned, actual)) in plans.iter().zip(actuals).enumerate() {
                match planned {
                    Value::Unknown => {}
                    _ => assert_compatible(members, planned, actual, &format!("{at}[{i}]")),
                }
            }
        }
        (Kind::Plain(kind), _, _) => plain(kind, planned, actual, at),
        _ => assert_eq!(planned, actual, "{at}"),
    }
}

fn plain(kind: &Type, planned: &Value, actual: &Value, at: &str) {
    match (kind, planned, actual) {
        (_, Value::Unknown, _) => {}
        (Type::List(inner), Value::List(plans), Value::List(actuals)) => {
            assert_eq!(plans.len(), actuals.len(), "{at}: count, {planned:?} and {actual:?}");
            for (planned, actual) in plans.iter().zip(actuals) {
                plain(inner, planned, actual, at);
            }
        }
        // Elements that are unknown may turn out to be the same as others, but what is known must be there.
        (Type::Set(_), Value::List(plans), Value::List(actuals)) => {
            for known in plans.iter().filter(|element| element.is_wholly_known()) {
                assert!(actuals.contains(known), "{at}: {known:?} is gone from {actual:?}");
            }
            assert!(actuals.len() <= plans.len(), "{at}: {actual:?} has more than {planned:?}");
            assert!(
                !planned.is_wholly_known() || plans.len() == actuals.len(),
                "{at}: {planned:?} {actual:?}"
            );
        }
        (Type::Map(inner), Value::Map(plans), Value::Map(actuals)) => {
            assert_eq!(plans.keys().collect::<Vec<_>>(), actuals.keys().collect::<Vec<_>>(), "{at}");
            for (key, planned) in plans {
                plain(inner, planned, &actuals[key], &format!("{at}[{key}]"));
            }
        }
        _ => assert_eq!(planned, actual, "{at}"),
    }
}
