//! The borders of every attribute: null, unknown, empty, out of range and wrong. Each is accepted, or an error with
//! its path at validate or plan; and nothing is ever replaced because a value is null.

use bluegreen_provider::provider::Bluegreen;
use terraform_plugin::{
    AttributePath, Diagnostics, Kind, Number, PlanRequest, PlanResponse, Presence, Provider as _, Resource,
    Severity, Type, Value, codec,
};

use crate::values::{NAME, right};
use terraform_plugin::testing::rules::proposed_new;

/// Every member of every object is there, as it comes from Terraform.
fn as_sent(value: &Value, kind: &Type) -> Value {
    codec::decode(&codec::encode(value, kind).unwrap(), kind).unwrap()
}

/// Everything that may be set is, so that every attribute has a place.
fn full(resource: &dyn Resource) -> Value {
    let mut config = right();
    let provider = Value::object([("capacity_provider", "FARGATE_SPOT".into()), ("weight", 1.into())]);
    let listener = config.get("listener_arn").as_str().unwrap().replace("/2", "/3");
    let test = Value::object([("arn", listener.into()), ("priority", 7.into())]);
    for (name, value) in [
        ("capacity_provider_strategy", Value::list([provider])),
        ("test_listener", test),
        ("tags", Value::object([("team", "web".into())])),
    ] {
        config.set(name, value);
    }
    as_sent(&config, &resource.schema().object_type())
}

/// An object all of whose leaves are null, so that each has its place.
fn hollow(kind: &Kind) -> Value {
    match kind {
        Kind::ObjectList(members) => Value::list([hollow(&Kind::Object(members.clone()))]),
        Kind::Object(members) => {
            Value::object(members.iter().map(|(name, member)| (name.as_str(), hollow(&member.kind))))
        }
        _ => Value::Null,
    }
}

/// Every attribute a user may set, with its place in `full`.
fn places(resource: &dyn Resource) -> Vec<(AttributePath, Type)> {
    let mut places = Vec::new();
    resource.schema().walk(&mut |names, attribute| {
        let mut path = AttributePath::root();
        for (depth, name) in names.split('.').enumerate() {
            let inside_list = depth > 0
                && matches!(resource.schema().find(&path_names(&path)).unwrap().kind, Kind::ObjectList(_));
            path = if inside_list { path.index(0) } else { path }.attribute(name);
        }
        if attribute.presence != Presence::Computed {
            places.push((path, attribute.kind.value_type()));
        }
    });
    places
}

fn path_names(path: &AttributePath) -> String {
    path.to_string().replace("[0]", "")
}

/// What stands at the borders of a type, and beyond.
fn borders(kind: &Type) -> Vec<Value> {
    let number = |text: &str| Value::Number(Number::from_decimal(text).unwrap());
    let known = match kind {
        Type::Bool => vec![true.into(), false.into()],
        Type::Number => {
            ["-1", "0", "1", "1.5", "65536", "2147483648", "18446744073709551616", "1e300"].map(number).into()
        }
        Type::String => {
            ["", " ", "\0", "wrong", "arn:", "-1s", "a:0", &"x".repeat(3_000)].map(Value::from).into()
        }
        Type::List(inner) | Type::Set(inner) => {
            let many = (0..40).map(|n| format!("h{n}.example.com"));
            let each = borders(inner).into_iter().map(|element| Value::List(vec![element]));
            let many = if **inner == Type::String { vec![Value::list(many)] } else { Vec::new() };
            std::iter::once(Value::List(Vec::new())).chain(many).chain(each).collect()
        }
        Type::Map(inner) => {
            let long = "k".repeat(200);
            let each = borders(inner).into_iter().map(|member| Value::object([("k", member)]));
            let keys =
                ["", "aws:x", "bluegreen:resource", &long].map(|key| Value::object([(key, "v".into())]));
            std::iter::once(Value::object::<&str>([])).chain(keys).chain(each).collect()
        }
        Type::Object(members) => vec![Value::object(members.keys().map(|name| (name.as_str(), Value::Null)))],
    };
    [Value::Null, Value::Unknown].into_iter().chain(known).collect()
}

fn plan(resource: &dyn Resource, prior: &Value, config: &Value) -> PlanResponse {
    let proposed = proposed_new(resource.schema(), prior, config);
    let request = PlanRequest { prior: prior.clone(), proposed, config: config.clone(), private: Vec::new() };
    let planned = resource.plan(request);
    codec::encode(&planned.planned, &resource.schema().object_type())
        .expect("what was planned fits the schema");
    planned
}

/// As an apply leaves it: what the plan did not know is known.
fn applied(planned: &Value) -> Value {
    let Value::Map(members) = planned else { panic!("an object") };
    let known = members.iter().map(|(name, value)| {
        let list = name == "canary_rule_arns" || name == "rollout_steps";
        let made = if list { Value::List(Vec::new()) } else { "arn:made".into() };
        (name.clone(), if value.is_unknown() { made } else { value.clone() })
    });
    Value::object(known)
}

