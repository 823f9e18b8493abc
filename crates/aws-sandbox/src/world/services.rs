//! ECS services: what they are, and Describe/List.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use super::clusters::{bad_token, short};
use super::deployments::{Binding, Deployment, Record, Revision};
use super::error::{Answer, ApiError, invalid};
use super::pages::page;
use super::params::Params;
use super::state::State;
use super::tags::{self, Tags};
use super::tasks::LastStatus;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Draining,
    Inactive,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Draining => "DRAINING",
            Self::Inactive => "INACTIVE",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    pub enable: bool,
    pub rollback: bool,
}

#[derive(Clone, Debug)]
pub struct Service {
    pub arn: String,
    pub name: String,
    pub cluster: String,
    pub status: Status,
    pub created: Duration,
    /// The creating request, without its client token; and that token.
    pub request: Value,
    pub client_token: Option<String>,
    pub updated: bool,
    pub desired: u32,
    pub task_definition: String,
    pub launch_type: Option<String>,
    /// `capacityProviderStrategy`, exclusive with `launch_type`.
    pub strategy: Vec<Value>,
    pub load_balancers: Vec<Binding>,
    pub network: Value,
    pub platform_version: String,
    pub grace: Option<u64>,
    pub minimum_percent: u32,
    pub maximum_percent: u32,
    pub breaker: Breaker,
    pub execute_command: bool,
    pub managed_tags: bool,
    pub propagate_tags: String,
    pub rebalancing: String,
    pub tags: Tags,
    /// The PRIMARY one first.
    pub deployments: Vec<Deployment>,
    pub last_completed: Option<Revision>,
    /// Newest first.
    pub events: VecDeque<Event>,
    pub history: VecDeque<Record>,
    /// Tasks not yet STOPPED.
    pub tasks: BTreeSet<String>,
    /// The steady-state event has been given.
    pub steady: bool,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub id: String,
    pub at: Duration,
    pub message: String,
}

pub fn not_found() -> ApiError {
    ApiError::new("ServiceNotFoundException", "Service not found.")
}

impl Service {
    pub fn strategy_json(&self) -> Option<&[Value]> {
        (!self.strategy.is_empty()).then_some(self.strategy.as_slice())
    }

    /// What a deployment made now would run.
    pub fn revision(&self) -> Revision {
        Revision {
            task_definition: self.task_definition.clone(),
            network: self.network.clone(),
            load_balancers: self.load_balancers.clone(),
            platform_version: self.platform_version.clone(),
        }
    }
}

impl State {
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

