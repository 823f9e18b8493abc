//! From the facts back to a value: what is deployed, in the user's own spelling wherever that means the same.

use std::collections::{BTreeMap, BTreeSet};

use super::attributes::{
    self, conditions, health_check, identity, logins, release, routing, row, runtime, target_group,
};
use super::{decode, place};
use crate::bluegreen::audience;
use crate::bluegreen::extras::Extras;
use crate::bluegreen::layout::{same_task_definition, short_task_definition};
use crate::bluegreen::listener;
use crate::bluegreen::names::{CREATING_TAG, OWNER_TAG, ROLE_TAG};
use crate::bluegreen::observed::Observed;
use crate::bluegreen::phase::{Phase, Sighting};
use crate::bluegreen::routing::Rule;
use crate::bluegreen::side::{Pair, Side};
use crate::bluegreen::spec::{Capacity, GroupSettings, ServiceSettings, Spec};
use crate::duration;
use terraform_plugin::Value;

/// The object as it is. What cannot be seen (durations, counts of tasks that are not running) is taken from
/// `base`: the prior state, or the plan that failed.
pub fn object(base: &Value, observed: &Observed) -> Value {
    let mut state = base.clone();
    sides_and_counts(&mut state, observed);
    rules(&mut state, observed);
    if let Some(service) = observed.service(home(&state)).or_else(|| observed.service(home(&state).other())) {
        let settings = shared(&state, &service.settings);
        service_settings(&mut state, &settings);
        for side in Side::BOTH {
            if let Some(service) = observed.service(side) {
                containers(&mut state, side, &service.settings);
            }
        }
        tags(&mut state, &service.tags);
    }
    if let Some(group) =
        observed.sides[home(&state)].group.as_ref().or(observed.sides[home(&state).other()].group.as_ref())
    {
        group_settings(&mut state, &group.settings);
    }
    names(&mut state, observed);
    known(&mut state);
    state
}

/// What an import begins with. What cannot be seen is at its default, so that the configuration Terraform
/// writes for it plans clean; the read that follows fills in the rest.
pub fn imported(identity: &[(&str, &str)], observed: &Observed) -> Value {
    let mut state = attributes::service_ref().null_object();
    for (attribute, value) in identity {
        state.set(*attribute, *value);
    }
    state.set("settle_time", duration::show(release::SETTLE_TIME));
    state.set("deletion_protection", false);
    state.set("canary_source_ips", Value::list::<Value>([]));
    state.set("rollout_steps", Value::list::<Value>([]));
    let production = observed.production().map_or(100, |rule| rule.priority);
    state.set("canary_priority", production.saturating_sub(1).max(1));
    names(&mut state, observed);
    state
}

/// The ARNs of what is there; everything else stays as planned.
pub fn names(state: &mut Value, observed: &Observed) {
    state.set("account_id", place::account(state));
    for side in Side::BOTH {
        let standing = &observed.sides[side];
        let service = standing.service.as_ref().map(|service| service.id.as_str());
        let group = standing.group.as_ref().map(|group| group.id.as_str());
        state.set(format!("{}_service_arn", side.name()).as_str(), service);
        state.set(format!("{}_target_group_arn", side.name()).as_str(), group);
    }
    state.set("production_rule_arn", observed.production().map(|rule| rule.id.as_str()));
    state.set("canary_rule_arns", Value::list(observed.canary().iter().map(|rule| rule.id.as_str())));
    state.set("test_rule_arn", observed.test().map(|rule| rule.id.as_str()));
}

