//! What a plan says beside its steps: warnings, and errors that no configuration shows by itself.

use super::*;
use crate::bluegreen::effect;
use crate::bluegreen::evidence::Evidence;
use crate::provider::service::state;
use crate::provider::service::validate::tests::good;
use terraform_plugin::Diagnostic;

type Changes<'a> = &'a [(&'a str, Value)];

fn changed(value: &Value, changes: Changes<'_>) -> Value {
    let mut value = value.clone();
    for (path, change) in changes {
        assert!(value.set(*path, change.clone()), "{path}");
    }
    value
}

fn planned(prior: &Value, config: &Value, facts: &Observed) -> PlanResponse {
    let mut proposed = config.clone();
    let computed =
        ["blue_service_arn", "green_service_arn", "blue_target_group_arn", "green_target_group_arn"];
    let computed =
        computed.iter().chain(&["production_rule_arn", "canary_rule_arns", "test_rule_arn", "rollout_steps"]);
    computed.for_each(|name| {
        proposed.set(*name, prior.get(name).clone());
    });
    plan(&PlanRequest {
        prior: prior.clone(),
        proposed,
        config: config.clone(),
        private: private::encode(facts),
    })
}

/// The state and the facts after an apply that went well.
fn applied(config: &Value) -> (Value, Observed) {
    let mut facts = Observed::default();
    let mut new = planned(&Value::Null, config, &facts).planned;
    let layout = Layout { id: "1".to_owned(), ..Layout::of(&decode::spec(&new).unwrap()) };
    for step in planner::story(&facts, &layout) {
        effect::apply(&step, &layout, &mut facts, &mut Evidence::default());
    }
    state::names(&mut new, &facts);
    new.set("creation_id", "1");
    (new, facts)
}

fn steps(planned: &PlanResponse) -> Vec<&str> {
    planned
        .planned
        .get("rollout_steps")
        .as_list()
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

/// What is said about an attribute, and whether it stops the plan.
fn about<'a>(planned: &'a PlanResponse, path: &str) -> Option<&'a Diagnostic> {
    planned.diagnostics.iter().find(|diagnostic| diagnostic.path == AttributePath::from(path))
}

#[test]
fn a_create_ends_when_its_routing_has_settled() {
    let created = planned(&Value::Null, &good(), &Observed::default());
    assert_eq!(steps(&created).last(), Some(&"hold 30s"), "{:?}", created.diagnostics);
    assert_eq!(created.planned.get("account_id").as_str(), Some("123456789012"));
}

#[test]
fn a_host_in_another_case_is_no_step() {
    let (state, facts) = applied(&good());
    let config = changed(&good(), &[("host_headers", Value::list(["NGINX.Example.com"]))]);
    let plan = planned(&state, &config, &facts);
    assert_eq!((steps(&plan).len(), plan.diagnostics.has_errors()), (0, false));
    assert_eq!(plan.planned.get("host_headers"), config.get("host_headers"));
    // And what was spelled so stays so when it is read.
    let read = state::object(&plan.planned, &facts);
    assert_eq!(read.get("host_headers"), config.get("host_headers"));
}

fn canary(sources: &[&str], count: i32) -> Value {
    changed(
        &good(),
        &[
            ("enable_canary", true.into()),
            ("activate_canary", true.into()),
            ("canary_source_ips", Value::list(sources.iter().copied())),
            ("desired_count", 4.into()),
            ("canary_count", count.into()),
        ],
    )
}

#[test]
fn a_canary_for_everybody_on_fewer_tasks_is_warned_of() {
    for sources in
        [&["0.0.0.0/0"][..], &["::/0"], &["0.0.0.0/1", "128.0.0.0/1"], &["10.0.0.0/8", "::/1", "8000::/1"]]
    {
        let plan = planned(&Value::Null, &canary(sources, 1), &Observed::default());
        let said = about(&plan, "canary_source_ips").unwrap();
        assert!(!plan.diagnostics.has_errors() && said.detail.contains("canary_count = 1"), "{said}");
        let enough = planned(&Value::Null, &canary(sources, 4), &Observed::default());
        assert!(about(&enough, "canary_source_ips").is_none());
    }
    let office = planned(&Value::Null, &canary(&["0.0.0.0/1"], 1), &Observed::default());
    assert!(about(&office, "canary_source_ips").is_none());
}

#[test]
fn values_that_ignore_changes_merged_are_judged_in_the_plan() {
    let (state, facts) = applied(&good());
    // The old, empty list stays although the configuration has addresses.
    let merged = canary(&[], 1);
    let plan = planned(&state, &merged, &facts);
    assert!(
        plan.diagnostics.has_errors() && about(&plan, "canary_source_ips").is_some(),
        "{:?}",
        plan.diagnostics
    );
}

#[test]
fn a_time_that_is_over_before_the_waits_are_is_warned_of() {
    let timeouts = |name: &str, time: &str| ("timeouts", Value::object([(name, time.into())]));
    let short = changed(&good(), &[timeouts("create", "50s")]);
    let plan = planned(&Value::Null, &short, &Observed::default());
    assert!(
        about(&plan, "timeouts.create").is_some_and(|said| said.detail.contains("50s")),
        "{:?}",
        plan.diagnostics
    );
    let (state, facts) = applied(&short);
    let promoted = [("enable_canary", true.into()), ("promote_to_all", true.into())];
    let plan = planned(&state, &changed(&short, &promoted), &facts);
    assert_eq!(plan.diagnostics, Diagnostics::new());
    let plan = planned(&state, &changed(&changed(&good(), &[timeouts("update", "30s")]), &promoted), &facts);
    assert!(about(&plan, "timeouts.update").is_some(), "{:?}", plan.diagnostics);
    let long = changed(&good(), &[("settle_time", "24h".into())]);
    let plan = planned(&Value::Null, &long, &Observed::default());
    assert!(about(&plan, "timeouts").is_some(), "{:?}", plan.diagnostics);
}

#[test]
fn a_replacement_is_warned_of_and_refused_where_it_is_protected() {
    let another = [("name", "apache".into())];
    let (state, facts) = applied(&good());
    let plan = planned(&state, &changed(&good(), &another), &facts);
    let said = about(&plan, "name").unwrap();
    assert!(!plan.diagnostics.has_errors() && !plan.requires_replace.is_empty());
    assert!(said.detail.contains("BLUE") && said.detail.contains("add a second bluegreen_service"), "{said}");

    let kept = changed(&good(), &[("deletion_protection", true.into())]);
    let (state, facts) = applied(&kept);
    assert!(protection::destroy(&state).is_some());
    // Also where the same change takes the protection away.
    for config in [&kept, &good()] {
        let plan = planned(&state, &changed(config, &another), &facts);
        assert!(plan.diagnostics.has_errors() && about(&plan, "name").is_some(), "{:?}", plan.diagnostics);
    }
    let plan = planned(&state, &good(), &facts);
    assert!(plan.diagnostics.is_empty() && steps(&plan).is_empty());
    assert!(protection::destroy(&plan.planned).is_none());
}

#[test]
fn a_listener_that_is_gone_is_named_instead_of_ordinary_trouble() {
    let (state, mut facts) = applied(&good());
    let listener = state.get("listener_arn").as_str().unwrap().to_owned();
    facts.rules.clear();
    facts.gone_listeners.insert(listener.clone());
    let plan = planned(&state, &good(), &facts);
    let said = about(&plan, "listener_arn").unwrap();
    assert!(plan.diagnostics.has_errors() && said.detail.contains(&listener), "{said}");
    // With another listener in its place there is nothing to say about the old one.
    let moved = changed(&good(), &[("listener_arn", listener.replace("/2", "/3").into())]);
    assert!(!planned(&state, &moved, &facts).diagnostics.has_errors());
}
