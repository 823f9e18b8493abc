//! What has to be true of every row.

use super::{
    apply_defaults, conditions, headings, health_check, identity, logins, objects, row, runtime, service_ref,
    target_group,
};
use crate::bluegreen::matches::{Header, Matches, Query};
use crate::bluegreen::spec::{GroupSettings, ServiceSettings, Spec};
use crate::provider::service::decode;
use crate::provider::service::validate::tests::good;
use terraform_plugin::{AttributePath, Value};

/// A configuration in which nothing is as in an empty wish.
fn far_from_empty() -> Value {
    let mut value = good();
    for (path, set) in [
        ("primary", "green".into()),
        ("standby_count", 1.into()),
        ("enable_canary", true.into()),
        ("activate_canary", true.into()),
        ("canary_source_ips", Value::list(["10.0.0.0/24"])),
        ("path_patterns", Value::list(["/a"])),
        ("health_check_grace_period_seconds", 5.into()),
        ("enable_execute_command", true.into()),
        ("enable_ecs_managed_tags", true.into()),
        ("network_configuration.security_groups", Value::list(["sg-1"])),
        ("network_configuration.assign_public_ip", true.into()),
        ("tags", Value::object([("team", "web".into())])),
    ] {
        assert!(value.set(path, set), "{path}");
    }
    let provider = [("capacity_provider", "FARGATE_SPOT".into()), ("weight", 2.into()), ("base", 1.into())];
    value.set("capacity_provider_strategy", Value::list([Value::object(provider)]));
    let group = [
        ("slow_start", Value::from(0)),
        ("load_balancing_algorithm_type", "weighted_random".into()),
        ("load_balancing_anomaly_mitigation", "on".into()),
    ];
    value.set("target_group", Value::object(group));
    let listener = value.get("listener_arn").as_str().unwrap().replace("/2", "/3");
    let test = [
        ("arn", listener.into()),
        ("priority", 7.into()),
        ("allowed_cidrs", Value::list(["10.0.0.7"])),
        ("all_conditions", true.into()),
    ];
    value.set("test_listener", Value::object(test));
    for (side, port) in [("blue", 8081), ("green", 8082)] {
        for name in ["service_name", "target_group_name", "container_name"] {
            value.set(format!("{side}.{name}").as_str(), "other");
        }
        value.set(format!("{side}.container_port").as_str(), port);
    }
    carrying(&mut value);
    complete(value)
}

fn carrying(value: &mut Value) {
    let text = |names: &[&'static str]| {
        let pairs = names.iter().map(|name| (*name, Value::from(format!("https://{name}"))));
        pairs.collect::<Vec<_>>()
    };
    let header = [("http_header_name", "X-Cdn".into()), ("values", Value::list(["secret"]))];
    let header = Value::object([("http_header", Value::object(header))]);
    value.set("conditions", Value::list([header]));
    let rewrite = [("type", "url-rewrite".into()), ("regex", "^/a".into()), ("replace", "/b".into())];
    value.set("transforms", Value::list([Value::object(rewrite)]));
    let pool = ["user_pool_arn", "user_pool_client_id", "user_pool_domain"];
    value.set("authenticate_cognito", Value::object(text(&pool)));
    let ends = ["issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint", "client_id"];
    let secret = ("client_secret", Value::from("s3cret"));
    value.set("authenticate_oidc", Value::object([text(&ends), vec![secret]].concat()));
    value.set("jwt_validation", Value::object(text(&["issuer", "jwks_endpoint"])));
}

fn complete(config: Value) -> Value {
    let mut whole = config.clone();
    apply_defaults(&config, &Value::Null, &mut whole);
    whole
}

