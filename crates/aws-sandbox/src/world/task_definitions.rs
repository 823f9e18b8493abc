//! Task definitions: families, revisions, containers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use super::clusters::{bad_token, is_name};
use super::error::{Answer, ApiError, client, invalid};
use super::pages::page;
use super::params::{Api, Params};
use super::state::State;
use super::tags::{self, Tags};

#[derive(Clone, Debug)]
pub struct TaskDefinition {
    pub arn: String,
    pub family: String,
    pub revision: u32,
    pub active: bool,
    pub registered: Duration,
    pub deregistered: Option<Duration>,
    pub containers: Vec<Container>,
    pub network_mode: String,
    pub fargate: bool,
    pub cpu: Option<String>,
    pub memory: Option<String>,
    /// Task and execution role, if any: what iam:PassRole is checked for.
    pub roles: Vec<String>,
    /// The request, with defaults filled in.
    body: Value,
    pub tags: Tags,
}

#[derive(Clone, Debug)]
pub struct Container {
    pub name: String,
    pub image: String,
    pub ports: Vec<u16>,
    pub environment: BTreeMap<String, String>,
    pub stop_timeout: Duration,
}

impl TaskDefinition {
    fn json(&self, state: &State) -> Value {
        let mut body = self.body.clone();
        body["taskDefinitionArn"] = json!(self.arn);
        body["revision"] = json!(self.revision);
        body["status"] = json!(if self.active { "ACTIVE" } else { "INACTIVE" });
        body["registeredAt"] = json!(state.place.seconds(self.registered));
        if let Some(at) = self.deregistered {
            body["deregisteredAt"] = json!(state.place.seconds(at));
        }
        body
    }
}

