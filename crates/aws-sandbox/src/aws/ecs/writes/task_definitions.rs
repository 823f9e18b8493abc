//! RegisterTaskDefinition, DeregisterTaskDefinition.

use std::time::Duration;

use serde_json::json;

use crate::aws::ecs::model::task_definition::{Container, TaskDefinition};
use crate::aws::ecs::refusals::{client, invalid};
use crate::aws::ecs::requests::containers::{container, fargate_size, numeric_text};
use crate::aws::ecs::requests::names::is_name;
use crate::aws::ecs::requests::tags;
use crate::aws::world::World;
use crate::call::error::Answer;
use crate::call::params::Params;

impl World {
    pub(crate) fn register_task_definition(&mut self, now: Duration, params: &Params) -> Answer {
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
        self.check_pass_role(now, "RegisterTaskDefinition", &roles)?;
        let tags = tags::parse(params)?;
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
        body["registeredBy"] = json!(format!("arn:aws:iam::{}:root", self.settings.place.account));
        let latest = self
            .state
            .ecs
            .task_definitions
            .values()
            .filter(|it| it.family == family)
            .map(|it| it.revision)
            .max();
        let revision = latest.unwrap_or(0) + 1;
        let arn = self.settings.place.ecs(&format!("task-definition/{family}:{revision}"));
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
        let answer = json!({"taskDefinition": it.json(&self.settings.place), "tags": tags::write(&it.tags)});
        self.state.ecs.task_definitions.insert(arn, it);
        Ok(answer)
    }

    pub(crate) fn deregister_task_definition(&mut self, now: Duration, params: &Params) -> Answer {
        let given = params.needed("taskDefinition")?;
        if !given.rsplit('/').next().unwrap_or_default().contains(':') {
            return Err(invalid("Missing or invalid revision in the task definition."));
        }
        let missing = || client("The specified task definition does not exist.");
        let arn = self.state.ecs.task_definition(given).ok_or_else(missing)?.arn.clone();
        let it = self.state.ecs.task_definitions.get_mut(&arn).ok_or_else(missing)?;
        if it.active {
            (it.active, it.deregistered) = (false, Some(now));
        }
        let it = it.clone();
        Ok(json!({"taskDefinition": it.json(&self.settings.place)}))
    }
}
