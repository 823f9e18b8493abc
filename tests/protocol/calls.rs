//! Each call, as Terraform makes it when all goes well and when it does not.

use terraform_plugin::testing::Ending;
use terraform_plugin::wire::plugin::grpc_stdio_client::GrpcStdioClient;
use terraform_plugin::wire::tfplugin6 as wire;
use terraform_plugin::{Type, Value};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::host::{apply_request, decode, encode, plan_request, served, thing, toy_schema};

fn summaries(diagnostics: &[wire::Diagnostic]) -> Vec<&str> {
    diagnostics.iter().map(|d| d.summary.as_str()).collect()
}

#[tokio::test]
async fn the_schema_arrives_as_it_was_written() {
    let served = served();
    let mut client = served.route.client().await;
    let response =
        client.get_provider_schema(wire::get_provider_schema::Request {}).await.unwrap().into_inner();
    let capabilities = response.server_capabilities.unwrap();
    assert!(capabilities.get_provider_schema_optional);
    assert!(capabilities.move_resource_state && capabilities.plan_destroy);
    let block = response.provider.unwrap().block.unwrap();
    assert_eq!(block.block_types[0].type_name, "endpoints");
    assert_eq!((block.block_types[0].nesting, block.block_types[0].max_items), (2, 1));
    assert!(block.attributes.iter().any(|a| a.name == "token" && a.sensitive && a.optional));
    let thing = &response.resource_schemas["toy_thing"];
    assert_eq!(thing.version, 2);
    let attributes = &thing.block.as_ref().unwrap().attributes;
    let find = |name: &str| attributes.iter().find(|a| a.name == name).unwrap();
    assert!(find("name").required && !find("name").optional && !find("name").computed);
    assert!(find("size").optional && find("size").computed, "a default makes optional and computed");
    assert!(find("id").computed && !find("id").optional);
    assert_eq!(find("labels").r#type, br#"["set","string"]"#);
    let side = find("side").nested_type.as_ref().unwrap();
    assert_eq!((side.nesting, side.attributes.len()), (1, 3));
    assert!(find("side").r#type.is_empty());
    assert_eq!(find("parts").nested_type.as_ref().unwrap().nesting, 2);
    assert!(attributes.iter().all(|a| !a.description.is_empty() && a.description_kind == 1));
    let names = client.get_metadata(wire::get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(names.resources[0].type_name, "toy_thing");
    let identities = client.get_resource_identity_schemas(wire::get_resource_identity_schemas::Request {});
    assert!(identities.await.unwrap().into_inner().diagnostics.is_empty());
}

#[tokio::test]
async fn null_and_unknown_are_accepted_in_every_attribute() {
    let served = served();
    let mut client = served.route.client().await;
    let Type::Object(attributes) = toy_schema().object_type() else { panic!() };
    for name in attributes.keys() {
        for value in [Value::Null, Value::Unknown] {
            let mut config = thing(&[("name", "n".into())]);
            config.set(name.as_str(), value.clone());
            let request = wire::validate_resource_config::Request {
                type_name: "toy_thing".into(),
                config: encode(&config),
                client_capabilities: None,
            };
            let validated = client.validate_resource_config(request).await.unwrap().into_inner();
            assert_eq!(validated.diagnostics, [], "{name} = {value:?}");
            let planned =
                client.plan_resource_change(plan_request(&Value::Null, &config)).await.unwrap().into_inner();
            assert_eq!(planned.diagnostics, [], "{name} = {value:?}");
            let planned = decode(planned.planned_state);
            if value.is_unknown() {
                assert_eq!(planned.get(name), &Value::Unknown, "{name}");
            }
            if value.is_unknown() || name == "name" {
                continue;
            }
            let applied =
                client.apply_resource_change(apply_request(&planned, &config)).await.unwrap().into_inner();
            assert_eq!(applied.diagnostics, [], "{name} = {value:?}");
            assert!(decode(applied.new_state).is_wholly_known());
        }
    }
}

#[tokio::test]
async fn a_diagnostic_points_at_its_attribute() {
    let served = served();
    let mut client = served.route.client().await;
    let side = Value::object([("image", Value::from(""))]);
    let request = wire::validate_resource_config::Request {
        type_name: "toy_thing".into(),
        config: encode(&thing(&[("side", side)])),
        client_capabilities: None,
    };
    let diagnostics =
        client.validate_resource_config(request.clone()).await.unwrap().into_inner().diagnostics;
    assert_eq!(summaries(&diagnostics), ["Empty image"]);
    assert_eq!(diagnostics[0].attribute.as_ref().unwrap().steps.len(), 2);
    let unknown_type = wire::validate_resource_config::Request { type_name: "toy_other".into(), ..request };
    let diagnostics = client.validate_resource_config(unknown_type).await.unwrap().into_inner().diagnostics;
    assert_eq!(summaries(&diagnostics), ["Unknown resource type"]);
}

#[tokio::test]
async fn a_destroy_is_planned_unless_the_resource_speaks_against_it() {
    let served = served();
    let mut client = served.route.client().await;
    let mut request = plan_request(&thing(&[("name", "n".into())]), &thing(&[]));
    request.proposed_new_state = encode(&Value::Null);
    request.config = encode(&Value::Null);
    let response = client.plan_resource_change(request).await.unwrap().into_inner();
    assert_eq!(response.diagnostics, []);
    assert_eq!(decode(response.planned_state), Value::Null);
    assert_eq!(response.planned_private, b"private");
    let mut kept = plan_request(&thing(&[("name", "n".into()), ("mode", "kept".into())]), &thing(&[]));
    (kept.proposed_new_state, kept.config) = (encode(&Value::Null), encode(&Value::Null));
    let response = client.plan_resource_change(kept).await.unwrap().into_inner();
    assert_eq!(summaries(&response.diagnostics), ["Kept"]);
    assert_eq!(response.diagnostics[0].attribute.as_ref().unwrap().steps.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_state_after_apply_is_told_and_the_rest_is_kept() {
    let served = served();
    let mut client = served.route.client().await;
    let config = thing(&[("name", "n".into())]);
    let plan = client.plan_resource_change(plan_request(&Value::Null, &config)).await.unwrap().into_inner();
    let planned = decode(plan.planned_state);
    for (mode, detail) in
        [("unknown", "Not known after apply: id, limits.reached, status, steps."), ("nonsense", "at size")]
    {
        let mut planned = planned.clone();
        planned.set("mode", mode);
        let response =
            client.apply_resource_change(apply_request(&planned, &config)).await.unwrap().into_inner();
        assert_eq!(summaries(&response.diagnostics), ["Bug in the provider"]);
        assert!(response.diagnostics[0].detail.contains(detail), "{}", response.diagnostics[0].detail);
        let state = decode(response.new_state);
        assert!(state.is_wholly_known());
        assert_eq!(state.get("name").as_str(), Some("n"));
    }
}

async fn upgrade(version: i64, json: &str) -> Result<Value, String> {
    let served = served();
    let mut client = served.route.client().await;
    let request = wire::upgrade_resource_state::Request {
        type_name: "toy_thing".into(),
        version,
        raw_state: Some(wire::RawState { json: json.into(), ..Default::default() }),
    };
    let response = client.upgrade_resource_state(request).await.unwrap().into_inner();
    match response.diagnostics.first() {
        None => Ok(decode(response.upgraded_state)),
        Some(diagnostic) => Err(diagnostic.detail.clone()),
    }
}

#[tokio::test]
async fn stored_state_of_any_version_is_read() {
    let state = upgrade(2, r#"{"name":"n","gone":[1],"ratio":0.1}"#).await.unwrap();
    assert_eq!(state.get("name").as_str(), Some("n"));
    assert!(state.get("size").is_null());
    let state = upgrade(1, r#"{"title":"old name"}"#).await.unwrap();
    assert_eq!(state.get("name").as_str(), Some("old name"));
    assert_eq!(upgrade(0, "{}").await.unwrap_err(), "Version 0 is too old.");
    assert!(upgrade(3, "{}").await.unwrap_err().contains("A newer version of the provider wrote it"));
    assert!(upgrade(2, "{").await.is_err());
    assert!(upgrade(2, r#"{"name":[]}"#).await.unwrap_err().contains("expected string, found a list"));
}

#[tokio::test]
async fn an_object_that_is_gone_reads_as_null() {
    let served = served();
    let mut client = served.route.client().await;
    for (mode, gone) in [("gone", true), ("ok", false)] {
        let request = wire::read_resource::Request {
            type_name: "toy_thing".into(),
            current_state: encode(&thing(&[("name", "n".into()), ("mode", mode.into())])),
            private: b"kept".to_vec(),
            ..Default::default()
        };
        let response = client.read_resource(request).await.unwrap().into_inner();
        assert_eq!(decode(response.new_state).is_null(), gone);
        assert_eq!(response.private.is_empty(), gone);
    }
}

#[tokio::test]
async fn an_import_finds_one_object_or_says_there_is_none() {
    let served = served();
    let mut client = served.route.client().await;
    let request = |id: &str| wire::import_resource_state::Request {
        type_name: "toy_thing".into(),
        id: id.into(),
        ..Default::default()
    };
    let found = client.import_resource_state(request("x")).await.unwrap().into_inner();
    assert_eq!(decode(found.imported_resources[0].state.clone()).get("name").as_str(), Some("x"));
    let none = client.import_resource_state(request("nothing")).await.unwrap().into_inner();
    assert_eq!((none.imported_resources.len(), summaries(&none.diagnostics)), (0, vec!["Nothing to import"]));
}

#[tokio::test]
async fn the_companion_services_answer() {
    let served = served();
    let channel = served.route.channel().await.unwrap();
    let request = HealthCheckRequest { service: "plugin".into() };
    let health = HealthClient::new(channel.clone()).check(request).await.unwrap().into_inner();
    assert_eq!(health.status, 1);
    let mut stdio = GrpcStdioClient::new(channel.clone()).stream_stdio(()).await.unwrap().into_inner();
    // The stream says nothing and ends when the plugin does.
    served.end.send(Ending::Shutdown).unwrap();
    assert!(matches!(stdio.message().await, Ok(None) | Err(_)));
    assert_eq!(served.running.await.unwrap(), Ending::Shutdown);
}

#[tokio::test]
async fn a_large_state_passes() {
    let served = served();
    let mut client = served.route.client().await.max_decoding_message_size(64 << 20);
    let state = thing(&[("name", "x".repeat(10 << 20).into())]);
    let request = wire::read_resource::Request {
        type_name: "toy_thing".into(),
        current_state: encode(&state),
        ..Default::default()
    };
    let response = client.read_resource(request).await.unwrap().into_inner();
    assert_eq!(decode(response.new_state), state);
}
