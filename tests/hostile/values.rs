//! Any bytes, in any place of any call, to the real provider: an answer every time, soon, and without much memory.

use std::sync::Arc;
use std::time::Duration;

use bluegreen_provider::provider::Bluegreen;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use terraform_plugin::testing::Served;
use terraform_plugin::wire::tfplugin6 as wire;
use terraform_plugin::{Provider as _, Schema, Type, Value, codec};
use tonic::transport::Channel;
use wire::provider_client::ProviderClient;

use crate::wish::{Phase, Place, Wish};

/// Nothing here takes long; whatever waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(20);
pub const NAME: &str = "bluegreen_service";

fn schema() -> Schema {
    Bluegreen::default().resource(NAME).unwrap().schema().clone()
}

/// A configuration that is right, to be spoilt.
pub fn right() -> Value {
    let place = Place {
        cluster: "shop".to_owned(),
        vpc_id: "vpc-1".to_owned(),
        listener: "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/shop/1/2".to_owned(),
        subnets: vec!["subnet-1".to_owned()],
        security_groups: Vec::new(),
        interval: 10,
    };
    let wish = Wish {
        phase: Phase::Canary,
        primary: "blue",
        blue: "nginx:1".to_owned(),
        green: "nginx:2".to_owned(),
        desired: 2,
        canary: 1,
        standby: 0,
        settle: 30,
    };
    wish.config(Bluegreen::default().resource(NAME).unwrap(), &place)
}

/// Odd texts, with those that are nearly right or have hurt others before.
fn text() -> impl Strategy<Value = String> {
    let odd = [
        "",
        " ",
        "\0",
        "../../..",
        "%s%n",
        "0s",
        "-1s",
        "1e309s",
        "99999999999999999999h",
        "nginx:",
        ":1",
        "nginx:99999999999999999999",
        "arn:",
        "arn:aws:ecs:::cluster/",
        "a/b/c",
        "0.0.0.0/0",
        "::/0",
        "10.0.0.0/33",
        "256.1.1.1",
        "*.*.*",
        "\u{202e}",
        "blue",
        "true",
        "4294967296",
        "NaN",
    ];
    prop_oneof![select(odd.to_vec()).prop_map(str::to_owned), "\\PC{0,20}", Just("x".repeat(70_000))]
}

fn number() -> impl Strategy<Value = Value> {
    let odd =
        ["0", "-1", "1.5", "2147483648", "4294967296", "18446744073709551616", "1e300", "-1e300", "1e-300"];
    let odd = select(odd.to_vec())
        .prop_map(|text| terraform_plugin::Number::from_decimal(text).map_or(Value::Null, Value::Number));
    prop_oneof![odd, any::<i64>().prop_map(Value::from)]
}

/// Something of the right type for one place.
fn something(kind: &Type) -> BoxedStrategy<Value> {
    let known = match kind {
        Type::Bool => any::<bool>().prop_map(Value::from).boxed(),
        Type::Number => number().boxed(),
        Type::String => text().prop_map(Value::from).boxed(),
        Type::List(inner) => vec(something(inner), 0..4).prop_map(Value::List).boxed(),
        Type::Set(inner) => vec(something(inner), 0..30)
            .prop_map(|mut elements| {
                elements.sort();
                elements.dedup();
                Value::List(elements)
            })
            .boxed(),
        Type::Map(inner) => {
            proptest::collection::btree_map("\\PC{0,9}", something(inner), 0..4).prop_map(Value::Map).boxed()
        }
        Type::Object(members) => members
            .iter()
            .fold(Just(std::collections::BTreeMap::new()).boxed(), |all, (name, kind)| {
                let name = name.clone();
                (all, something(kind))
                    .prop_map(move |(mut all, value)| {
                        all.insert(name.clone(), value);
                        all
                    })
                    .boxed()
            })
            .prop_map(Value::Map)
            .boxed(),
    };
    prop_oneof![6 => known, 1 => Just(Value::Null), 1 => Just(Value::Unknown)].boxed()
}

/// The right configuration with a few places spoilt, each by something of its type.
fn spoilt() -> impl Strategy<Value = Value> {
    let Type::Object(members) = schema().object_type() else { panic!("a schema is an object") };
    let places: Vec<(String, Type)> = members.into_iter().collect();
    let change = select(places).prop_flat_map(|(name, kind)| (Just(name), something(&kind)));
    vec(change, 0..4).prop_map(|changes| {
        let mut value = right();
        for (name, something) in changes {
            value.set(name.as_str(), something);
        }
        value
    })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let encoded = spoilt().prop_map(|value| codec::encode(&value, &schema().object_type()).unwrap().msgpack);
    let damaged = (encoded, vec((any::<Index>(), any::<u8>()), 0..4)).prop_map(|(mut bytes, changes)| {
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    });
    // Lengths that promise more than there is.
    let promises = select(vec![
        vec![0xdd, 0xff, 0xff, 0xff, 0xff],
        vec![0xdf, 0xff, 0xff, 0xff, 0xff],
        vec![0xdb, 0xff, 0xff, 0xff, 0xff],
        vec![0xc9, 0xff, 0xff, 0xff, 0xff, 0x0c],
        vec![0x91; 100_000],
        b"[".repeat(100_000),
        b"{\"a\":".repeat(50_000),
    ]);
    prop_oneof![4 => damaged, 1 => vec(any::<u8>(), 0..80), 1 => promises]
}

