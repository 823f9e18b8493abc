//! What Terraform does with a provider in one `apply`, and what it keeps when that goes wrong.

use bluegreen_provider::provider::Bluegreen;
use serde_json::{Value as Json, json};
use terraform_plugin::wire::tfplugin6 as wire;
use terraform_plugin::wire::tfplugin6::provider_client::ProviderClient;
use terraform_plugin::{Provider as _, Schema, Value, codec};
use tonic::transport::Channel;

use crate::core_rules::{assert_compatible, assert_plan_valid, proposed_new};
use crate::support::Stage;

const SERVICE: &str = "bluegreen_service";

/// What Terraform keeps of the object.
#[derive(Clone, Default)]
pub struct Known {
    pub state: Value,
    pub private: Vec<u8>,
    /// What a failed create left is made anew by the next apply.
    pub tainted: bool,
}

/// Values of `bluegreen_service` to and fro.
pub struct Shape {
    schema: Schema,
}

impl Shape {
    pub fn new() -> Shape {
        Shape { schema: Bluegreen::default().resource(SERVICE).unwrap().schema().clone() }
    }

    pub fn config(&self, json: &Json) -> Value {
        codec::decode_state(json, &self.schema.object_type()).unwrap()
    }

    fn encode(&self, value: &Value) -> Option<wire::DynamicValue> {
        Some(codec::encode(value, &self.schema.object_type()).unwrap())
    }

    fn decode(&self, value: Option<&wire::DynamicValue>) -> Value {
        value.map_or(Value::Null, |value| codec::decode(value, &self.schema.object_type()).unwrap())
    }
}

pub type Client = ProviderClient<Channel>;

pub async fn configure(client: &mut Client, stage: &Stage) {
    let (ready, provider) = (&stage.sandbox.ready, Bluegreen::default());
    let config = json!({
        "region": ready.region,
        "access_key": "sandbox",
        "secret_key": "sandbox",
        "endpoints": [{ "ecs": ready.endpoint, "elasticloadbalancingv2": ready.endpoint }],
    });
    let kind = provider.schema().object_type();
    let config = codec::encode(&codec::decode_state(&config, &kind).unwrap(), &kind).unwrap();
    let request = wire::configure_provider::Request {
        terraform_version: "1.11.4".to_owned(),
        config: Some(config),
        ..Default::default()
    };
    let answer = client.configure_provider(request).await.unwrap().into_inner();
    none_wrong("configure", &answer.diagnostics).unwrap();
}

/// Read, plan and apply; a null `config` destroys. `known` is what would be in the state if it ended here.
pub async fn apply(
    client: &mut Client,
    shape: &Shape,
    known: &mut Known,
    config: &Value,
) -> Result<(), String> {
    if known.tainted {
        known.tainted = false;
        let destroyed = Box::pin(apply(client, shape, known, &Value::Null)).await;
        known.tainted = destroyed.is_err();
        destroyed?;
    }
    refresh(client, shape, known).await?;
    let creates = known.state.is_null();
    let (planned, private) = plan(client, shape, known, config).await?;
    if planned == known.state {
        return Ok(());
    }
    let request = wire::apply_resource_change::Request {
        type_name: SERVICE.to_owned(),
        prior_state: shape.encode(&known.state),
        planned_state: shape.encode(&planned),
        config: shape.encode(config),
        planned_private: private,
        ..Default::default()
    };
    let answer = client.apply_resource_change(request).await.map_err(|status| status.to_string())?;
    let answer = answer.into_inner();
    let wrong = none_wrong("apply", &answer.diagnostics);
    let new = shape.decode(answer.new_state.as_ref());
    if wrong.is_ok() {
        assert_compatible(&shape.schema.attributes, &planned, &new, "");
    }
    if wrong.is_ok() || !new.is_null() {
        let tainted = creates && wrong.is_err();
        *known = Known { state: new, private: answer.private, tainted };
    }
    // What was made by a create that was killed, and serves, is taken over as the error says.
    if creates && wrong.as_ref().is_err_and(|said| said.contains("import {")) {
        import(client, shape, known, config).await?;
        return Box::pin(apply(client, shape, known, config)).await;
    }
    wrong
}

/// Whether a plan finds nothing to do.
pub async fn plan_is_empty(client: &mut Client, shape: &Shape, known: &mut Known, config: &Value) -> bool {
    refresh(client, shape, known).await.unwrap();
    plan(client, shape, known, config).await.unwrap().0 == known.state
}

async fn refresh(client: &mut Client, shape: &Shape, known: &mut Known) -> Result<(), String> {
    if known.state.is_null() {
        return Ok(());
    }
    let request = wire::read_resource::Request {
        type_name: SERVICE.to_owned(),
        current_state: shape.encode(&known.state),
        private: known.private.clone(),
        ..Default::default()
    };
    let answer = client.read_resource(request).await.map_err(|status| status.to_string())?.into_inner();
    none_wrong("read", &answer.diagnostics)?;
    *known = Known {
        state: shape.decode(answer.new_state.as_ref()),
        private: answer.private,
        tainted: known.tainted,
    };
    Ok(())
}

async fn import(client: &mut Client, shape: &Shape, known: &mut Known, config: &Value) -> Result<(), String> {
    let text = |name: &str| config.get(name).as_str().unwrap_or_default().to_owned();
    let request = wire::import_resource_state::Request {
        type_name: SERVICE.to_owned(),
        id: format!("{}/{}", text("cluster"), text("name")),
        ..Default::default()
    };
    let answer = client.import_resource_state(request).await.map_err(|status| status.to_string())?;
    let answer = answer.into_inner();
    none_wrong("import", &answer.diagnostics)?;
    let found = answer.imported_resources.into_iter().next().unwrap();
    *known = Known { state: shape.decode(found.state.as_ref()), private: found.private, tainted: false };
    Ok(())
}

async fn plan(
    client: &mut Client,
    shape: &Shape,
    known: &Known,
    config: &Value,
) -> Result<(Value, Vec<u8>), String> {
    // Terraform asks a provider about a destroy only if it wants to be asked.
    if config.is_null() {
        return Ok((Value::Null, known.private.clone()));
    }
    let attributes = &shape.schema.attributes;
    let request = wire::plan_resource_change::Request {
        type_name: SERVICE.to_owned(),
        prior_state: shape.encode(&known.state),
        proposed_new_state: shape.encode(&proposed_new(attributes, &known.state, config)),
        config: shape.encode(config),
        prior_private: known.private.clone(),
        ..Default::default()
    };
    let answer = client.plan_resource_change(request).await.map_err(|status| status.to_string())?;
    let answer = answer.into_inner();
    none_wrong("plan", &answer.diagnostics)?;
    assert!(answer.requires_replace.is_empty(), "a replacement: {:?}", answer.requires_replace);
    let planned = shape.decode(answer.planned_state.as_ref());
    assert_plan_valid(attributes, &known.state, config, &planned, "");
    Ok((planned, answer.planned_private))
}

fn none_wrong(doing: &str, diagnostics: &[wire::Diagnostic]) -> Result<(), String> {
    let error = i32::from(wire::diagnostic::Severity::Error);
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|it| it.severity == error)
        .map(|it| format!("{doing}: {}\n{}", it.summary, it.detail))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}