#[test]
fn every_field_of_the_wish_has_its_row() {
    let wish = decode::spec(&far_from_empty()).unwrap();
    let empty = Spec { test: Some(Default::default()), ..Spec::default() };
    let (wish, empty) = (format!("{wish:#?}"), format!("{empty:#?}"));
    let fields = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.contains(": ") && !line.ends_with(['{', '(', '[']))
            .map(str::to_owned)
            .collect()
    };
    let left: Vec<_> = fields(&empty).into_iter().filter(|field| fields(&wish).contains(field)).collect();
    let mut left: Vec<_> = left.iter().map(|field| field.trim()).collect();
    // Of conditions there is room for few; what is kept and which secret is new, the value alone does not say; and
    // off is all that goes with another algorithm.
    left.retain(|field| !field.ends_with(": {},") && *field != "keeps: true,");
    assert_eq!(left, ["new_secret: false,", "slow_start: 0,"], "these were not read: {wish}");
}

#[test]
fn what_is_not_set_follows_from_what_is() {
    let whole = |changes: &[(&str, Value)]| {
        let mut value = good();
        for (path, change) in changes {
            assert!(value.set(*path, change.clone()), "{path}");
        }
        complete(value)
    };
    let priority =
        |production: Value| whole(&[("production_priority", production)]).get("canary_priority").clone();
    assert_eq!(
        [Value::Null, 2.into(), 50_000.into(), Value::Unknown].map(priority),
        [99.into(), 1.into(), 49_999.into(), Value::Unknown]
    );
    let check = |version: Value| {
        let value = whole(&[("target_group", Value::object([("protocol_version", version)]))]);
        [value.at("health_check.path").clone(), value.at("health_check.matcher").clone()]
    };
    assert_eq!(check("GRPC".into()), ["/AWS.ALB/healthcheck", "12"].map(Value::from));
    assert_eq!(check("HTTP2".into()), ["/", "200"].map(Value::from));
    assert_eq!(check(Value::Null), ["/", "200"].map(Value::from));
    assert_eq!(check(Value::Unknown), [Value::Unknown, Value::Unknown]);
    assert!(
        decode::spec(&whole(&[("target_group", Value::object([("protocol_version", "GRPC".into())]))]))
            .is_ok()
    );
}

#[test]
fn every_description_says_its_default_and_leaves_no_gap() {
    let mut complaints = Vec::new();
    service_ref().walk(&mut |path, attribute| {
        let text = &attribute.description;
        let said = match &attribute.default {
            Some(Value::String(word)) => text.contains(&format!("`{word}`")),
            Some(Value::Number(number)) => text.contains(&number.to_string()),
            Some(Value::Bool(flag)) => text.contains(&format!("Default `{flag}`.")),
            _ => true,
        };
        if !said || text.contains(['{', '}']) {
            complaints.push(format!("{path}: {text}"));
        }
    });
    assert_eq!(complaints, [""; 0]);
}

#[test]
fn every_path_stands_once_and_below_an_object_that_is_described() {
    let mut paths: Vec<_> = headings().map(|heading| heading.path).collect();
    let (count, objects) = (paths.len(), objects().map(|object| object.name).collect::<Vec<_>>());
    for path in &paths {
        let known = path.split_once('.').is_none_or(|(object, _)| objects.contains(&object));
        assert!(known && service_ref().find(path).is_some(), "{path}");
    }
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), count);
    assert_eq!(service_ref().check(), [""; 0]);
}

