//! DescribeTasks, ListTasks.

use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::ecs::model::Ecs;
use crate::aws::ecs::model::cluster::short;
use crate::aws::ecs::model::deployment::platform;
use crate::aws::ecs::model::task::{LastStatus, Task};
use crate::aws::ecs::refusals::{bad_token, invalid, service_not_found};
use crate::aws::ecs::requests::tags;
use crate::call::error::Answer;
use crate::call::pages::page;
use crate::call::params::Params;

impl Ecs {
    pub fn task_json(&self, it: &Task, with_tags: bool) -> Value {
        let seconds = |at: Option<Duration>| at.map(|at| self.place.seconds(at));
        let definition = self.task_definitions.get(&it.revision.task_definition);
        let attached = it.last_status != LastStatus::Provisioning;
        let ip = it.ip.to_string();
        let octets = it.ip.octets();
        let mut details = vec![json!({"name": "subnetId", "value": it.subnet})];
        if attached {
            let mac =
                format!("0a:00:{:02x}:{:02x}:{:02x}:{:02x}", octets[0], octets[1], octets[2], octets[3]);
            details.extend([
                json!({"name": "networkInterfaceId", "value": format!("eni-{}", &it.id[..17.min(it.id.len())])}),
                json!({"name": "macAddress", "value": mac}),
                json!({"name": "privateIPv4Address", "value": ip}),
            ]);
        }
        let attachment = match it.last_status {
            LastStatus::Provisioning => "PRECREATED",
            LastStatus::Stopped | LastStatus::Deprovisioning => "DELETED",
            _ => "ATTACHED",
        };
        let interfaces = if attached {
            json!([{"attachmentId": it.attachment, "privateIpv4Address": ip}])
        } else {
            json!([])
        };
        let container_status = match it.last_status {
            LastStatus::Running | LastStatus::Deactivating | LastStatus::Stopping => "RUNNING",
            LastStatus::Deprovisioning | LastStatus::Stopped => "STOPPED",
            _ => "PENDING",
        };
        let containers: Vec<Value> = definition
            .map(|definition| definition.containers.as_slice())
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(|(index, container)| {
                json!({
                    "containerArn": format!("{}/{}-{index}", it.arn.replacen(":task/", ":container/", 1), it.attachment),
                    "taskArn": it.arn,
                    "name": container.name,
                    "image": container.image,
                    "runtimeId": format!("{}-{index}", it.id),
                    "lastStatus": container_status,
                    "exitCode": it.exit_code,
                    "networkBindings": [],
                    "networkInterfaces": interfaces,
                    "healthStatus": "UNKNOWN",
                    "cpu": "0",
                })
            })
            .collect();
        json!({
            "taskArn": it.arn,
            "clusterArn": self.place.ecs(&format!("cluster/{}", it.cluster)),
            "taskDefinitionArn": it.revision.task_definition,
            "lastStatus": it.last_status.word(),
            "desiredStatus": if it.stopping { "STOPPED" } else { "RUNNING" },
            "group": format!("service:{}", it.service_name),
            "startedBy": it.deployment,
            "launchType": "FARGATE",
            "platformVersion": platform(&it.revision.platform_version),
            "platformFamily": "Linux",
            "availabilityZone": it.zone,
            "attachments": [{
                "id": it.attachment, "type": "ElasticNetworkInterface", "status": attachment, "details": details,
            }],
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "containers": containers,
            "connectivity": "CONNECTED",
            "connectivityAt": seconds(it.pull_started),
            "cpu": definition.and_then(|it| it.cpu.as_ref()),
            "memory": definition.and_then(|it| it.memory.as_ref()),
            "createdAt": self.place.seconds(it.created),
            "pullStartedAt": seconds(it.pull_started),
            "startedAt": seconds(it.started),
            "stoppingAt": seconds(it.stopping_at),
            "executionStoppedAt": it.exit_code.and(seconds(it.stopped)),
            "stoppedAt": seconds(it.stopped),
            "stopCode": it.stop_code,
            "stoppedReason": it.stopped_reason,
            "healthStatus": "UNKNOWN",
            "enableExecuteCommand": false,
            "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []},
            "tags": if with_tags { tags::write(&it.tags) } else { json!([]) },
            "version": it.version,
            "ephemeralStorage": {"sizeInGiB": 20},
        })
    }

    pub fn describe_tasks(&self, params: &Params) -> Answer {
        let asked = params.texts("tasks")?.unwrap_or_default();
        if asked.is_empty() {
            return Err(invalid("Tasks cannot be empty."));
        }
        if asked.len() > 100 {
            return Err(invalid("tasks can have at most 100 items."));
        }
        let cluster = &self.cluster(params)?.name;
        let with_tags = params.includes("include", "TAGS")?;
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for given in asked {
            match self.task(cluster, given) {
                Some(it) => found.push(self.task_json(it, with_tags)),
                None => {
                    let id = given.rsplit('/').next().unwrap_or_default();
                    let arn = self.place.ecs(&format!("task/{cluster}/{id}"));
                    failures.push(json!({"arn": arn, "reason": "MISSING"}));
                }
            }
        }
        Ok(json!({"tasks": found, "failures": failures}))
    }

    pub fn list_tasks(&self, params: &Params) -> Answer {
        let cluster = &self.cluster(params)?.name;
        let size = params.within("maxResults", 1, 100)?.unwrap_or(100) as usize;
        let wanted = params.word("desiredStatus", &["RUNNING", "PENDING", "STOPPED"])?.unwrap_or("RUNNING");
        let family = params.text("family")?;
        let started_by = params.text("startedBy")?;
        let launch_type = params.text("launchType")?;
        let service = params.text("serviceName")?.map(short);
        if let Some(name) = service {
            let arn = self.place.ecs(&format!("service/{cluster}/{name}"));
            if !self.services.contains_key(&arn) {
                return Err(service_not_found());
            }
        }
        let chosen = self.tasks.values().filter(|it| {
            let status = if it.stopping { "STOPPED" } else { "RUNNING" };
            let definition = it.revision.task_definition.rsplit('/').next().unwrap_or_default();
            it.cluster == *cluster
                && status == wanted
                && service.is_none_or(|name| it.service_name == name)
                && started_by.is_none_or(|by| it.deployment == by)
                && launch_type.is_none_or(|kind| kind == "FARGATE")
                && family.is_none_or(|family| definition.split(':').next() == Some(family))
        });
        let items = chosen.map(|it| (it.id.clone(), it.arn.clone()));
        let (found, next) = page(items, params.text("nextToken")?, size).map_err(|()| bad_token())?;
        Ok(json!({"taskArns": found, "nextToken": next}))
    }
}