fn container(given: &Params) -> Result<(Container, Value), ApiError> {
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
fn fargate_size(cpu: Option<&str>, memory: Option<&str>) -> Result<(), ApiError> {
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

fn numeric_text(params: &Params, name: &str) -> Result<Option<String>, ApiError> {
    Ok(params.text(name)?.map(str::to_owned))
}

impl State {
    /// By ARN, `family:revision`, or `family` (its latest ACTIVE revision).
    pub fn task_definition(&self, given: &str) -> Option<&TaskDefinition> {
        if given.starts_with("arn:") {
            return self.task_definitions.get(given);
        }
        if given.contains(':') {
            return self.task_definitions.get(&self.place.ecs(&format!("task-definition/{given}")));
        }
        let prefix = self.place.ecs(&format!("task-definition/{given}:"));
        let family =
            self.task_definitions.range(prefix.clone()..).take_while(|(arn, _)| arn.starts_with(&prefix));
        family.map(|(_, it)| it).filter(|it| it.active).max_by_key(|it| it.revision)
    }

    pub fn describe_task_definition(&self, params: &Params) -> Answer {
        let found = self.task_definition(params.needed("taskDefinition")?);
        let it = found.ok_or_else(|| client("Unable to describe task definition."))?;
        let tags = if params.includes("include", "TAGS")? { tags::ecs(&it.tags) } else { json!([]) };
        Ok(json!({"taskDefinition": it.json(self), "tags": tags}))
    }

    pub fn list_task_definitions(&self, params: &Params) -> Answer {
        let family = params.text("familyPrefix")?;
        let active = match params.word("status", &["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"])? {
            None | Some("ACTIVE") => Some(true),
            Some("INACTIVE") => Some(false),
            Some(_) => None,
        };
        let size = params.within("maxResults", 1, 100)?.unwrap_or(100) as usize;
        let descending = params.word("sort", &["ASC", "DESC"])? == Some("DESC");
        let mut chosen: Vec<&TaskDefinition> = self
            .task_definitions
            .values()
            .filter(|it| Some(it.active) == active && family.is_none_or(|family| it.family == family))
            .collect();
        chosen.sort_by(|a, b| (&a.family, a.revision).cmp(&(&b.family, b.revision)));
        if descending {
            chosen.reverse();
        }
        // Keys are places in the order asked for, since the order itself may run downwards.
        let items = chosen.into_iter().enumerate().map(|(index, it)| (format!("{index:08}"), it.arn.clone()));
        let (found, next) = page(items, params.text("nextToken")?, size).map_err(|()| bad_token())?;
        Ok(json!({"taskDefinitionArns": found, "nextToken": next}))
    }

    pub fn list_task_definition_families(&self, params: &Params) -> Answer {
        let prefix = params.text("familyPrefix")?.unwrap_or_default();
        let size = params.within("maxResults", 1, 100)?.unwrap_or(100) as usize;
        let mut families: Vec<&str> = self
            .task_definitions
            .values()
            .filter(|it| it.active && it.family.starts_with(prefix))
            .map(|it| it.family.as_str())
            .collect();
        families.sort_unstable();
        families.dedup();
        let items = families.into_iter().map(|family| (family.to_owned(), family.to_owned()));
        let (found, next) = page(items, params.text("nextToken")?, size).map_err(|()| bad_token())?;
        Ok(json!({"families": found, "nextToken": next}))
    }
}

impl World {
    pub(super) fn register_task_definition(&mut self, now: Duration, params: &Params) -> Answer {
        let family = params.needed("family")?;
        if !is_name(family, 255) {
            return Err(client("Family contains invalid characters."));
        }
        let given = params.objects("containerDefinitions")?.unwrap_or_default();
        if given.is_empty() {
            return Err(client("Container list cannot be empty."));
        }
        let (mut containers, mut bodies) = (Vec::<Container>::new(), Vec::new());
        for it in &given {
            let (container, body) = container(it)?;
            if containers.iter().any(|known| known.name == container.name) {
                return Err(client("Container names must be unique."));
            }
            containers.push(container);
            bodies.push(body);
        }
        if bodies.iter().all(|body| body["essential"] == json!(false)) {
            return Err(client("At least one container must be essential."));
        }
        let compatibilities = params.texts("requiresCompatibilities")?.unwrap_or_default();
        let fargate = compatibilities.contains(&"FARGATE");
        let network_mode = params.word("networkMode", &["bridge", "host", "awsvpc", "none"])?;
        let network_mode = network_mode.unwrap_or("bridge").to_owned();
        let (cpu, memory) = (numeric_text(params, "cpu")?, numeric_text(params, "memory")?);
        if fargate {
            if network_mode != "awsvpc" {
                return Err(client("Fargate only supports network mode 'awsvpc'."));
            }
            fargate_size(cpu.as_deref(), memory.as_deref())?;
        }
        let mut roles = Vec::new();
        for name in ["taskRoleArn", "executionRoleArn"] {
            roles.extend(params.text(name)?.filter(|role| !role.is_empty()).map(str::to_owned));
        }
        self.faults.check_pass_role(now, "RegisterTaskDefinition", &roles)?;
        let tags = tags::parse(Api::Ecs, params, "tags")?;
        let mut body = params.raw().clone();
        if let Some(members) = body.as_object_mut() {
            members.remove("tags");
        }
        body["containerDefinitions"] = json!(bodies);
        body["networkMode"] = json!(network_mode);
        body["volumes"] = body.get("volumes").cloned().unwrap_or_else(|| json!([]));
        body["placementConstraints"] = json!([]);
        body["requiresAttributes"] = json!([]);
        body["compatibilities"] = if fargate { json!(["EC2", "FARGATE"]) } else { json!(["EC2"]) };
        body["registeredBy"] = json!(format!("arn:aws:iam::{}:root", self.state.place.account));
        let latest =
            self.state.task_definitions.values().filter(|it| it.family == family).map(|it| it.revision).max();
        let revision = latest.unwrap_or(0) + 1;
        let arn = self.state.place.ecs(&format!("task-definition/{family}:{revision}"));
        let it = TaskDefinition {
            arn: arn.clone(),
            family: family.to_owned(),
            revision,
            active: true,
            registered: now,
            deregistered: None,
            containers,
            network_mode,
            fargate,
            cpu,
            memory,
            roles,
            body,
            tags,
        };
        let answer = json!({"taskDefinition": it.json(&self.state), "tags": tags::ecs(&it.tags)});
        self.state.task_definitions.insert(arn, it);
        Ok(answer)
    }

    pub(super) fn deregister_task_definition(&mut self, now: Duration, params: &Params) -> Answer {
        let given = params.needed("taskDefinition")?;
        if !given.rsplit('/').next().unwrap_or_default().contains(':') {
            return Err(invalid("Missing or invalid revision in the task definition."));
        }
        let missing = || client("The specified task definition does not exist.");
        let arn = self.state.task_definition(given).ok_or_else(missing)?.arn.clone();
        let it = self.state.task_definitions.get_mut(&arn).ok_or_else(missing)?;
        if it.active {
            (it.active, it.deregistered) = (false, Some(now));
        }
        let it = it.clone();
        Ok(json!({"taskDefinition": it.json(&self.state)}))
    }
}
