//! The service scheduler: starts, replaces and stops tasks so that a service gets what its
//! deployments ask for, within its minimum and maximum percent.

use std::time::Duration;

use super::counting::{Counted, Standing};
use super::timings;
use crate::aws::ecs::model::deployment::Rollout;
use crate::aws::ecs::model::service::{Service, Status};
use crate::aws::ecs::model::task::LastStatus;
use crate::aws::world::World;
use crate::faults::fault::Shortage;

impl World {
    /// The scheduler looks at a service.
    pub(crate) fn schedule(&mut self, now: Duration, arn: &str) {
        let Some(service) = self.state.ecs.services.get(arn).cloned() else { return };
        match service.status {
            Status::Inactive => return,
            Status::Draining => return self.wind_down(now, &service),
            Status::Active => {}
        }
        let (counted, again) = self.count(now, &service);
        if let Some(at) = again {
            self.poke(at, arn);
        }
        if counted.iter().any(|it| it.primary && it.healthy)
            && let Some(primary) =
                self.state.ecs.services.get_mut(arn).and_then(|it| it.deployments.first_mut())
        {
            primary.proved = true;
            primary.failed_tasks = 0;
        }
        if self.discard_failures(now, &service, &counted) {
            return self.poke(now, arn);
        }
        let started = self.start_missing(now, &service, &counted);
        let stopped = self.stop_surplus(now, &service, &counted);
        if started + stopped == 0 {
            self.conclude(now, &service, &counted);
        } else if let Some(live) = self.state.ecs.services.get_mut(arn) {
            live.steady = false;
        }
    }

    /// While a deployment has never had a healthy task, its sick ones are stopped first and count
    /// as failures.
    fn discard_failures(&mut self, now: Duration, service: &Service, counted: &[Counted]) -> bool {
        let mut any = false;
        for it in counted.iter().filter(|it| it.sick) {
            let deployment = service.deployments.iter().find(|known| known.id == it.deployment);
            let unproved =
                deployment.is_some_and(|known| known.rollout != Rollout::Completed && !known.proved);
            if unproved && !counted.iter().any(|other| other.primary && other.healthy) {
                self.retire_sick(now, &service.name, &service.arn, &it.id);
                self.count_failure(now, &service.arn, &it.deployment);
                any = true;
            }
        }
        any
    }

    pub(super) fn retire_sick(&mut self, now: Duration, name: &str, arn: &str, id: &str) {
        let Some(task) = self.state.ecs.tasks.get(id) else { return };
        let Standing::Unhealthy(_, group, why) = self.standing(task) else {
            return self.retire(now, id, "Task failed ELB health checks".to_owned());
        };
        let port = task.revision.load_balancers.first().map_or(0, |it| it.port);
        let text = format!(
            "(service {name}) (task {id}) (port {port}) is unhealthy in (target-group {group}) due to (reason {why})."
        );
        self.say(now, arn, text);
        self.retire(now, id, format!("Task failed ELB health checks in (target-group {group})"));
    }

    fn start_missing(&mut self, now: Duration, service: &Service, counted: &[Counted]) -> u32 {
        let Some(primary) = service.deployments.first() else { return 0 };
        let limit = u64::from(service.desired) * u64::from(service.maximum_percent) / 100;
        let room = u32::try_from(limit).unwrap_or(u32::MAX).saturating_sub(counted.len() as u32);
        // Old tasks are not replaced by old ones, unless the new deployment has failed.
        let last_good = service.deployments.iter().position(|it| it.rollout == Rollout::Completed);
        let (source, have) = if primary.rollout == Rollout::Failed {
            let Some(good) = last_good.and_then(|index| service.deployments.get(index)) else { return 0 };
            (good, counted.iter().filter(|it| !it.sick).count() as u32)
        } else {
            (primary, counted.iter().filter(|it| it.primary && !it.sick).count() as u32)
        };
        let wanted = service.desired.saturating_sub(have).min(room);
        if wanted == 0 {
            return 0;
        }
        if service.launch_type.as_deref().is_some_and(|kind| kind != "FARGATE") {
            let text = format!(
                "(service {}) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.",
                service.name
            );
            if service.events.front().is_none_or(|event| event.message != text) {
                self.say(now, &service.arn, text);
            }
            return 0;
        }
        if let Some(shortage) = self.faults.no_place(now, &service.name) {
            let (arn, deployment) = (service.arn.clone(), source.id.clone());
            self.not_placed(now, service, shortage);
            self.count_failure(now, &arn, &deployment);
            self.poke(now + Duration::from_secs_f64(timings::PLACE_AGAIN * self.pace()), &arn);
            return 0;
        }
        if source.not_before > now {
            self.poke(source.not_before, &service.arn);
            return 0;
        }
        let mut started = Vec::new();
        for _ in 0..wanted {
            started.extend(self.start_task(now, &service.arn, &source.id));
        }
        let list: Vec<String> = started.iter().map(|id| format!("(task {id})")).collect();
        let text =
            format!("(service {}) has started {} tasks: {}.", service.name, started.len(), list.join(" "));
        self.say(now, &service.arn, text);
        started.len() as u32
    }

