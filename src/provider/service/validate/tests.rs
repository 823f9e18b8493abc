//! What validation says about single mistakes, and that it says nothing about none.

use super::config;
use crate::provider::service::attributes;
use terraform_plugin::Value;

const LISTENER: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/lb/1/2";

pub(in crate::provider::service) fn good() -> Value {
    let side = |definition: &str| Value::object([("task_definition", definition.into())]);
    let mut value = attributes::service_ref().null_object();
    let network = Value::object([
        ("subnets", Value::list(["subnet-1"])),
        ("security_groups", Value::Null),
        ("assign_public_ip", Value::Null),
    ]);
    for (name, member) in [
        ("name", "nginx".into()),
        ("cluster", "shop".into()),
        ("vpc_id", "vpc-1".into()),
        ("listener_arn", LISTENER.into()),
        ("host_headers", Value::list(["nginx.example.com"])),
        ("blue", side("nginx:1")),
        ("green", side("nginx:2")),
        ("container_name", "nginx".into()),
        ("container_port", 80.into()),
        ("network_configuration", network),
    ] {
        value.set(name, member);
    }
    value
}

fn health(name: &str, value: impl Into<Value>) -> Value {
    Value::object([(name, value.into())])
}

/// The paths of the errors a change leads to.
fn errors(changes: &[(&str, Value)]) -> Vec<String> {
    let mut value = good();
    for (path, change) in changes {
        assert!(value.set(*path, change.clone()), "{path}");
    }
    config(&value).iter().map(|d| d.path.to_string()).collect()
}

#[test]
fn a_good_configuration_has_no_errors() {
    assert_eq!(errors(&[]), Vec::<String>::new());
}

