//! Recognisable credentials, every log at its loudest and calls that fail: none of it is found anywhere afterwards.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{self, SPEED, Stage, toggles};

/// What must never be seen again, once as attributes of the provider and once as environment variables.
const ATTRIBUTES: [&str; 3] =
    ["AKIAATTRIBUTECANARY1", "hushAttributeSecretCanary2", "hushAttributeTokenCanary3"];
const VARIABLES: [&str; 3] =
    ["AKIAVARIABLECANARY04", "hushVariableSecretCanary5", "hushVariableTokenCanary6"];
/// Parts of a signed request.
const SIGNED: [&str; 3] = ["AWS4-HMAC-SHA256", "Signature=", "x-amz-security-token"];

fn configuration(stage: &Stage, endpoint: &str, attributes: bool, phase: &str) -> String {
    let mut provider = json!({
        "region": "eu-west-1",
        "max_retries": 0,
        "endpoints": { "ecs": endpoint, "elasticloadbalancingv2": endpoint },
    });
    if attributes {
        for (name, value) in ["access_key", "secret_key", "token"].iter().zip(ATTRIBUTES) {
            provider[name] = json!(value);
        }
    }
    let mut service = stage.service.clone();
    for (name, value) in toggles(phase).as_object().unwrap() {
        service[name] = value.clone();
    }
    let configuration = json!({
        "terraform": { "required_providers": { "bluegreen": { "source": "ecs-bluegreen/bluegreen" } } },
        "provider": { "bluegreen": provider },
        "resource": { "bluegreen_service": { "nginx": service } },
    });
    // On lines of their own: terraform quotes the line that an error is about.
    serde_json::to_string_pretty(&configuration).unwrap()
}

/// Every file but the configuration itself, which holds them because the user put them there.
fn search(folder: &Path, found: &mut Vec<String>, read: &mut usize) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, found, read);
        } else if path.file_name().unwrap() != "main.tf.json" {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            *read += text.len();
            look(&text, &path.display().to_string(), found);
        }
    }
}

fn look(text: &str, place: &str, found: &mut Vec<String>) {
    for (number, line) in text.lines().enumerate() {
        for secret in ATTRIBUTES.iter().chain(&VARIABLES).chain(&SIGNED) {
            if line.to_lowercase().contains(&secret.to_lowercase()) {
                found.push(format!("{place}:{}: {secret}", number + 1));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_diagnostic_or_state_holds_a_credential() {
    let mut found = Vec::new();
    let mut read = 0;
    for attributes in [true, false] {
        let mut stage = Stage::new().await;
        let log = stage.folder().join("trace.log");
        let mut project = support::project(stage.folder(), SPEED)
            .with("TF_LOG", "TRACE")
            .with("TF_LOG_PROVIDER", "TRACE")
            .with("TF_LOG_PATH", log.display().to_string())
            .with("RUST_LOG", "trace");
        if !attributes {
            let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
            for (name, value) in names.iter().zip(VARIABLES) {
                project = project.with(name, value);
            }
        }
        stage.project = project;
        let endpoint = stage.sandbox.ready.endpoint.clone();
        let refused = "http://127.0.0.1:9".to_owned();
        let attempts = [
            (None, &endpoint, "stable", true),
            (Some(json!({"kind": "access_denied", "writes": true})), &endpoint, "promoted", false),
            (Some(json!({"kind": "access_denied"})), &endpoint, "promoted", false),
            (Some(json!({"kind": "throttle"})), &endpoint, "promoted", false),
            (Some(json!({"kind": "drop"})), &endpoint, "promoted", false),
            (None, &refused, "promoted", false),
        ];
        for (fault, endpoint, phase, succeeds) in attempts {
            stage.admin("DELETE", "/_sandbox/faults", Value::Null).await;
            if let Some(fault) = &fault {
                stage.admin("POST", "/_sandbox/faults", fault.clone()).await;
            }
            stage.project.write("main.tf.json", &configuration(&stage, endpoint, attributes, phase)).unwrap();
            let ran = stage.project.apply().await.unwrap();
            assert_eq!(ran.ok, succeeds, "{fault:?}: {}", ran.said());
            look(&ran.said(), &format!("what terraform said of {fault:?}"), &mut found);
        }
        let logged = std::fs::read_to_string(&log).unwrap();
        assert!(logged.contains("[TRACE] provider"), "the provider's own log is not in it");
        // The calls were really signed with them.
        let calls = stage.admin("GET", "/_sandbox/calls", Value::Null).await.to_string();
        assert!(calls.contains(if attributes { ATTRIBUTES[0] } else { VARIABLES[0] }));
        search(stage.folder(), &mut found, &mut read);
        stage.end().await;
    }
    assert!(found.is_empty(), "{} of them:\n{}", found.len(), found[..found.len().min(20)].join("\n"));
    println!("{read} bytes of logs and states searched, nothing found");
}