    /// The service's event for want of a place
    /// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html>).
    fn not_placed(&mut self, now: Duration, service: &Service, shortage: Shortage) {
        let reason = match shortage {
            Shortage::Capacity => {
                "Capacity is unavailable at this time. Please try again later or in a different availability zone."
            }
            Shortage::Addresses => "InsufficientFreeAddressesInSubnet: the subnet has no free addresses.",
            Shortage::Quota => "You've reached the limit on the number of vCPUs you can run concurrently.",
        };
        let text = format!("(service {}) was unable to place a task. Reason: {reason}", service.name);
        self.say(now, &service.arn, text);
    }

    /// Nothing left to start or stop: are old deployments gone, is the rollout complete, is it steady?
    fn conclude(&mut self, now: Duration, service: &Service, counted: &[Counted]) {
        // A failed deployment is shown until its last task is STOPPED.
        let gone = |deployment: &str, failed: bool| {
            !service.tasks.iter().filter_map(|id| self.state.ecs.tasks.get(id)).any(|task| {
                let exited = task.last_status == LastStatus::Deprovisioning && !failed;
                task.deployment == deployment && !exited && task.last_status != LastStatus::Stopped
            })
        };
        let leaving: Vec<String> = service
            .deployments
            .iter()
            .skip(1)
            .filter(|it| gone(&it.id, it.rollout == Rollout::Failed))
            .map(|it| it.id.clone())
            .collect();
        let Some(live) = self.state.ecs.services.get_mut(&service.arn) else { return };
        live.deployments.retain(|it| !leaving.contains(&it.id));
        let alone = live.deployments.len() == 1;
        let mine = || counted.iter().filter(|it| it.primary);
        let running = mine().filter(|it| it.running).count() as u32;
        let healthy = mine().filter(|it| it.healthy).count() as u32;
        let desired = live.desired;
        let Some(primary) = live.deployments.first_mut() else { return };
        let id = primary.id.clone();
        let mut completed = false;
        if alone
            && primary.rollout == Rollout::InProgress
            && healthy == desired
            && counted.len() as u32 == desired
        {
            primary.rollout = Rollout::Completed;
            primary.reason = format!("ECS deployment {id} completed.");
            primary.updated = now;
            live.last_completed = Some(primary.revision.clone());
            completed = true;
        }
        let steady = alone
            && !live.steady
            && running == desired
            && counted.len() as u32 == desired
            && live.deployments.first().is_some_and(|it| it.rollout == Rollout::Completed);
        live.steady |= steady;
        if completed {
            self.finish_record(now, &service.arn, &id, "SUCCESSFUL", "");
            let text = format!("(service {}) (deployment {id}) deployment completed.", service.name);
            self.say(now, &service.arn, text);
        }
        if steady {
            self.say(now, &service.arn, format!("(service {}) has reached a steady state.", service.name));
        }
    }

    /// A deleted service: every task goes, then it is INACTIVE.
    fn wind_down(&mut self, now: Duration, service: &Service) {
        let primary = service.deployments.first().map(|it| it.id.clone()).unwrap_or_default();
        let mut busy = false;
        for id in &service.tasks {
            let Some(task) = self.state.ecs.tasks.get(id) else { continue };
            let over = [LastStatus::Stopping, LastStatus::Deprovisioning, LastStatus::Stopped];
            busy |= !over.contains(&task.last_status);
            if !task.stopping {
                self.retire(now, id, format!("Scaling activity initiated by (deployment {primary})"));
            }
        }
        if !busy && let Some(live) = self.state.ecs.services.get_mut(&service.arn) {
            live.status = Status::Inactive;
            live.deployments.clear();
        }
    }
}