/// The provider behind its own socket, in this process.
/// Calls every method with these in every place. Nothing is connected, so no call goes further than the provider.
async fn call_all(client: &mut ProviderClient<Channel>, one: Vec<u8>, two: Vec<u8>, json: bool) {
    let value = |bytes: &Vec<u8>| {
        let bytes = bytes.clone();
        Some(if json {
            wire::DynamicValue { msgpack: Vec::new(), json: bytes }
        } else {
            wire::DynamicValue { msgpack: bytes, json: Vec::new() }
        })
    };
    let name = || NAME.to_owned();
    let mut said = Vec::new();
    let config = value(&one);
    said.extend(
        client
            .validate_provider_config(wire::validate_provider_config::Request { config: config.clone() })
            .await
            .unwrap()
            .into_inner()
            .diagnostics,
    );
    let request = wire::validate_resource_config::Request {
        type_name: name(),
        config: config.clone(),
        client_capabilities: None,
    };
    said.extend(client.validate_resource_config(request).await.unwrap().into_inner().diagnostics);
    for version in [-1, 0, 1, i64::MAX] {
        let raw_state = Some(wire::RawState { json: one.clone(), ..Default::default() });
        let request = wire::upgrade_resource_state::Request { type_name: name(), version, raw_state };
        said.extend(client.upgrade_resource_state(request).await.unwrap().into_inner().diagnostics);
    }
    let request = wire::read_resource::Request {
        type_name: name(),
        current_state: config.clone(),
        private: two.clone(),
        ..Default::default()
    };
    said.extend(client.read_resource(request).await.unwrap().into_inner().diagnostics);
    for (prior, wish) in [(&one, &two), (&two, &one), (&one, &one)] {
        let request = wire::plan_resource_change::Request {
            type_name: name(),
            prior_state: value(prior),
            proposed_new_state: value(wish),
            config: value(wish),
            prior_private: two.clone(),
            ..Default::default()
        };
        said.extend(client.plan_resource_change(request).await.unwrap().into_inner().diagnostics);
        let request = wire::apply_resource_change::Request {
            type_name: name(),
            prior_state: value(prior),
            planned_state: value(wish),
            config: value(wish),
            planned_private: two.clone(),
            ..Default::default()
        };
        said.extend(client.apply_resource_change(request).await.unwrap().into_inner().diagnostics);
    }
    let id = String::from_utf8_lossy(&one).into_owned();
    let request = wire::import_resource_state::Request { type_name: name(), id, ..Default::default() };
    said.extend(client.import_resource_state(request).await.unwrap().into_inner().diagnostics);
    // A panic is survived and told; here that is not good enough.
    for diagnostic in said {
        let text = format!("{} {}", diagnostic.summary, diagnostic.detail).to_lowercase();
        assert!(!text.contains("panic") && !text.contains("bug in the provider"), "{text}");
    }
}

/// The most memory this process ever held, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}

#[test]
fn every_call_of_the_provider_answers_whatever_it_is_sent() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let served = runtime.block_on(async { Served::start(Arc::new(Bluegreen::default())) });
    let client = runtime.block_on(served.route.client());
    let before = peak();
    let count = std::env::var("BLUEGREEN_VALUES").ok().and_then(|count| count.parse().ok()).unwrap_or(96);
    proptest!(ProptestConfig::with_cases(count), |(one in bytes(), two in bytes(), json in any::<bool>())| {
        let mut client = client.clone();
        runtime
            .block_on(async { tokio::time::timeout(LIMIT, call_all(&mut client, one, two, json)).await })
            .expect("a call hangs");
    });
    println!("{count} rounds of hostile values, {} MiB at most, {before} before", peak());
}

/// Facts in private state that are none, or not of this world.
#[test]
fn a_plan_survives_any_private_state() {
    let provider = Bluegreen::default();
    let resource = provider.resource(NAME).unwrap();
    let facts = "[{}\\[\\]\":,a-z0-9_ ]{0,60}";
    proptest!(ProptestConfig::with_cases(64), |(prior in spoilt(), wish in spoilt(), facts in facts)| {
        let inner = format!("{{\"version\":1,\"observed\":{facts}}}").into_bytes();
        for private in [facts.into_bytes(), inner] {
            let request = terraform_plugin::PlanRequest {
                prior: prior.clone(),
                proposed: wish.clone(),
                config: wish.clone(),
                private,
            };
            let planned = resource.plan(request);
            prop_assert!(codec::encode(&planned.planned, &resource.schema().object_type()).is_ok());
        }
    });
}
