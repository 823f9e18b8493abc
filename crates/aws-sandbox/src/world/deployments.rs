//! Deployments of a service: what each one runs, how far it is, and what the circuit breaker does
//! about one that fails.

use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use super::services::Service;
use super::state::State;
use super::tasks::LastStatus;

/// What a deployment runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub task_definition: String,
    pub network: Value,
    pub load_balancers: Vec<Binding>,
    pub platform_version: String,
}

/// One entry of a service's `loadBalancers`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub group: String,
    pub container: String,
    pub port: u16,
}

impl Binding {
    pub fn json(&self) -> Value {
        json!({"targetGroupArn": self.group, "containerName": self.container, "containerPort": self.port})
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollout {
    InProgress,
    Completed,
    Failed,
}

impl Rollout {
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Deployment {
    /// `ecs-svc/` and 19 digits.
    pub id: String,
    pub revision: Revision,
    pub created: Duration,
    pub updated: Duration,
    pub rollout: Rollout,
    pub reason: String,
    pub failed_tasks: u32,
    /// Once it has had a healthy task, failures are no longer counted.
    pub proved: bool,
    /// Whether a task of it has ever been RUNNING.
    pub ran: bool,
    /// No new tasks before this, for those that keep failing to start.
    pub not_before: Duration,
    /// A rollback of another deployment.
    pub rollback: bool,
}

impl Deployment {
    pub fn new(id: String, revision: Revision, now: Duration) -> Self {
        let reason = format!("ECS deployment {id} in progress.");
        Self {
            id,
            revision,
            created: now,
            updated: now,
            rollout: Rollout::InProgress,
            reason,
            failed_tasks: 0,
            proved: false,
            ran: false,
            not_before: Duration::ZERO,
            rollback: false,
        }
    }
}

/// What ListServiceDeployments remembers.
#[derive(Clone, Debug)]
pub struct Record {
    pub arn: String,
    pub deployment: String,
    pub created: Duration,
    pub finished: Option<Duration>,
    pub status: &'static str,
    pub reason: Option<String>,
}

impl State {
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

/// Deployments and tasks show the platform version that LATEST stood for.
pub fn platform(given: &str) -> &str {
    if given == "LATEST" { "1.4.0" } else { given }
}

impl World {
    /// Makes `revision` the PRIMARY deployment of a service.
    pub(super) fn deploy(
        &mut self,
        now: Duration,
        arn: &str,
        revision: Revision,
        rollback: bool,
    ) -> Option<String> {
        let id = format!("ecs-svc/{}", self.dice.digits19());
        let record = self.dice.hex16();
        let service = self.state.services.get_mut(arn)?;
        let mut deployment = Deployment::new(id.clone(), revision.clone(), now);
        deployment.rollback = rollback;
        if let Some(old) = service.history.front_mut().filter(|it| it.finished.is_none()) {
            (old.status, old.finished) = ("STOPPED", Some(now));
        }
        let resource = format!("service-deployment/{}/{}/{record}", service.cluster, service.name);
        service.history.push_front(Record {
            arn: self.state.place.ecs(&resource),
            deployment: id.clone(),
            created: now,
            finished: None,
            status: "IN_PROGRESS",
            reason: None,
        });
        service.history.truncate(100);
        service.task_definition.clone_from(&revision.task_definition);
        service.deployments.insert(0, deployment);
        service.steady = false;
        Some(id)
    }

    /// A task of a deployment never ran, or was found unhealthy before any was healthy.
    pub(super) fn count_failure(&mut self, now: Duration, arn: &str, deployment: &str) {
        let pace = self.pace();
        let Some(service) = self.state.services.get_mut(arn) else { return };
        let threshold = service.desired.div_ceil(2).clamp(3, 200);
        let breaker = service.breaker;
        let name = service.name.clone();
        let Some(index) = service.deployments.iter().position(|it| it.id == deployment) else { return };
        let Some(it) = service.deployments.get_mut(index) else { return };
        if it.rollout != Rollout::InProgress || it.proved {
            return;
        }
        it.failed_tasks += 1;
        it.updated = now;
        let failed = it.failed_tasks;
        if !it.ran && failed >= 3 {
            let wait = 15.0 * 2f64.powi((failed as i32 - 3).min(7));
            it.not_before = now + Duration::from_secs_f64(wait.min(27.0 * 60.0) * pace);
        }
        let stuck = !it.ran && failed == 3;
        if index == 0 && breaker.enable && failed >= threshold {
            it.rollout = Rollout::Failed;
            it.reason = "ECS deployment circuit breaker: tasks failed to start.".to_owned();
            let text = format!(
                "(service {name}) (deployment {deployment}) deployment failed: tasks failed to start."
            );
            self.say(now, arn, text);
            if breaker.rollback {
                self.roll_back(now, arn);
            } else {
                self.finish_record(
                    now,
                    arn,
                    deployment,
                    "STOPPED",
                    "Service deployment failed because the circuit breaker threshold was exceeded.",
                );
            }
        } else if stuck {
            let text = format!(
                "(service {name}) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section."
            );
            self.say(now, arn, text);
        }
    }

    fn roll_back(&mut self, now: Duration, arn: &str) {
        let Some(service) = self.state.services.get_mut(arn) else { return };
        let name = service.name.clone();
        let failed = service.deployments.first().map(|it| it.id.clone()).unwrap_or_default();
        let kept = service.deployments.iter().position(|it| it.rollout == Rollout::Completed);
        let target = match (kept, service.last_completed.clone()) {
            (Some(index), _) => {
                let mut old = service.deployments.remove(index);
                old.rollout = Rollout::InProgress;
                old.updated = now;
                old.rollback = true;
                old.proved = false;
                let id = old.id.clone();
                service.task_definition.clone_from(&old.revision.task_definition);
                service.deployments.insert(0, old);
                Some(id)
            }
            (None, Some(revision)) => self.deploy(now, arn, revision, true),
            (None, None) => None,
        };
        let Some(target) = target else {
            self.say(now, arn, format!("(service {name}) (deployment {failed}) rollback failed: No rollback candidate was found to run the rollback."));
            self.finish_record(
                now,
                arn,
                &failed,
                "ROLLBACK_FAILED",
                "No rollback candidate was found to run the rollback.",
            );
            return;
        };
        self.finish_record(
            now,
            arn,
            &failed,
            "ROLLBACK_SUCCESSFUL",
            "Service deployment rolled back because the circuit breaker threshold was exceeded.",
        );
        if let Some(service) = self.state.services.get_mut(arn) {
            service.steady = false;
            if let Some(primary) = service.deployments.first_mut() {
                primary.reason =
                    format!("ECS deployment circuit breaker: rolling back to deploymentId {target}.");
            }
        }
        self.say(now, arn, format!("(service {name}) rolling back to deployment {target}."));
    }

    pub(super) fn finish_record(
        &mut self,
        now: Duration,
        arn: &str,
        deployment: &str,
        status: &'static str,
        reason: &str,
    ) {
        let Some(service) = self.state.services.get_mut(arn) else { return };
        let found = service.history.iter_mut().find(|it| it.deployment == deployment);
        if let Some(record) = found.filter(|it| it.finished.is_none() || it.status == "STOPPED") {
            (record.status, record.finished) = (status, Some(now));
            record.reason = (!reason.is_empty()).then(|| reason.to_owned());
        }
    }
}