#[test]
fn what_was_read_is_written_back_the_same() {
    let value = far_from_empty();
    let wish = decode::spec(&value).unwrap();
    let service: &ServiceSettings = &wish.service;
    let group: &GroupSettings = &wish.group;
    // Over what is there it changes nothing, and where nothing is, it says it all.
    let nothing = service_ref().null_object();
    for (mut state, anew) in [(value.clone(), false), (nothing, true)] {
        row::write(&runtime::ROWS, service, &mut state);
        row::write(&runtime::TAGS, &wish, &mut state);
        row::write(&identity::NETWORK, &group.fixed, &mut state);
        row::write(&health_check::ROWS, &group.health_check, &mut state);
        row::write(&target_group::ROWS, group, &mut state);
        if !anew {
            row::write(&conditions::ROWS, &wish, &mut state);
            row::write(&logins::ROWS, &wish, &mut state);
        }
        for heading in headings().filter(|heading| anew && !state.at(heading.path).is_null()) {
            assert_eq!(state.at(heading.path), value.at(heading.path), "{}", heading.path);
        }
        assert!(anew || state == value);
        assert!(!state.at("health_check.path").is_null() && !state.get("vpc_id").is_null());
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_path() {
    use decode::Undecided::{Unknown, Wrong};
    let decided = |path: &str, value: Value| {
        let mut whole = far_from_empty();
        whole.set(path, value);
        decode::spec(&whole).unwrap_err()
    };
    let blamed = |path: &str, value: Value| match decided(path, value) {
        Wrong(found) => found.iter().map(|d| d.path.to_string()).collect::<Vec<_>>(),
        unknown => panic!("{path}: {unknown:?}"),
    };
    assert_eq!(blamed("target_group.slow_start", Value::Null), ["target_group.slow_start"]);
    assert_eq!(blamed("health_check.interval", 4.into()), ["health_check.interval"]);
    assert_eq!(blamed("blue", Value::Null), ["blue"]);
    assert_eq!(blamed("network_configuration", Value::Null), ["network_configuration"]);
    assert_eq!(blamed("desired_count", "two".into()), ["desired_count"]);
    assert_eq!(decided("blue.task_definition", Value::Unknown), Unknown(vec!["blue.task_definition".into()]));
    let inner = AttributePath::from("capacity_provider_strategy").index(0).attribute("weight");
    let mut whole = far_from_empty();
    whole.set(&inner, Value::Unknown);
    assert_eq!(decode::spec(&whole).unwrap_err(), Unknown(vec![inner]));
}

#[test]
fn a_state_that_no_configuration_may_say_can_still_be_destroyed() {
    let mut state = far_from_empty();
    state.set("promote_to_all", true);
    state.set("settle_time", Value::Null);
    state.set("health_check", Value::Null);
    assert!(decode::spec(&state).is_err());
    let wish = decode::spec_to_destroy(&state).unwrap();
    assert_eq!((wish.owner().as_str(), wish.settle_time.as_secs()), ("shop/nginx", 30));
    state.set("cluster", Value::Null);
    assert!(decode::spec_to_destroy(&state).is_err());
}

#[test]
fn conditions_and_logins_are_read_as_they_were_written() {
    let header = Header {
        name: "X-Cdn".to_owned(),
        values: ["a".to_owned()].into(),
        regexes: ["^b".to_owned()].into(),
    };
    let pairs = [(Some("k".to_owned()), "v".to_owned()), (None, "w".to_owned())];
    let mut wish = decode::spec(&far_from_empty()).unwrap();
    wish.extras.conditions.value = Matches {
        host_regexes: ["^h".to_owned()].into(),
        path_regexes: ["^p".to_owned()].into(),
        methods: ["GET".to_owned()].into(),
        sources: ["10.0.0.0/8".parse().unwrap()].into(),
        headers: [header].into(),
        queries: [Query(pairs.into())].into(),
        ..Matches::default()
    };
    let mut state = service_ref().null_object();
    row::write(&conditions::ROWS, &wish, &mut state);
    row::write(&logins::ROWS, &wish, &mut state);
    assert_eq!(decode::extras(&state), Some(wish.extras));
    assert!(state.at("authenticate_oidc.client_secret").is_null());
    // Nothing said and none said are one wish.
    for name in ["authenticate_cognito", "authenticate_oidc", "jwt_validation"] {
        state.set(name, Value::object::<&str>([]));
    }
    state.set("conditions", Value::list::<Value>([]));
    state.set("transforms", Value::list::<Value>([]));
    assert_eq!(decode::extras(&state), Some(Spec::default().extras));
    let nothing = Value::list([Value::object([("http_header", Value::Null)])]);
    state.set("conditions", nothing);
    assert_eq!(decode::extras(&state), None);
}