    pub fn service_json(&self, it: &Service, with_tags: bool) -> Value {
        let (running, pending) = self.counts(it);
        let events: Vec<Value> = it
            .events
            .iter()
            .map(|event| json!({"id": event.id, "createdAt": self.place.seconds(event.at), "message": event.message}))
            .collect();
        let deployments: Vec<Value> =
            (0..it.deployments.len()).map(|index| self.deployment_json(it, index)).collect();
        let grace = (!it.load_balancers.is_empty()).then(|| it.grace.unwrap_or(0));
        json!({
            "serviceArn": it.arn,
            "serviceName": it.name,
            "clusterArn": self.place.ecs(&format!("cluster/{}", it.cluster)),
            "loadBalancers": it.load_balancers.iter().map(Binding::json).collect::<Vec<_>>(),
            "serviceRegistries": [],
            "status": it.status.word(),
            "desiredCount": it.desired,
            "runningCount": running,
            "pendingCount": pending,
            "launchType": it.launch_type,
            "capacityProviderStrategy": it.strategy_json(),
            "platformVersion": it.platform_version,
            "platformFamily": "Linux",
            "taskDefinition": it.task_definition,
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {"enable": it.breaker.enable, "rollback": it.breaker.rollback},
                "maximumPercent": it.maximum_percent,
                "minimumHealthyPercent": it.minimum_percent,
                "strategy": "ROLLING",
                "bakeTimeInMinutes": 0,
            },
            "deployments": deployments,
            "roleArn": format!(
                "arn:aws:iam::{}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
                self.place.account
            ),
            "events": events,
            "createdAt": self.place.seconds(it.created),
            "currentServiceDeployment": it.history.front().map(|record| &record.arn),
            "placementConstraints": [],
            "placementStrategy": [],
            "networkConfiguration": it.network,
            "healthCheckGracePeriodSeconds": grace,
            "schedulingStrategy": "REPLICA",
            "deploymentController": {"type": "ECS"},
            "tags": with_tags.then(|| tags::ecs(&it.tags)),
            "createdBy": format!("arn:aws:iam::{}:root", self.place.account),
            "enableECSManagedTags": it.managed_tags,
            "propagateTags": it.propagate_tags,
            "enableExecuteCommand": it.execute_command,
            "availabilityZoneRebalancing": it.rebalancing,
        })
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
        self.services.get(&arn).ok_or_else(not_found)
    }

    pub fn describe_services(&self, params: &Params) -> Answer {
        let asked = params.texts("services")?.unwrap_or_default();
        if asked.is_empty() {
            return Err(invalid("Services cannot be empty."));
        }
        if asked.len() > 10 {
            return Err(invalid("services can have at most 10 items."));
        }
        let cluster = self.cluster(params)?;
        if let Some(words) = params.texts("include")?
            && let Some(bad) = words.iter().find(|word| **word != "TAGS")
        {
            return Err(invalid(format!(
                "1 validation error detected: Value '[{bad}]' at 'include' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [TAGS]]"
            )));
        }
        let with_tags = params.includes("include", "TAGS")?;
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for given in asked {
            let arn = self.service_arn(params, given)?;
            match self.services.get(&arn).filter(|it| it.cluster == cluster.name) {
                Some(it) => found.push(self.service_json(it, with_tags)),
                None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
            }
        }
        Ok(json!({"services": found, "failures": failures}))
    }

    pub fn list_services(&self, params: &Params) -> Answer {
        let cluster = self.cluster(params)?;
        let size = params.within("maxResults", 1, 100)?.unwrap_or(10) as usize;
        let launch_type = params.text("launchType")?;
        let strategy = params.word("schedulingStrategy", &["REPLICA", "DAEMON"])?;
        let chosen = self.services.values().filter(|it| {
            it.cluster == cluster.name
                && it.status == Status::Active
                && strategy != Some("DAEMON")
                && launch_type.is_none_or(|kind| it.launch_type.as_deref() == Some(kind))
        });
        let items = chosen.map(|it| (it.arn.clone(), it.arn.clone()));
        let (found, next) = page(items, params.text("nextToken")?, size).map_err(|()| bad_token())?;
        Ok(json!({"serviceArns": found, "nextToken": next}))
    }

    fn record_json(&self, service: &Service, record: &Record, whole: bool) -> Value {
        let revision = record.arn.replacen(":service-deployment/", ":service-revision/", 1);
        let mut found = json!({
            "serviceDeploymentArn": record.arn,
            "serviceArn": service.arn,
            "clusterArn": self.place.ecs(&format!("cluster/{}", service.cluster)),
            "createdAt": self.place.seconds(record.created),
            "startedAt": self.place.seconds(record.created),
            "finishedAt": record.finished.map(|at| self.place.seconds(at)),
            "status": record.status,
            "statusReason": record.reason,
        });
        if whole {
            let (running, pending) = self.counts(service);
            found["targetServiceRevision"] = json!({
                "arn": revision, "requestedTaskCount": service.desired,
                "runningTaskCount": running, "pendingTaskCount": pending,
            });
            found["updatedAt"] = json!(self.place.seconds(record.finished.unwrap_or(record.created)));
        } else {
            found["targetServiceRevisionArn"] = json!(revision);
        }
        found
    }

    pub fn list_service_deployments(&self, params: &Params) -> Answer {
        let service = self.service(params)?;
        let wanted = params.texts("status")?.unwrap_or_default();
        let range = params.object("createdAt")?;
        let bound = |name: &str| range.and_then(|it| it.get(name)).and_then(Value::as_f64);
        let (after, before) = (bound("after"), bound("before"));
        let size = params.within("maxResults", 1, 100)?.unwrap_or(20) as usize;
        let chosen = service.history.iter().enumerate().filter(|(_, record)| {
            let created = self.place.seconds(record.created);
            (wanted.is_empty() || wanted.contains(&record.status))
                && after.is_none_or(|after| created >= after)
                && before.is_none_or(|before| created <= before)
        });
        let items =
            chosen.map(|(index, record)| (format!("{index:05}"), self.record_json(service, record, false)));
        let (found, next) = page(items, params.text("nextToken")?, size).map_err(|()| bad_token())?;
        Ok(json!({"serviceDeployments": found, "nextToken": next}))
    }

    pub fn describe_service_deployments(&self, params: &Params) -> Answer {
        let asked =
            params.texts("serviceDeploymentArns")?.ok_or_else(|| params.missing("serviceDeploymentArns"))?;
        if asked.len() > 20 {
            return Err(invalid("serviceDeploymentArns can have at most 20 items."));
        }
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for arn in asked {
            let path =
                arn.rsplit_once('/').map(|(path, _)| path.replacen(":service-deployment/", ":service/", 1));
            let service = path.and_then(|path| self.services.get(&path));
            let record = service
                .and_then(|it| it.history.iter().find(|record| record.arn == arn).map(|record| (it, record)));
            match record {
                Some((service, record)) => found.push(self.record_json(service, record, true)),
                None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
            }
        }
        Ok(json!({"serviceDeployments": found, "failures": failures}))
    }
}

impl World {
    /// A service event.
    pub(super) fn say(&mut self, now: Duration, service: &str, message: String) {
        let id = self.dice.uuid();
        if let Some(it) = self.state.services.get_mut(service) {
            it.events.push_front(Event { id, at: now, message });
            it.events.truncate(100);
        }
    }
}

/// The name at the end of a service's ARN, or the name itself.
pub fn service_name(given: &str) -> &str {
    short(given)
}
