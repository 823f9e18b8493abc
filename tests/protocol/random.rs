//! Whatever arrives, nothing panics or hangs; whatever is encoded comes back.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use prost::Message as _;
use terraform_plugin::wire::tfplugin6 as wire;
use terraform_plugin::{Number, Type, Value, codec};

use super::host::{LIMIT, served, toy_schema};
use super::raw::Raw;

fn any_type() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            btree_map("[a-d]", inner, 0..4).prop_map(Type::Object),
        ]
    })
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("NaN", Number::from_f64),
        "-?[0-9]{1,30}(\\.[0-9]{1,30})?(e[0-9]{1,2})?"
            .prop_filter_map("no number", |t| Number::from_decimal(&t)),
    ]
}

/// A value of that type; null and unknown anywhere.
pub fn value_of(kind: Type) -> BoxedStrategy<Value> {
    let known = match kind {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => any_number().prop_map(Value::Number).boxed(),
        Type::String => "\\PC{0,8}".prop_map(Value::String).boxed(),
        Type::List(element) => vec(value_of(*element), 0..4).prop_map(Value::List).boxed(),
        Type::Set(element) => vec(value_of(*element), 0..4)
            .prop_map(|mut elements| {
                elements.sort();
                elements.dedup_by(|a, b| a == b && a.is_wholly_known());
                Value::List(elements)
            })
            .boxed(),
        Type::Map(element) => btree_map("\\PC{0,4}", value_of(*element), 0..4).prop_map(Value::Map).boxed(),
        Type::Object(attributes) => attributes
            .into_iter()
            .fold(Just(BTreeMap::new()).boxed(), |members, (name, kind)| {
                (members, value_of(kind))
                    .prop_map(move |(mut members, value)| {
                        members.insert(name.clone(), value);
                        members
                    })
                    .boxed()
            })
            .prop_map(Value::Map)
            .boxed(),
    };
    prop_oneof![8 => known, 1 => Just(Value::Null), 1 => Just(Value::Unknown)].boxed()
}

fn typed_value() -> impl Strategy<Value = (Type, Value)> {
    any_type().prop_flat_map(|kind| (Just(kind.clone()), value_of(kind)))
}

/// Bytes that are mostly a valid value, with some of them changed.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let value = value_of(toy_schema().object_type());
    (value, vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), any::<prop::sample::Index>()).prop_map(
        |(value, changes, cut)| {
            let mut bytes = codec::encode(&value, &toy_schema().object_type()).unwrap().msgpack;
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if cut.index(3) == 0 {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        },
    )
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..64), damaged()]
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded_again((kind, value) in typed_value()) {
        let encoded = codec::encode(&value, &kind).unwrap();
        prop_assert_eq!(&codec::decode(&encoded, &kind).unwrap(), &value);
        prop_assert_eq!(codec::encode(&value, &kind).unwrap(), encoded);
    }

    #[test]
    fn the_decoder_survives_anything(bytes in any_bytes(), kind in any_type()) {
        if let Ok(value) = codec::decode_msgpack(&bytes, &kind) {
            prop_assert!(codec::encode(&value, &kind).is_ok());
        }
        let _ = codec::decode_msgpack(&bytes, &toy_schema().object_type());
        let json = wire::DynamicValue { msgpack: Vec::new(), json: bytes };
        let _ = codec::decode(&json, &kind);
    }
}