/// An error says where, and where it says is an attribute.
fn assert_blamed(resource: &dyn Resource, found: &Diagnostics, case: &str) {
    for diagnostic in found {
        let top = path_names(&diagnostic.path);
        let top = top.split(['.', '[']).next().unwrap_or_default();
        assert!(resource.schema().find(top).is_some(), "{case}: {diagnostic}");
        assert!(diagnostic.detail.len() > 10 && diagnostic.detail.ends_with('.'), "{case}: {diagnostic}");
    }
}

/// Attributes that mean something only together: what is wrong with one may be said at the other.
const TOGETHER: &[&[&str]] = &[
    &["enable_canary", "activate_canary", "promote_to_all", "canary_source_ips"],
    &["host_headers", "path_patterns", "canary_source_ips", "test_listener"],
    &["production_priority", "canary_priority"],
    &["capacity_provider_strategy", "launch_type"],
    &["health_check", "target_group"],
];

/// What is wrong is said at the attribute that was spoilt, or at one that it only means something with.
fn assert_blames(found: &Diagnostics, spoilt: &AttributePath, case: &str) {
    let top = |path: &AttributePath| path.to_string().split(['.', '[']).next().unwrap_or_default().to_owned();
    let spoilt = top(spoilt);
    let related = |blamed: &str| {
        TOGETHER.iter().any(|group| group.contains(&blamed) && group.contains(&spoilt.as_str()))
    };
    let errors: Vec<String> =
        found.iter().filter(|said| said.severity == Severity::Error).map(|said| top(&said.path)).collect();
    let blamed = errors.iter().any(|blamed| *blamed == spoilt || related(blamed));
    assert!(errors.is_empty() || blamed, "{case}: {errors:?}");
}

/// `ignore_changes` puts the state's old values into the configuration, after it was validated.
#[test]
fn what_ignore_changes_merges_is_refused_in_the_plan_at_its_path() {
    let provider = Bluegreen::default();
    let resource = provider.resource(NAME).unwrap();
    let good = full(resource);
    let state = applied(&plan(resource, &Value::Null, &good).planned);
    for (path, old) in [
        ("canary_source_ips", Value::List(Vec::new())),
        ("production_priority", 1.into()),
        ("canary_priority", 100.into()),
        ("host_headers", Value::List(Vec::new())),
        ("listener_arn", Value::Null),
        ("green.task_definition", Value::Null),
    ] {
        let mut merged = good.clone();
        assert!(merged.set(path, old), "{path}");
        let planned = plan(resource, &state, &merged);
        let at: Vec<_> = planned.diagnostics.iter().map(|said| said.path.to_string()).collect();
        assert!(planned.diagnostics.has_errors() && at.contains(&path.to_owned()), "{path}: {at:?}");
    }
}

#[test]
fn every_value_of_every_attribute_is_accepted_or_an_error_at_its_path() {
    let provider = Bluegreen::default();
    let resource = provider.resource(NAME).unwrap();
    let kind = resource.schema().object_type();
    let good = full(resource);
    assert!(!resource.validate(&good).has_errors(), "{:?}", resource.validate(&good));
    let first = plan(resource, &Value::Null, &good);
    assert!(!first.diagnostics.has_errors(), "{:?}", first.diagnostics);
    let state = applied(&first.planned);
    let (mut cases, mut refused) = (0, 0);
    for (path, place) in places(resource) {
        for value in borders(&place) {
            let mut config = good.clone();
            if !config.set(&path, value.clone()) {
                // What excludes something else is not in `good`; then nothing but this is said of it.
                let top = path_names(&path).split('.').next().unwrap().to_owned();
                config.set(top.as_str(), hollow(&resource.schema().find(&top).unwrap().kind));
                assert!(config.set(&path, value.clone()), "{path}");
            }
            let config = as_sent(&config, &kind);
            let case = format!("{path} = {:.80}", format!("{value:?}"));
            let found = resource.validate(&config);
            assert_blamed(resource, &found, &case);
            assert_blames(&found, &path, &case);
            for prior in [&Value::Null, &state] {
                let planned = plan(resource, prior, &config);
                assert_blamed(resource, &planned.diagnostics, &case);
                assert_blames(&planned.diagnostics, &path, &case);
                // What `ignore_changes` merges is seen by the plan only.
                assert!(
                    !found.has_errors() || planned.diagnostics.has_errors(),
                    "{case}: planned all the same"
                );
                let destroys = !planned.requires_replace.is_empty() && !planned.diagnostics.has_errors();
                assert!(!(value.is_null() && destroys), "{case}: replaces");
                let decided = config.is_wholly_known() && !planned.diagnostics.has_errors();
                assert!(
                    !decided || !planned.planned.get("rollout_steps").is_unknown() || !prior.is_null(),
                    "{case}: nothing wrong with it, and no steps"
                );
            }
            cases += 1;
            refused += usize::from(found.has_errors());
        }
    }
    println!("{cases} values at the borders of the schema, {refused} refused");
    assert!(refused * 3 > cases, "the borders are too wide");
}
