//! DescribeServices, ListServices.

use serde_json::{Value, json};

use super::service_revisions::revision_arn;
use crate::aws::ecs::model::Ecs;
use crate::aws::ecs::model::deployment::{Binding, platform};
use crate::aws::ecs::model::service::{Controller, Service, Status};
use crate::aws::ecs::model::task::LastStatus;
use crate::aws::ecs::refusals::{bad_token, invalid};
use crate::aws::ecs::requests::tags;
use crate::call::error::Answer;
use crate::call::pages::page;
use crate::call::params::Params;

impl Ecs {
    pub fn service_json(&self, it: &Service, with_tags: bool) -> Value {
        let (running, pending) = self.counts(it);
        let events: Vec<Value> = it
            .events
            .iter()
            .map(|event| json!({"id": event.id, "createdAt": self.place.seconds(event.at), "message": event.message}))
            .collect();
        let deployments: Vec<Value> =
            (0..it.deployments.len()).map(|index| self.deployment_json(it, index)).collect();
        // Where ECS makes no deployments there are task sets instead, and nothing is PRIMARY here.
        let (deployments, task_sets) = match it.controller {
            Controller::Ecs => (deployments, None),
            _ => (
                Vec::new(),
                Some(deployments.into_iter().map(|of| self.task_set(it, of)).collect::<Vec<_>>()),
            ),
        };
        let mut configuration = json!({
            "deploymentCircuitBreaker": {"enable": it.breaker.enable, "rollback": it.breaker.rollback},
            "maximumPercent": it.maximum_percent,
            "minimumHealthyPercent": it.minimum_percent,
        });
        if let (Some(all), Some(strategy)) = (configuration.as_object_mut(), it.rollout_strategy.as_object())
        {
            all.extend(strategy.clone());
        }
        let current = it.history.front().map(|record| {
            json!([{
                "arn": revision_arn(record), "requestedTaskCount": it.desired, "runningTaskCount": running,
                "pendingTaskCount": pending,
            }])
        });
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
            "taskDefinition": (!it.task_definition.is_empty()).then_some(&it.task_definition),
            "deploymentConfiguration": configuration,
            "taskSets": task_sets,
            "currentServiceRevisions": current,
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
            "deploymentController": {"type": it.controller.word()},
            "tags": with_tags.then(|| tags::write(&it.tags)),
            "createdBy": format!("arn:aws:iam::{}:root", self.place.account),
            "enableECSManagedTags": it.managed_tags,
            "propagateTags": it.propagate_tags,
            "enableExecuteCommand": it.execute_command,
            "availabilityZoneRebalancing": it.rebalancing,
        })
    }

    /// A deployment as the task set that CodeDeploy made of it.
    fn task_set(&self, service: &Service, deployment: Value) -> Value {
        let id = deployment["id"].as_str().unwrap_or_default().to_owned();
        json!({
            "id": id,
            "taskSetArn": self.place.ecs(&format!("task-set/{}/{}/{id}", service.cluster, service.name)),
            "serviceArn": service.arn,
            "clusterArn": self.place.ecs(&format!("cluster/{}", service.cluster)),
            "status": deployment["status"],
            "taskDefinition": deployment["taskDefinition"],
            "computedDesiredCount": deployment["desiredCount"],
            "runningCount": deployment["runningCount"],
            "pendingCount": deployment["pendingCount"],
            "createdAt": deployment["createdAt"],
            "updatedAt": deployment["updatedAt"],
            "launchType": service.launch_type,
            "platformVersion": deployment["platformVersion"],
            "networkConfiguration": deployment["networkConfiguration"],
            "loadBalancers": service.load_balancers.iter().map(Binding::json).collect::<Vec<_>>(),
            "scale": {"value": 100.0, "unit": "PERCENT"},
            "stabilityStatus": if deployment["rolloutState"] == "COMPLETED" { "STEADY_STATE" } else { "STABILIZING" },
        })
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

    pub fn deployment_json(&self, service: &Service, index: usize) -> Value {
        let Some(it) = service.deployments.get(index) else { return Value::Null };
        let (mut running, mut pending, mut live) = (0, 0, 0);
        for task in service.tasks.iter().filter_map(|id| self.tasks.get(id)) {
            if task.deployment != it.id {
                continue;
            }
            live += u32::from(!task.released);
            match task.last_status {
                LastStatus::Running => running += 1,
                LastStatus::Provisioning | LastStatus::Pending | LastStatus::Activating if !task.stopping => {
                    pending += 1;
                }
                _ => {}
            }
        }
        json!({
            "id": it.id,
            "status": if index == 0 { "PRIMARY" } else { "ACTIVE" },
            "taskDefinition": it.revision.task_definition,
            "desiredCount": if index == 0 { service.desired } else { live },
            "pendingCount": pending,
            "runningCount": running,
            "failedTasks": it.failed_tasks,
            "createdAt": self.place.seconds(it.created),
            "updatedAt": self.place.seconds(it.updated),
            "launchType": service.launch_type,
            "capacityProviderStrategy": service.strategy_json(),
            "platformVersion": platform(&it.revision.platform_version),
            "platformFamily": "Linux",
            "networkConfiguration": it.revision.network,
            "rolloutState": it.rollout.word(),
            "rolloutStateReason": it.reason,
        })
    }
}
