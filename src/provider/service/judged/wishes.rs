//! Random configurations as users write them, and what others do to the facts behind our back.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::bluegreen::matches::Matches;
use crate::bluegreen::observed::{Deployment, Observed};
use crate::bluegreen::routing::{Neighbour, Role, Rule, Sends};
use crate::bluegreen::side::Side;
use crate::provider::service::attributes;
use terraform_plugin::{Attribute, Kind, Value};

const AT: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/shop/1";

type Named = (&'static str, BoxedStrategy<Value>);

fn text(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    select(words).prop_map(Value::from).boxed()
}

fn number(numbers: &'static [i64]) -> BoxedStrategy<Value> {
    select(numbers).prop_map(Value::from).boxed()
}

fn some_of(words: &'static [&'static str], least: usize) -> BoxedStrategy<Value> {
    subsequence(words, least..=words.len())
        .prop_map(|some| {
            let mut some: Vec<Value> = some.into_iter().map(Value::from).collect();
            some.sort();
            Value::List(some)
        })
        .boxed()
}

fn flag() -> BoxedStrategy<Value> {
    any::<bool>().prop_map(Value::from).boxed()
}

/// Set half of the time.
fn maybe(strategy: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![Just(Value::Null), strategy].boxed()
}

fn object(members: Vec<Named>) -> BoxedStrategy<Value> {
    let empty = Just(Vec::<(&str, Value)>::new()).boxed();
    let members = members.into_iter().fold(empty, |so_far, (name, strategy)| {
        (so_far, strategy)
            .prop_map(move |(mut so_far, value)| {
                so_far.push((name, value));
                so_far
            })
            .boxed()
    });
    members.prop_map(Value::object).boxed()
}

fn side() -> BoxedStrategy<Value> {
    const WORDS: &[&str] =
        &["nginx:1", "nginx:2", "arn:aws:ecs:eu-west-1:1:task-definition/nginx:2", "app:7"];
    object(vec![("task_definition", text(WORDS))])
}

fn phase() -> impl Strategy<Value = [Value; 3]> {
    let off = || maybe(Just(false.into()).boxed());
    let on = || Just(Value::from(true)).boxed();
    prop_oneof![[off(), off(), off()], [on(), off(), off()], [on(), on(), off()], [on(), off(), on()],]
}

fn release() -> Vec<Named> {
    vec![
        ("blue", side()),
        ("green", side()),
        ("primary", maybe(text(&["blue", "green"]))),
        ("desired_count", maybe(number(&[1, 2, 3]))),
        ("canary_count", maybe(number(&[1, 2, 3]))),
        ("standby_count", maybe(number(&[0, 1, 2]))),
        (
            "canary_source_ips",
            some_of(
                &["10.0.0.0/24", "10.0.1.0/24", "10.0.0.7", "192.0.2.0/25", "2001:db8::/32", "198.51.100.9"],
                1,
            ),
        ),
        ("settle_time", maybe(text(&["30s", "1m", "0s"]))),
        ("timeouts", maybe(object(vec![("update", maybe(text(&["5m"])))]))),
        ("production_priority", maybe(number(&[100, 101, 50]))),
        ("canary_priority", maybe(number(&[40, 49, 30]))),
        ("host_headers", some_of(&["a.example.com", "*.b.example.com"], 1)),
        ("path_patterns", maybe(some_of(&["/a/*", "/b"], 0))),
        ("tags", maybe(object(vec![("team", text(&["web", "ops"]))]))),
    ]
}

fn runtime() -> Vec<Named> {
    let provider = object(vec![
        ("capacity_provider", text(&["FARGATE", "FARGATE_SPOT"])),
        ("weight", maybe(number(&[1, 5]))),
        ("base", maybe(number(&[0, 1]))),
    ]);
    let health = object(vec![
        ("path", maybe(text(&["/", "/up"]))),
        ("interval", maybe(number(&[10, 20]))),
        ("matcher", maybe(text(&["200", "200-299"]))),
    ]);
    let group = object(vec![
        ("deregistration_delay", maybe(number(&[0, 60]))),
        ("port", maybe(number(&[80, 8080]))),
        ("slow_start", maybe(number(&[0, 30]))),
    ]);
    let test = object(vec![
        ("arn", Just(Value::from(format!("{AT}/9"))).boxed()),
        ("priority", number(&[5, 6])),
        ("allowed_cidrs", maybe(some_of(&["10.0.0.0/8", "192.0.2.1"], 0))),
    ]);
    vec![
        ("container_name", text(&["nginx", "app"])),
        ("container_port", number(&[80, 8080])),
        (
            "network_configuration",
            object(vec![
                ("subnets", some_of(&["subnet-1", "subnet-2"], 1)),
                ("security_groups", maybe(some_of(&["sg-1", "sg-2"], 0))),
                ("assign_public_ip", maybe(flag())),
            ]),
        ),
        ("capacity_provider_strategy", maybe(provider.prop_map(|one| Value::list([one])).boxed())),
        ("platform_version", maybe(text(&["LATEST", "1.4.0"]))),
        ("health_check_grace_period_seconds", maybe(number(&[0, 30]))),
        ("enable_execute_command", maybe(flag())),
        ("propagate_tags", maybe(text(&["NONE", "SERVICE"]))),
        ("enable_ecs_managed_tags", maybe(flag())),
        ("availability_zone_rebalancing", maybe(text(&["ENABLED", "DISABLED"]))),
        ("health_check", maybe(health)),
        ("target_group", maybe(group)),
        ("test_listener", maybe(test)),
    ]
}

