//! Reads and checks the containers and the size of a task definition.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::names::is_name;
use crate::aws::ecs::model::task_definition::Container;
use crate::aws::ecs::refusals::client;
use crate::call::error::ApiError;
use crate::call::params::Params;

pub fn container(given: &Params) -> Result<(Container, Value), ApiError> {
    let name = given.text("name")?.unwrap_or_default();
    if !is_name(name, 255) {
        return Err(client("Container.name contains invalid characters."));
    }
    let image = given.text("image")?.filter(|image| !image.is_empty());
    let image = image.ok_or_else(|| client("Container.image should not be null or empty."))?;
    let mut body = given.raw().clone();
    let mut ports = Vec::new();
    let mut mappings = Vec::new();
    for mapping in given.objects("portMappings")?.unwrap_or_default() {
        let port =
            mapping.within("containerPort", 1, 65_535)?.ok_or_else(|| mapping.missing("containerPort"))?;
        let host = mapping.integer("hostPort")?.unwrap_or(port);
        if host != 0 && host != port {
            return Err(client(
                "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
            ));
        }
        ports.push(port as u16);
        let mut mapping = mapping.raw().clone();
        mapping["hostPort"] = json!(port);
        mapping["protocol"] = mapping.get("protocol").cloned().unwrap_or_else(|| json!("tcp"));
        mappings.push(mapping);
    }
    let mut environment = BTreeMap::new();
    for pair in given.objects("environment")?.unwrap_or_default() {
        let value = pair.text("value")?.unwrap_or_default();
        environment.insert(pair.text("name")?.unwrap_or_default().to_owned(), value.to_owned());
    }
    let stop = match given.integer("stopTimeout")? {
        None => 30,
        Some(seconds @ 0..=120) => seconds as u64,
        Some(_) => return Err(client("Container.stopTimeout cannot be larger than 120 seconds on Fargate.")),
    };
    body["portMappings"] = json!(mappings);
    for (key, value) in [
        ("cpu", json!(0)),
        ("essential", json!(true)),
        ("environment", json!([])),
        ("mountPoints", json!([])),
        ("volumesFrom", json!([])),
        ("systemControls", json!([])),
    ] {
        if !given.has(key) {
            body[key] = value;
        }
    }
    let stop_timeout = Duration::from_secs(stop);
    Ok((Container { name: name.to_owned(), image: image.to_owned(), ports, environment, stop_timeout }, body))
}

/// Refuses CPU and memory that Fargate does not offer.
pub fn fargate_size(cpu: Option<&str>, memory: Option<&str>) -> Result<(), ApiError> {
    let cpu = cpu.ok_or_else(|| client("Fargate requires that 'cpu' be defined at the task level."))?;
    let memory =
        memory.ok_or_else(|| client("Fargate requires that 'memory' be defined at the task level."))?;
    let none = || client("No Fargate configuration exists for given values.");
    let cpu: u32 = cpu.parse().map_err(|_| none())?;
    let memory: u32 = memory.parse().map_err(|_| none())?;
    let offered = match cpu {
        256 => [512, 1024, 2048].contains(&memory),
        512 => (1024..=4096).contains(&memory),
        1024 => (2048..=8192).contains(&memory),
        2048 => (4096..=16_384).contains(&memory),
        4096 => (8192..=30_720).contains(&memory),
        8192 => (16_384..=61_440).contains(&memory),
        16_384 => (32_768..=122_880).contains(&memory),
        _ => false,
    };
    if offered && (cpu == 256 || memory.is_multiple_of(1024)) { Ok(()) } else { Err(none()) }
}

pub fn numeric_text(params: &Params, name: &str) -> Result<Option<String>, ApiError> {
    Ok(params.text(name)?.map(str::to_owned))
}
