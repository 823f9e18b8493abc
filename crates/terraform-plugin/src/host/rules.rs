//! Terraform's own rules for plans and results, written again from its behaviour.
//!
//! A provider that breaks one of them is stopped with "Provider produced invalid plan" or "Provider
//! produced inconsistent result after apply", which no user can do anything about.

use std::collections::BTreeMap;

use crate::planning::wishes_of;
use crate::schema::{Attribute, Block, Kind, Nesting, Presence, Schema};
use crate::value::{Type, Value};

type Attributes = BTreeMap<String, Attribute>;

/// What Terraform proposes: the configuration, and the prior value of computed attributes that are not
/// configured. It never puts anything unknown there; that is the provider's part.
pub fn proposed_new(schema: &Schema, prior: &Value, config: &Value) -> Value {
    let Value::Map(configured) = config else { return config.clone() };
    let members = configured.iter().map(|(name, config)| {
        let prior = prior.get(name);
        let value = match (schema.attributes.get(name), schema.blocks.get(name)) {
            (Some(attribute), _) => propose(attribute, prior, config),
            (None, Some(block)) => propose_block(block, prior, config),
            (None, None) => panic!("{name} is not in the schema"),
        };
        (name.clone(), value)
    });
    Value::Map(members.collect())
}

fn propose(attribute: &Attribute, prior: &Value, config: &Value) -> Value {
    match (&attribute.kind, config) {
        // A nested object that holds what only a user can have set is not carried over.
        (kind, Value::Null) if attribute.is_computed() && !holds_a_wish(kind, prior) => prior.clone(),
        (Kind::Object(members), Value::Map(_)) => propose_members(members, prior, config),
        (Kind::ObjectList(members), Value::List(elements)) => {
            let element = |(at, element)| propose_members(members, element_of(prior, at), element);
            Value::List(elements.iter().enumerate().map(element).collect())
        }
        (Kind::ObjectMap(members), Value::Map(elements)) => {
            let element = |(key, element): (&String, &Value)| {
                (key.clone(), propose_members(members, prior.get(key), element))
            };
            Value::Map(elements.iter().map(element).collect())
        }
        _ => config.clone(),
    }
}

fn propose_members(members: &Attributes, prior: &Value, config: &Value) -> Value {
    let Value::Map(configured) = config else { return config.clone() };
    let member =
        |(name, config): (&String, &Value)| (name.clone(), propose(&members[name], prior.get(name), config));
    Value::Map(configured.iter().map(member).collect())
}

fn propose_block(block: &Block, prior: &Value, config: &Value) -> Value {
    match (block.nesting, config) {
        (Nesting::Single, Value::Map(_)) => proposed_new(&block.content, prior, config),
        (Nesting::List(_), Value::List(elements)) => {
            let element = |(at, element)| proposed_new(&block.content, element_of(prior, at), element);
            Value::List(elements.iter().enumerate().map(element).collect())
        }
        // Each with the prior block that has all that is configured, as far as there is one.
        (Nesting::Set(_), Value::List(elements)) => {
            let priors = prior.as_list().unwrap_or_default();
            let wishes = wishes_of(elements, priors);
            let element = |element: &Value| {
                let before = wishes.iter().position(|wish| std::ptr::eq(*wish, element));
                proposed_new(&block.content, before.map_or(&Value::Null, |at| &priors[at]), element)
            };
            let mut elements: Vec<Value> = elements.iter().map(element).collect();
            elements.sort();
            Value::List(elements)
        }
        _ => config.clone(),
    }
}

/// Whether something in the value can only have come from a user.
fn holds_a_wish(kind: &Kind, value: &Value) -> bool {
    let inside = |members: &Attributes, value: &Value| {
        let set = |(name, value): (&String, &Value)| {
            let member = &members[name];
            !value.is_null() && (!member.is_computed() || holds_a_wish(&member.kind, value))
        };
        value.as_map().is_some_and(|map| map.iter().any(set))
    };
    match (kind, value) {
        (Kind::Object(members), value) => inside(members, value),
        (Kind::ObjectList(members), Value::List(elements)) => elements.iter().any(|it| inside(members, it)),
        (Kind::ObjectMap(members), Value::Map(elements)) => elements.values().any(|it| inside(members, it)),
        _ => false,
    }
}

fn element_of(list: &Value, at: usize) -> &Value {
    list.as_list().and_then(|elements| elements.get(at)).unwrap_or(&Value::Null)
}

/// Panics where Terraform says "Provider produced invalid plan": what is configured is planned as it is
/// configured, or as it was before; what is not configured is null, unless it is computed.
pub fn assert_plan_valid(schema: &Schema, prior: &Value, config: &Value, planned: &Value) {
    valid_level(schema, prior, config, planned, "");
}

