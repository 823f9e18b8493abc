//! The configuration of the provider and of its resource on a stage, and the host that applies them.

use bluegreen_provider::provider::Bluegreen;
use serde_json::{Value as Json, json};
use terraform_plugin::testing::{Change, Host, Refused};
use terraform_plugin::{Provider as _, Value, codec};
use tonic::transport::Channel;

use crate::support::Stage;

const SERVICE: &str = "bluegreen_service";

pub fn config(json: &Json) -> Value {
    let provider = Bluegreen::default();
    codec::decode_state(json, &provider.resource(SERVICE).unwrap().schema().object_type()).unwrap()
}

/// Terraform with a provider that is not configured yet.
pub fn host(channel: Channel) -> Host {
    Host::new(channel, &Bluegreen::default(), SERVICE)
}

pub async fn configure(host: &mut Host, stage: &Stage) {
    let ready = &stage.sandbox.ready;
    let config = json!({
        "region": ready.region,
        "access_key": "sandbox",
        "secret_key": "sandbox",
        "endpoints": [{ "ecs": ready.endpoint, "elasticloadbalancingv2": ready.endpoint }],
    });
    let config = codec::decode_state(&config, &Bluegreen::default().schema().object_type()).unwrap();
    host.configure(&config).await.unwrap();
}

/// Read, plan and apply; a null `config` destroys. What the host keeps is what would be in the state if it ended
/// here.
pub async fn apply(host: &mut Host, config: &Value) -> Result<(), Refused> {
    let tainted = host.kept.tainted;
    let applied = match host.apply(config).await {
        // What was made by a create that was killed, and serves, is taken over as the error says.
        Err(refused) if refused.call == "apply" && refused.to_string().contains("import {") => {
            let text = |name: &str| config.get(name).as_str().unwrap_or_default().to_owned();
            host.import(&format!("{}/{}", text("cluster"), text("name"))).await?;
            host.apply(config).await?
        }
        applied => applied?,
    };
    assert!(tainted || applied.change != Change::Replace, "a replacement");
    Ok(())
}