#[test]
fn everything_may_be_unknown() {
    let names: Vec<String> = good().as_map().unwrap().keys().cloned().collect();
    for name in names {
        let found = errors(&[(&name, Value::Unknown)]);
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn bad_values_are_blamed_on_their_attribute() {
    let long = "x".repeat(300);
    let strategy = |weight: i32| {
        Value::list([Value::object([
            ("capacity_provider", "FARGATE_SPOT".into()),
            ("weight", weight.into()),
            ("base", Value::Null),
        ])])
    };
    let table: Vec<(&str, Value, &str)> = vec![
        ("name", "".into(), "name"),
        ("name", "a b".into(), "name"),
        ("name", long.as_str().into(), "name"),
        ("cluster", "".into(), "cluster"),
        ("cluster", "arn:aws:ecs:eu-west-1:1:service/x".into(), "cluster"),
        ("vpc_id", "subnet-1".into(), "vpc_id"),
        ("listener_arn", "".into(), "listener_arn"),
        (
            "listener_arn",
            "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/lb/1".into(),
            "listener_arn",
        ),
        (
            "listener_arn",
            "arn:aws:elasticloadbalancing:eu-west-1:1:listener/net/lb/1/2".into(),
            "listener_arn",
        ),
        ("host_headers", Value::list::<Value>([]), "host_headers"),
        ("host_headers", Value::list(["nodot"]), "host_headers"),
        ("host_headers", Value::list(["10.0.0.1"]), "host_headers"),
        ("host_headers", Value::list(["a.example.com:80"]), "host_headers"),
        ("host_headers", Value::list(["a.invalid"]), "host_headers"),
        ("host_headers", Value::list([Value::Null]), "host_headers"),
        ("host_headers", Value::list((0..6).map(|i| format!("h{i}.example.com"))), "host_headers"),
        ("path_patterns", Value::list(["no-slash"]), "path_patterns"),
        ("path_patterns", Value::list(["/a b"]), "path_patterns"),
        ("blue.task_definition", "nginx".into(), "blue.task_definition"),
        ("blue.task_definition", "nginx:0".into(), "blue.task_definition"),
        ("green.task_definition", "nginx:latest".into(), "green.task_definition"),
        ("green.task_definition", "".into(), "green.task_definition"),
        (
            "green.task_definition",
            "arn:aws:ecs:eu-west-1:1:task-definition/nginx".into(),
            "green.task_definition",
        ),
        ("primary", "red".into(), "primary"),
        ("desired_count", 0.into(), "desired_count"),
        ("desired_count", (-1).into(), "desired_count"),
        ("canary_count", 0.into(), "canary_count"),
        ("standby_count", (-1).into(), "standby_count"),
        ("container_port", 0.into(), "container_port"),
        ("container_port", 65_536.into(), "container_port"),
        ("container_name", "".into(), "container_name"),
        ("production_priority", 0.into(), "production_priority"),
        ("production_priority", 50_001.into(), "production_priority"),
        ("production_priority", 1.into(), "production_priority"),
        ("canary_priority", 100.into(), "canary_priority"),
        ("activate_canary", true.into(), "activate_canary"),
        ("promote_to_all", true.into(), "promote_to_all"),
        ("canary_source_ips", Value::list(["office"]), "canary_source_ips"),
        ("canary_source_ips", Value::list(["10.0.0.1/24"]), "canary_source_ips"),
        ("canary_source_ips", Value::list(["10.0.0.0/33"]), "canary_source_ips"),
        ("settle_time", "30".into(), "settle_time"),
        ("settle_time", "-1s".into(), "settle_time"),
        ("settle_time", "25h".into(), "settle_time"),
        ("timeouts", Value::object([("update", "0s".into())]), "timeouts.update"),
        ("timeouts", Value::object([("create", "soon".into())]), "timeouts.create"),
        ("network_configuration.subnets", Value::list::<Value>([]), "network_configuration.subnets"),
        ("network_configuration.subnets", Value::list(["vpc-1"]), "network_configuration.subnets"),
        (
            "network_configuration.security_groups",
            Value::list(["subnet-1"]),
            "network_configuration.security_groups",
        ),
        ("launch_type", "EC2".into(), "launch_type"),
        ("capacity_provider_strategy", strategy(0), "capacity_provider_strategy"),
        ("capacity_provider_strategy", strategy(1001), "capacity_provider_strategy[0].weight"),
        ("capacity_provider_strategy", Value::list::<Value>([]), "capacity_provider_strategy"),
        ("platform_version", "newest".into(), "platform_version"),
        ("propagate_tags", "service".into(), "propagate_tags"),
        ("availability_zone_rebalancing", "on".into(), "availability_zone_rebalancing"),
        ("health_check", health("interval", 4), "health_check.interval"),
        ("health_check", health("timeout", 10), "health_check.timeout"),
        ("health_check", health("path", "up"), "health_check.path"),
        ("health_check", health("port", "0"), "health_check.port"),
        ("health_check", health("matcher", "20x"), "health_check.matcher"),
        ("health_check", health("matcher", "500"), "health_check.matcher"),
        ("health_check", health("healthy_threshold", 1), "health_check.healthy_threshold"),
        ("target_group", health("slow_start", 10), "target_group.slow_start"),
        ("target_group", health("deregistration_delay", 3_601), "target_group.deregistration_delay"),
        ("target_group", health("protocol", "TCP"), "target_group.protocol"),
        (
            "target_group",
            health("load_balancing_anomaly_mitigation", "on"),
            "target_group.load_balancing_anomaly_mitigation",
        ),
        (
            "test_listener",
            Value::object([("arn", LISTENER.into()), ("priority", 1.into())]),
            "test_listener.arn",
        ),
        ("tags", Value::object([("aws:x", "y")].map(|(k, v)| (k, v.into()))), "tags[\"aws:x\"]"),
        ("tags", Value::object([("x", Value::Null)]), "tags[\"x\"]"),
    ];
    for (path, value, blamed) in table {
        let found = errors(&[(path, value.clone())]);
        assert!(found.iter().any(|found| found == blamed), "{path} = {value:?}: {found:?}");
    }
}

#[test]
fn a_canary_needs_an_audience_and_room_for_it() {
    let canary = [("enable_canary", true.into()), ("activate_canary", true.into())];
    assert_eq!(errors(&canary), ["canary_source_ips"]);
    let sources = ("canary_source_ips", Value::list(["10.0.0.0/24"]));
    let mut full = canary.to_vec();
    full.push(sources);
    assert_eq!(errors(&full), Vec::<String>::new());
    full.push(("host_headers", Value::list((0..5).map(|i| format!("h{i}.example.com")))));
    assert_eq!(errors(&full), ["canary_source_ips"]);
    let many = Value::list((0..40).map(|i| format!("10.{}.0.0/16", i * 2)));
    assert_eq!(errors(&[("canary_source_ips", many), ("canary_priority", 3.into())]), ["canary_priority"]);
}

#[test]
fn a_matcher_has_the_codes_of_its_protocol() {
    let with = |version: &str, matcher: &str| {
        errors(&[
            ("target_group", health("protocol_version", version)),
            ("health_check", health("matcher", matcher)),
        ])
    };
    for (version, matcher) in [("GRPC", "200"), ("GRPC", "0-100"), ("HTTP2", "12"), ("HTTP1", "0")] {
        assert_eq!(with(version, matcher), ["health_check.matcher"], "{version} {matcher}");
    }
    for (version, matcher) in [("GRPC", "0-99"), ("GRPC", "0,12"), ("HTTP2", "200-299")] {
        assert_eq!(with(version, matcher), [""; 0], "{version} {matcher}");
    }
}

#[test]
fn everything_is_in_one_account_and_region() {
    for (path, arn) in [
        ("cluster", "arn:aws:ecs:eu-central-1:123456789012:cluster/shop"),
        ("cluster", "arn:aws:ecs:eu-west-1:210987654321:cluster/shop"),
        ("blue.task_definition", "arn:aws:ecs:eu-west-1:210987654321:task-definition/nginx:1"),
        ("green.task_definition", "arn:aws:ecs:us-east-1:123456789012:task-definition/nginx:1"),
    ] {
        assert_eq!(errors(&[(path, arn.into())]), [path], "{arn}");
    }
    let right = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop";
    assert_eq!(errors(&[("cluster", right.into())]), [""; 0]);
    assert_eq!(errors(&[("cluster", right.into()), ("listener_arn", Value::Unknown)]), [""; 0]);
}

#[test]
fn whole_numbers_are_whole() {
    let half = Value::Number(terraform_plugin::Number::from_f64(1.5).unwrap());
    assert_eq!(errors(&[("desired_count", half)]), ["desired_count"]);
}