fn valid_level(schema: &Schema, prior: &Value, config: &Value, planned: &Value, at: &str) {
    valid_members(&schema.attributes, prior, config, planned, at);
    for (name, block) in &schema.blocks {
        let at = format!("{at}.{name}");
        let (prior, config, planned) = (prior.get(name), config.get(name), planned.get(name));
        match (block.nesting, config, planned) {
            (Nesting::Single, Value::Map(_), Value::Map(_)) => {
                valid_level(&block.content, prior, config, planned, &at);
            }
            (Nesting::Set(_), Value::List(configs), Value::List(plans)) => {
                assert_eq!(configs.len(), plans.len(), "{at}: count of blocks");
                for (planned, config) in plans.iter().zip(wishes_of(configs, plans)) {
                    assert!(!config.is_null(), "{at}: nobody configured {planned:?}");
                    valid_level(&block.content, &Value::Null, config, planned, &at);
                }
            }
            (Nesting::List(_), Value::List(configs), Value::List(plans)) => {
                assert_eq!(configs.len(), plans.len(), "{at}: count of blocks");
                for (index, (config, planned)) in configs.iter().zip(plans).enumerate() {
                    let at = format!("{at}[{index}]");
                    valid_level(&block.content, element_of(prior, index), config, planned, &at);
                }
            }
            _ => assert_eq!(planned, config, "{at}: blocks are planned as they are configured"),
        }
    }
}

fn valid_members(attributes: &Attributes, prior: &Value, config: &Value, planned: &Value, at: &str) {
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
                valid_members(members, prior, config, planned, &at);
            }
            (Kind::ObjectList(members), Value::List(configs), Value::List(plans)) => {
                assert_eq!(configs.len(), plans.len(), "{at}: count");
                for (index, (config, planned)) in configs.iter().zip(plans).enumerate() {
                    let at = format!("{at}[{index}]");
                    valid_element(members, element_of(prior, index), config, planned, &at);
                }
            }
            (Kind::ObjectMap(members), Value::Map(configs), Value::Map(plans)) => {
                assert!(configs.keys().eq(plans.keys()), "{at}: keys");
                for (key, config) in configs {
                    let at = format!("{at}[{key:?}]");
                    valid_element(members, prior.get(key), config, &plans[key], &at);
                }
            }
            _ => panic!("{at}: planned {planned:?} for configured {config:?}"),
        }
    }
}

fn valid_element(members: &Attributes, prior: &Value, config: &Value, planned: &Value, at: &str) {
    if planned != config {
        valid_members(members, prior, config, planned, at);
    }
}

/// Panics where Terraform says "Provider produced inconsistent final plan" or "… result after apply":
/// what was known must come out the same, and what was unknown may become anything.
pub fn assert_compatible(schema: &Schema, planned: &Value, actual: &Value) {
    compatible_level(schema, planned, actual, "");
}

fn compatible_level(schema: &Schema, planned: &Value, actual: &Value, at: &str) {
    compatible_members(&schema.attributes, planned, actual, at);
    for (name, block) in &schema.blocks {
        let (planned, actual, at) = (planned.get(name), actual.get(name), format!("{at}.{name}"));
        match (block.nesting, planned, actual) {
            (_, Value::Unknown, _) => {}
            (Nesting::Single, Value::Map(_), Value::Map(_)) => {
                compatible_level(&block.content, planned, actual, &at);
            }
            (Nesting::Set(_), Value::List(_), Value::List(_)) => {
                plain(&Type::set(block.content.object_type()), planned, actual, &at);
            }
            (Nesting::List(_), Value::List(plans), Value::List(actuals)) => {
                assert_eq!(plans.len(), actuals.len(), "{at}: count of blocks");
                for (index, (planned, actual)) in plans.iter().zip(actuals).enumerate() {
                    compatible_level(&block.content, planned, actual, &format!("{at}[{index}]"));
                }
            }
            _ => assert_eq!(planned, actual, "{at}"),
        }
    }
}

fn compatible_members(attributes: &Attributes, planned: &Value, actual: &Value, at: &str) {
    for (name, attribute) in attributes {
        compatible(&attribute.kind, planned.get(name), actual.get(name), &format!("{at}.{name}"));
    }
}

fn compatible(kind: &Kind, planned: &Value, actual: &Value, at: &str) {
    match (kind, planned, actual) {
        (_, Value::Unknown, _) => {}
        (Kind::Object(members), Value::Map(_), Value::Map(_)) => {
            compatible_members(members, planned, actual, at);
        }
        (Kind::ObjectList(members), Value::List(plans), Value::List(actuals)) => {
            assert_eq!(plans.len(), actuals.len(), "{at}: count");
            for (index, (planned, actual)) in plans.iter().zip(actuals).enumerate() {
                if !planned.is_unknown() {
                    compatible_members(members, planned, actual, &format!("{at}[{index}]"));
                }
            }
        }
        (Kind::ObjectMap(members), Value::Map(plans), Value::Map(actuals)) => {
            assert!(plans.keys().eq(actuals.keys()), "{at}: keys");
            for (key, planned) in plans.iter().filter(|(_, planned)| !planned.is_unknown()) {
                compatible_members(members, planned, &actuals[key], &format!("{at}[{key:?}]"));
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
