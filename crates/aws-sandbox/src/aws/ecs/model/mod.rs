//! What ECS keeps, and how one thing in it is found.

pub mod cluster;
pub mod deployment;
pub mod service;
pub mod task;
pub mod task_definition;

use std::collections::BTreeMap;

use crate::aws::ecs::refusals::{client, cluster_not_found, invalid, service_not_found};
use crate::aws::place::Place;
use crate::call::error::ApiError;
use crate::call::params::Params;
use crate::faults::in_force::Suspect;
use cluster::{Cluster, short};
use service::Service;
use task::{LastStatus, Task};
use task_definition::TaskDefinition;

#[derive(Clone, Debug)]
pub struct Ecs {
    pub place: Place,
    /// By name.
    pub clusters: BTreeMap<String, Cluster>,
    /// By ARN.
    pub task_definitions: BTreeMap<String, TaskDefinition>,
    /// By ARN. An INACTIVE service stays until its name is taken again.
    pub services: BTreeMap<String, Service>,
    /// By the 32 digits.
    pub tasks: BTreeMap<String, Task>,
}

impl Ecs {
    pub fn new(place: Place) -> Self {
        Self {
            place,
            clusters: BTreeMap::new(),
            task_definitions: BTreeMap::new(),
            services: BTreeMap::new(),
            tasks: BTreeMap::new(),
        }
    }

    /// The ACTIVE cluster a request names; `default` if it names none.
    pub fn cluster(&self, params: &Params) -> Result<&Cluster, ApiError> {
        let given = params.text("cluster")?.unwrap_or("default");
        let found = self
            .clusters
            .get(short(given))
            .filter(|it| it.active && (!given.starts_with("arn:") || it.arn == given));
        found.ok_or_else(cluster_not_found)
    }

    /// RUNNING and not-yet-RUNNING tasks of a service.
    pub fn counts(&self, service: &Service) -> (u32, u32) {
        let (mut running, mut pending) = (0, 0);
        for task in service.tasks.iter().filter_map(|id| self.tasks.get(id)) {
            match task.last_status {
                LastStatus::Running => running += 1,
                LastStatus::Provisioning | LastStatus::Pending | LastStatus::Activating if !task.stopping => {
                    pending += 1
                }
                _ => {}
            }
        }
        (running, pending)
    }

    /// The ARN a request means by a service's name or ARN, in its cluster.
    pub fn service_arn(&self, params: &Params, given: &str) -> Result<String, ApiError> {
        if given.starts_with("arn:") {
            return Ok(given.to_owned());
        }
        let cluster = self.cluster(params)?;
        Ok(self.place.ecs(&format!("service/{}/{given}", cluster.name)))
    }

    /// The service a request's member `service` names, whatever its status.
    pub fn service(&self, params: &Params) -> Result<&Service, ApiError> {
        let given = params.needed("service")?;
        let cluster = self.cluster(params);
        if params.has("cluster") || !given.starts_with("arn:") {
            cluster?;
        }
        let arn = self.service_arn(params, given)?;
        self.services.get(&arn).ok_or_else(service_not_found)
    }

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

    /// The ACTIVE task definition a service is to run.
    pub fn runnable(&self, given: &str, fargate: bool) -> Result<&TaskDefinition, ApiError> {
        let it = self.task_definition(given).ok_or_else(|| client("TaskDefinition not found."))?;
        if !it.active {
            return Err(client("TaskDefinition is inactive"));
        }
        if fargate && !it.fargate {
            return Err(invalid("Task definition does not support launch_type FARGATE."));
        }
        Ok(it)
    }

    /// The task a request names by its id or ARN, in `cluster`.
    pub fn task(&self, cluster: &str, given: &str) -> Option<&Task> {
        let id = given.rsplit('/').next().unwrap_or_default();
        self.tasks
            .get(id)
            .filter(|it| it.cluster == cluster && (!given.starts_with("arn:") || it.arn == given))
    }

    /// A task as faults tell tasks apart; `None` if its task definition is no more.
    pub fn suspect<'a>(&'a self, task: &'a Task) -> Option<Suspect<'a>> {
        let definition = self.task_definitions.get(&task.revision.task_definition)?;
        Some(Suspect {
            id: &task.id,
            arn: &task.arn,
            service: &task.service_name,
            family: &definition.family,
            image: definition.containers.first().map_or("", |it| it.image.as_str()),
            ip: task.ip,
        })
    }
}