/// Calls every method with the same bytes in every place.
async fn call_all(
    client: &mut wire::provider_client::ProviderClient<tonic::transport::Channel>,
    bytes: Vec<u8>,
    json: bool,
) {
    let value = || {
        Some(match json {
            true => wire::DynamicValue { msgpack: Vec::new(), json: bytes.clone() },
            false => wire::DynamicValue { msgpack: bytes.clone(), json: Vec::new() },
        })
    };
    let type_name = || "toy_thing".to_owned();
    let raw = || Some(wire::RawState { json: bytes.clone(), ..Default::default() });
    client
        .validate_provider_config(wire::validate_provider_config::Request { config: value() })
        .await
        .unwrap();
    client
        .validate_resource_config(wire::validate_resource_config::Request {
            type_name: type_name(),
            config: value(),
            client_capabilities: None,
        })
        .await
        .unwrap();
    for version in [-1, 0, 1, 2, 3] {
        client
            .upgrade_resource_state(wire::upgrade_resource_state::Request {
                type_name: type_name(),
                version,
                raw_state: raw(),
            })
            .await
            .unwrap();
    }
    client
        .configure_provider(wire::configure_provider::Request { config: value(), ..Default::default() })
        .await
        .unwrap();
    client
        .read_resource(wire::read_resource::Request {
            type_name: type_name(),
            current_state: value(),
            private: bytes.clone(),
            ..Default::default()
        })
        .await
        .unwrap();
    client
        .plan_resource_change(wire::plan_resource_change::Request {
            type_name: type_name(),
            prior_state: value(),
            proposed_new_state: value(),
            config: value(),
            prior_private: bytes.clone(),
            ..Default::default()
        })
        .await
        .unwrap();
    client
        .apply_resource_change(wire::apply_resource_change::Request {
            type_name: type_name(),
            prior_state: value(),
            planned_state: value(),
            config: value(),
            planned_private: bytes.clone(),
            ..Default::default()
        })
        .await
        .unwrap();
    client
        .upgrade_resource_identity(wire::upgrade_resource_identity::Request {
            type_name: type_name(),
            version: 0,
            raw_identity: raw(),
        })
        .await
        .unwrap();
    client
        .import_resource_state(wire::import_resource_state::Request {
            type_name: type_name(),
            id: String::from_utf8_lossy(&bytes).into_owned(),
            ..Default::default()
        })
        .await
        .unwrap();
    client
        .move_resource_state(wire::move_resource_state::Request { source_state: raw(), ..Default::default() })
        .await
        .unwrap();
}

#[test]
fn every_call_answers_whatever_it_is_sent() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let served = runtime.block_on(async { served() });
    let client = runtime.block_on(served.route.client());
    proptest!(ProptestConfig::with_cases(64), |(bytes in any_bytes(), json in any::<bool>())| {
        let mut client = client.clone();
        runtime
            .block_on(async { tokio::time::timeout(LIMIT, call_all(&mut client, bytes, json)).await })
            .expect("a call hangs");
    });
}

const METHODS: [&str; 15] = [
    "GetMetadata",
    "GetProviderSchema",
    "ValidateProviderConfig",
    "ValidateResourceConfig",
    "UpgradeResourceState",
    "GetResourceIdentitySchemas",
    "UpgradeResourceIdentity",
    "ConfigureProvider",
    "ReadResource",
    "PlanResourceChange",
    "ApplyResourceChange",
    "ImportResourceState",
    "MoveResourceState",
    "StopProvider",
    "NoSuchMethod",
];

#[test]
fn bytes_that_are_no_message_do_no_harm() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let served = runtime.block_on(async { served() });
    let channel = runtime.block_on(served.route.channel()).unwrap();
    let nearly = any_bytes().prop_map(|bytes| {
        // A type name, then a value: the beginning of most requests.
        let value = wire::DynamicValue { msgpack: bytes, json: Vec::new() };
        let type_name = "toy_thing".to_owned();
        wire::validate_resource_config::Request { type_name, config: Some(value), client_capabilities: None }
            .encode_to_vec()
    });
    let bytes = prop_oneof![vec(any::<u8>(), 0..48), nearly];
    proptest!(ProptestConfig::with_cases(64), |(bytes in bytes)| {
        for method in METHODS {
            let mut grpc = tonic::client::Grpc::new(channel.clone());
            let path = format!("/tfplugin6.Provider/{method}").parse().unwrap();
            let answer = runtime.block_on(async {
                grpc.ready().await.unwrap();
                tokio::time::timeout(LIMIT, grpc.unary(tonic::Request::new(bytes.clone()), path, Raw)).await
            });
            let code = answer.expect("a call hangs").map_or_else(|status| status.code(), |_| tonic::Code::Ok);
            match method {
                "NoSuchMethod" => prop_assert_eq!(code, tonic::Code::Unimplemented),
                // The message could not be read at all; everything later is a diagnostic.
                _ => prop_assert!(
                    matches!(code, tonic::Code::Ok | tonic::Code::Internal),
                    "{}: {}", method, code
                ),
            }
        }
    });
}