/// A wholly known configuration that validates.
pub fn config() -> BoxedStrategy<Value> {
    let attributes = object(release().into_iter().chain(runtime()).collect());
    let cluster = text(&["shop", "arn:aws:ecs:eu-west-1:1:cluster/shop"]);
    (attributes, phase(), cluster)
        .prop_map(|(attributes, [enable, activate, promote], cluster)| {
            let mut config = attributes::service_ref().null_object();
            for (name, value) in attributes.as_map().unwrap() {
                config.set(name.as_str(), value.clone());
            }
            for (name, value) in [
                ("name", "web".into()),
                ("cluster", cluster),
                ("vpc_id", "vpc-1".into()),
                ("listener_arn", format!("{AT}/2").into()),
                ("enable_canary", enable),
                ("activate_canary", activate),
                ("promote_to_all", promote),
            ] {
                config.set(name, value);
            }
            whole(&attributes::service_ref().attributes, &mut config);
            config
        })
        .prop_filter("validates", |config| !super::super::validate::config(config).has_errors())
        .boxed()
}

/// Every object has every attribute, as on the wire.
fn whole(attributes: &std::collections::BTreeMap<String, Attribute>, value: &mut Value) {
    let Value::Map(members) = value else { return };
    for (name, attribute) in attributes {
        let place = members.entry(name.clone()).or_default();
        match &attribute.kind {
            Kind::Object(inner) => whole(inner, place),
            Kind::ObjectList(inner) => {
                if let Value::List(elements) = place {
                    elements.iter_mut().for_each(|element| whole(inner, element));
                }
            }
            _ => {}
        }
    }
}

/// The same configuration while some of it is not known yet.
pub fn blurred(config: &Value, which: &[Index]) -> Value {
    let mut leaves = Vec::new();
    config.walk(&mut |path, leaf| {
        if !leaf.is_null() && leaf.as_map().is_none() {
            leaves.push(path.clone());
        }
    });
    let mut blurred = config.clone();
    for index in which {
        let path = index.get(&leaves);
        // What is inside a set or list is blurred as a whole: its elements have no names.
        blurred.set(path, Value::Unknown);
    }
    blurred
}

fn production(facts: &mut Observed) -> Option<&mut Rule> {
    facts.rules.iter_mut().find(|rule| rule.role == Role::Production)
}

/// What somebody else did.
pub fn meddle(facts: &mut Observed, how: u8, side: Side) {
    let service = facts.sides[side].service.as_mut();
    match (how, service) {
        (0, Some(service)) => service.desired += 1,
        (1, Some(service)) => {
            service.task_definition = "arn:aws:ecs:eu-west-1:1:task-definition/nginx:9".to_owned()
        }
        (2, Some(service)) => service.settings.enable_execute_command ^= true,
        (3, Some(service)) => service.deployment = Deployment::Failed("tasks failed to start".to_owned()),
        (4, Some(service)) => service.tags.clear(),
        (5, _) => facts.sides[side].service = None,
        (6, _) => facts.rules.retain(|rule| rule.role != Role::Canary),
        (7, _) => {
            if let Some(rule) = production(facts) {
                rule.sends = Sends::both(side);
            }
        }
        (8, _) => facts.rules.retain(|rule| rule.role != Role::Production),
        (9, _) => {
            if let Some(rule) = production(facts) {
                rule.sends = Sends::Elsewhere("fixed-response".to_owned());
            }
        }
        (10, _) => {
            if let Some(rule) = production(facts) {
                rule.priority += 7;
            }
        }
        (11, _) => {
            let matches = Matches { hosts: ["x.example.com".to_owned()].into(), ..Matches::default() };
            facts.neighbours.push(Neighbour {
                id: "another's".to_owned(),
                priority: 45,
                matches,
                sends: Default::default(),
            });
        }
        (12, _) => {
            if let Some(group) = &mut facts.sides[side].group {
                group.settings.health_check.path = "/other".to_owned();
                group.tags.insert("by".to_owned(), "hand".to_owned());
            }
        }
        (13, _) => facts.rules.retain(|rule| rule.role != Role::Test),
        (14, Some(service)) => service.desired = 0,
        (15, _) => {
            if let Some(rule) = production(facts) {
                rule.matches.hosts.insert("new.example.com".to_owned());
            }
        }
        _ => {}
    }
}

pub const WAYS_TO_MEDDLE: u8 = 24;