/// The ARNs a state knows to be its own.
pub fn known_arns(state: &Value) -> BTreeSet<String> {
    let names = [
        "blue_service_arn",
        "green_service_arn",
        "blue_target_group_arn",
        "green_target_group_arn",
        "production_rule_arn",
        "test_rule_arn",
    ];
    let rules = state.get("canary_rule_arns").as_list().unwrap_or_default();
    names
        .iter()
        .map(|name| state.get(name))
        .chain(rules)
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn home(state: &Value) -> Side {
    decode::primary(state).unwrap_or(Side::Blue)
}

/// Sides, counts and toggles.
fn sides_and_counts(state: &mut Value, observed: &Observed) {
    if state.get("primary").as_str().is_none() {
        // An import: whoever serves the public is at home, unless testers see him as the candidate.
        let public = observed.public().unwrap_or(Side::Blue);
        let promoted = observed.test().is_some_and(|rule| rule.open() && rule.sends.only() == Some(public));
        state.set("primary", if promoted { public.other() } else { public }.name());
    }
    for side in Side::BOTH {
        let path = format!("{}.task_definition", side.name());
        let spelled = state.at(path.as_str()).as_str().unwrap_or_default().to_owned();
        if let Some(service) =
            observed.service(side).filter(|s| !same_task_definition(&s.task_definition, &spelled))
        {
            // As the user spells it: short, unless there is nothing to go by.
            let short = !spelled.is_empty() && !spelled.starts_with("arn:");
            let seen = if short {
                short_task_definition(&service.task_definition)
            } else {
                &service.task_definition
            };
            member(state, side, "task_definition", seen.into());
        }
    }
    let candidate = home(state).other();
    let public = observed.public();
    if let Some(public) = public {
        state.set("desired_count", observed.desired(public));
        state.set("production_color", public.name());
    } else {
        state.set("production_color", Value::Null);
        // An import of what a listener reaches by its default action.
        if state.get("desired_count").is_null() {
            state.set("desired_count", observed.desired(home(state)).max(1));
        }
    }
    let count =
        |state: &Value, name: &str| state.get(name).as_i64().and_then(|count| u32::try_from(count).ok());
    let (standing, served) = (observed.desired(candidate), observed.desired(home(state)));
    let idle = if public == Some(candidate) { served } else { standing };
    if count(state, "standby_count").is_none() {
        state.set("standby_count", if observed.canary().is_empty() { idle } else { 0 });
    }
    if count(state, "canary_count").is_none() {
        let canary =
            if observed.canary().is_empty() { state.get("desired_count").clone() } else { standing.into() };
        state.set("canary_count", canary);
    }
    // What somebody else's rule keeps running stands as if it had been lowered.
    let idle_count = |state: &Value, side: Side| {
        let enabled = side == candidate && state.get("enable_canary").as_bool() == Some(true);
        count(state, if enabled { "canary_count" } else { "standby_count" })
    };
    let desired = |state: &Value, side: Side| {
        let desired = observed.desired(side);
        let kept = public != Some(side) && observed.borrower(side).is_some();
        idle_count(state, side).filter(|idle| kept && *idle < desired).unwrap_or(desired)
    };
    let seen = Phase::seen(&Sighting {
        home: home(state),
        public,
        canary_open: !observed.canary().is_empty(),
        desired: Pair::from_fn(|side| desired(state, side)),
        standby_count: count(state, "standby_count"),
        canary_count: count(state, "canary_count"),
        enabled_before: state.get("enable_canary").as_bool().unwrap_or(false),
    });
    state.set("enable_canary", seen.toggles.enable_canary);
    state.set("activate_canary", seen.toggles.activate_canary);
    state.set("promote_to_all", seen.toggles.promote_to_all);
    state.set("phase", seen.phase.map_or("in_transition", Phase::name));
}

/// One of a side's own attributes.
pub fn member(state: &mut Value, side: Side, name: &str, value: Value) {
    if state.get(side.name()).as_map().is_none() {
        state.set(side.name(), Value::object::<&str>([]));
    }
    state.set(format!("{}.{name}", side.name()).as_str(), value);
}

/// Home's settings, but for a container or port of its own, of which the state tells what both have.
fn shared(state: &Value, seen: &ServiceSettings) -> ServiceSettings {
    let own = |name: &str| !state.at(format!("{}.{name}", home(state).name()).as_str()).is_null();
    let (both, _) = decode::spelled::<ServiceSettings>(&runtime::ROWS, state);
    let mut shared = seen.clone();
    if own("container_name") && state.get("container_name").as_str().is_some() {
        shared.container_name = both.container_name;
    }
    if own("container_port") && state.get("container_port").as_i64().is_some() {
        shared.container_port = both.container_port;
    }
    shared
}

/// A side's own container and port, where it has them or has others than the service.
fn containers(state: &mut Value, side: Side, seen: &ServiceSettings) {
    for (name, seen) in [
        ("container_name", Value::from(seen.container_name.as_str())),
        ("container_port", u32::from(seen.container_port).into()),
    ] {
        let own = !state.at(format!("{}.{name}", side.name()).as_str()).is_null();
        if own || *state.get(name) != seen {
            member(state, side, name, seen);
        }
    }
}

/// Conditions and priorities. A parked rule says nothing about the wish.
fn rules(state: &mut Value, observed: &Observed) {
    if let Some(rule) = observed.production() {
        // A run that was cut short may have moved it.
        if let Some(listener) = listener::of_rule(&rule.id) {
            state.set("listener_arn", listener);
        }
        state.set("production_priority", rule.priority);
        if !rule.matches.parked() {
            let (hosts, paths) = (rule.matches.hosts.clone(), rule.matches.paths.clone());
            row::write(&routing::MATCHES, &Spec { hosts, paths, ..Spec::default() }, state);
            let seen = Spec { extras: Extras::of(rule), ..Spec::default() };
            row::write(&conditions::ROWS, &seen, state);
            row::write(&logins::ROWS, &seen, state);
        }
    }
    let beside = |rule: &&&Rule| observed.production().is_none_or(|it| it.listener() == rule.listener());
    if let Some(priority) = observed.canary().iter().filter(beside).map(|rule| rule.priority).max() {
        state.set("canary_priority", priority);
        let open: BTreeSet<_> =
            observed.canary().iter().flat_map(|rule| rule.matches.sources.iter().copied()).collect();
        let open = audience::merge(&open);
        // Blocks that are one when merged may be spelled as several.
        let (spelled, found) = decode::spelled::<Spec>(&release::ROWS, state);
        if !found.knows(&["canary_source_ips"]) || audience::merge(&spelled.canary_sources) != open {
            state.set("canary_source_ips", sorted(open.iter().map(ToString::to_string)));
        }
    }
    if let Some(rule) = observed.test()
        && state.get("test_listener").as_map().is_some()
    {
        state.set("test_listener.priority", rule.priority);
        if let Some(listener) = listener::of_rule(&rule.id) {
            state.set("test_listener.arn", listener);
        }
    }
}

fn sorted(texts: impl Iterator<Item = String>) -> Value {
    let mut texts: Vec<Value> = texts.map(Value::from).collect();
    texts.sort();
    Value::List(texts)
}

fn service_settings(state: &mut Value, seen: &ServiceSettings) {
    row::write(&runtime::ROWS, seen, state);
    if matches!(seen.capacity, Capacity::Strategy(_)) {
        state.set("launch_type", Value::Null);
    }
}

fn group_settings(state: &mut Value, seen: &GroupSettings) {
    row::write(&identity::NETWORK, &seen.fixed, state);
    row::write(&health_check::ROWS, &seen.health_check, state);
    row::write(&target_group::ROWS, seen, state);
}

fn tags(state: &mut Value, seen: &BTreeMap<String, String>) {
    let mut tags = seen.clone();
    tags.retain(|key, _| ![OWNER_TAG, ROLE_TAG, CREATING_TAG].contains(&key.as_str()));
    let all = Value::object(tags.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))));
    row::write(&runtime::TAGS, &Spec { tags, ..Spec::default() }, state);
    state.set("tags_all", all);
}

/// State is wholly known: what a failed plan left unknown is null.
pub fn known(value: &mut Value) {
    match value {
        Value::Unknown => *value = Value::Null,
        Value::List(elements) => elements.iter_mut().for_each(known),
        Value::Map(members) => members.values_mut().for_each(known),
        _ => {}
    }
}
