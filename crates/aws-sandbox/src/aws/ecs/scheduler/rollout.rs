//! Deployments begin, fail, are rolled back and end; the circuit breaker.

use std::time::Duration;

use super::timings;
use crate::aws::ecs::model::deployment::{Deployment, Record, Revision, Rollout};
use crate::aws::world::World;

impl World {
    /// Makes `revision` the PRIMARY deployment of a service.
    pub(crate) fn deploy(
        &mut self,
        now: Duration,
        arn: &str,
        revision: Revision,
        rollback: bool,
    ) -> Option<String> {
        let id = format!("ecs-svc/{}", self.dice.digits19());
        let record = self.dice.hex16();
        let service = self.state.ecs.services.get_mut(arn)?;
        let mut deployment = Deployment::new(id.clone(), revision.clone(), now);
        deployment.rollback = rollback;
        if let Some(old) = service.history.front_mut().filter(|it| it.finished.is_none()) {
            (old.status, old.finished) = ("STOPPED", Some(now));
        }
        let resource = format!("service-deployment/{}/{}/{record}", service.cluster, service.name);
        service.history.push_front(Record {
            arn: self.settings.place.ecs(&resource),
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
    pub(crate) fn count_failure(&mut self, now: Duration, arn: &str, deployment: &str) {
        let pace = self.pace();
        let Some(service) = self.state.ecs.services.get_mut(arn) else { return };
        let threshold = service.desired.div_ceil(2).clamp(timings::BREAKER.0, timings::BREAKER.1);
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
            let (first, longest) = timings::BACKOFF;
            let wait = first * 2f64.powi((failed as i32 - 3).min(7));
            it.not_before = now + Duration::from_secs_f64(wait.min(longest) * pace);
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
        let Some(service) = self.state.ecs.services.get_mut(arn) else { return };
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
        if let Some(service) = self.state.ecs.services.get_mut(arn) {
            service.steady = false;
            if let Some(primary) = service.deployments.first_mut() {
                primary.reason =
                    format!("ECS deployment circuit breaker: rolling back to deploymentId {target}.");
            }
        }
        self.say(now, arn, format!("(service {name}) rolling back to deployment {target}."));
    }

    pub(crate) fn finish_record(
        &mut self,
        now: Duration,
        arn: &str,
        deployment: &str,
        status: &'static str,
        reason: &str,
    ) {
        let Some(service) = self.state.ecs.services.get_mut(arn) else { return };
        let found = service.history.iter_mut().find(|it| it.deployment == deployment);
        if let Some(record) = found.filter(|it| it.finished.is_none() || it.status == "STOPPED") {
            (record.status, record.finished) = (status, Some(now));
            record.reason = (!reason.is_empty()).then(|| reason.to_owned());
        }
    }
}
