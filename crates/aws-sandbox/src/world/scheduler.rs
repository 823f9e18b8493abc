//! The service scheduler: starts, replaces and stops tasks so that a service gets what its
//! deployments ask for, within its minimum and maximum percent.

use std::time::Duration;

use super::deployments::Rollout;
use super::services::{Service, Status};
use super::tasks::{LastStatus, Task};
use super::{Timer, World};

/// A task as the scheduler counts it.
struct Counted {
    id: String,
    /// Of the PRIMARY deployment.
    primary: bool,
    deployment: String,
    running: bool,
    healthy: bool,
    /// To be replaced: unhealthy for long enough, after its grace period.
    sick: bool,
    created: Duration,
}

/// How a task's targets do, all its groups together.
enum Standing {
    Healthy,
    Waiting,
    /// Since when, and in which group and why.
    Unhealthy(Duration, String, String),
}

/// A task without a load balancer counts as healthy once it has run this long.
const PROBATION: f64 = 40.0;
/// How long a target must have been unhealthy before ECS acts on it.
const PATIENCE: f64 = 10.0;

impl World {
    /// How fast ECS is, against its default.
    pub(super) fn pace(&self) -> f64 {
        self.settings.task_start.as_secs_f64() / 40.0
    }

    /// The scheduler looks at a service at once.
    pub(super) fn poke(&mut self, at: Duration, service: &str) {
        self.set_timer(at, Timer::Service(service.to_owned()));
    }

    /// The scheduler notices an API call a moment later.
    pub(super) fn react(&mut self, now: Duration, service: &str) {
        let at = now + self.lag(0.5, 2.0);
        self.poke(at, service);
    }

    /// A target changed its health: its task's service may act.
    pub(super) fn target_changed(&mut self, now: Duration, ip: std::net::Ipv4Addr) {
        let task = self.addresses.get(&ip).and_then(|id| self.state.tasks.get(id));
        if let Some(service) = task.map(|task| task.service.clone()) {
            self.poke(now, &service);
        }
    }

    fn standing(&self, task: &Task) -> Standing {
        let mut waiting = false;
        for binding in &task.revision.load_balancers {
            let Some(group) = self.state.target_groups.get(&binding.group) else { continue };
            let associated = group.load_balancer.is_some();
            let Some(target) = group.targets.get(&(task.ip, binding.port)) else {
                waiting = true;
                continue;
            };
            let health = target.health(associated);
            match health.state {
                "healthy" | "unused" => {}
                "unhealthy" => {
                    let since = target.unhealthy_since.unwrap_or_default();
                    return Standing::Unhealthy(
                        since,
                        binding.group.clone(),
                        health.description.unwrap_or_default(),
                    );
                }
                _ => waiting = true,
            }
        }
        if waiting { Standing::Waiting } else { Standing::Healthy }
    }

    /// Counts a service's tasks; also when to look again, for what only time will change.
    fn count(&mut self, now: Duration, service: &Service) -> (Vec<Counted>, Option<Duration>) {
        let pace = self.pace();
        let primary = service.deployments.first().map(|it| it.id.clone()).unwrap_or_default();
        let grace = Duration::from_secs(service.grace.unwrap_or(0).min(10_000_000));
        let (mut counted, mut again) = (Vec::new(), None::<Duration>);
        let mut later = |at: Duration| again = Some(again.map_or(at, |known| known.min(at)));
        for task in service.tasks.iter().filter_map(|id| self.state.tasks.get(id)) {
            if task.released {
                continue;
            }
            let running = task.last_status == LastStatus::Running;
            let started = task.started.unwrap_or(now);
            let (mut healthy, mut sick) = (false, false);
            if running && task.revision.load_balancers.is_empty() {
                let at = started + Duration::from_secs_f64(PROBATION * pace);
                healthy = at <= now;
                if !healthy {
                    later(at);
                }
            } else if running {
                match self.standing(task) {
                    Standing::Healthy => healthy = true,
                    Standing::Waiting => {}
                    Standing::Unhealthy(since, ..) => {
                        let at = (started + grace).max(since + Duration::from_secs_f64(PATIENCE * pace));
                        sick = at <= now;
                        if !sick {
                            later(at);
                        }
                    }
                }
            }
            counted.push(Counted {
                id: task.id.clone(),
                primary: task.deployment == primary,
                deployment: task.deployment.clone(),
                running,
                healthy,
                sick,
                created: task.created,
            });
        }
        counted.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        (counted, again)
    }

    /// The scheduler looks at a service.
    pub(super) fn schedule(&mut self, now: Duration, arn: &str) {
        let Some(service) = self.state.services.get(arn).cloned() else { return };
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
            && let Some(primary) = self.state.services.get_mut(arn).and_then(|it| it.deployments.first_mut())
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
        } else if let Some(live) = self.state.services.get_mut(arn) {
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

    fn retire_sick(&mut self, now: Duration, name: &str, arn: &str, id: &str) {
        let Some(task) = self.state.tasks.get(id) else { return };
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

    fn stop_surplus(&mut self, now: Duration, service: &Service, counted: &[Counted]) -> u32 {
        let desired = service.desired as usize;
        let minimum =
            (u64::from(service.desired) * u64::from(service.minimum_percent)).div_ceil(100) as usize;
        let limit = (u64::from(service.desired) * u64::from(service.maximum_percent) / 100) as usize;
        let mut healthy = counted.iter().filter(|it| it.healthy).count();
        let new: Vec<&Counted> = counted.iter().filter(|it| it.primary).collect();
        let old: Vec<&Counted> = counted.iter().filter(|it| !it.primary).collect();
        let new_healthy = new.iter().filter(|it| it.healthy).count();
        let mut stop: Vec<&Counted> = Vec::new();

        // Old deployments give way as far as new tasks are healthy, or to make room for them.
        let mut surplus = old.len().saturating_sub(desired.saturating_sub(new_healthy));
        if new.len() < desired && counted.len() >= limit {
            surplus = old.len();
        }
        let failed = service.deployments.first().is_some_and(|it| it.rollout == Rollout::Failed);
        if !(failed && desired > 0) {
            let sick_first = old.iter().filter(|it| !it.healthy).chain(old.iter().filter(|it| it.healthy));
            for it in sick_first.take(surplus) {
                if it.healthy && healthy <= minimum {
                    break;
                }
                healthy -= usize::from(it.healthy);
                stop.push(it);
            }
        }

        // Too many of the new ones: a scale-in, or a sick one whose replacement has come.
        let mut extra = new.len().saturating_sub(desired);
        let sick: Vec<&&Counted> = new.iter().filter(|it| it.sick).collect();
        let replaced = new_healthy >= desired || new.iter().all(|it| it.sick || it.healthy);
        let no_room = !sick.is_empty() && counted.len() >= limit && new.len() <= desired;
        if no_room {
            extra = extra.max(1);
        }
        if desired == 0 || replaced || no_room || sick.is_empty() {
            let order = new.iter().filter(|it| it.sick);
            let order = order.chain(new.iter().filter(|it| !it.sick && !it.running));
            let order = order.chain(new.iter().filter(|it| !it.sick && it.running && !it.healthy));
            let order = order.chain(new.iter().filter(|it| it.healthy));
            stop.extend(order.take(extra).copied());
        }
        if stop.is_empty() {
            return 0;
        }
        let list: Vec<String> = stop.iter().map(|it| format!("(task {})", it.id)).collect();
        let text = format!(
            "(service {}) has stopped {} running tasks: {}.",
            service.name,
            stop.len(),
            list.join(" ")
        );
        self.say(now, &service.arn, text);
        let primary = service.deployments.first().map(|it| it.id.clone()).unwrap_or_default();
        for it in &stop {
            if it.sick {
                self.retire_sick(now, &service.name, &service.arn, &it.id);
            } else {
                self.retire(now, &it.id, format!("Scaling activity initiated by (deployment {primary})"));
            }
        }
        self.poke(now, &service.arn);
        stop.len() as u32
    }

    /// Nothing left to start or stop: are old deployments gone, is the rollout complete, is it steady?
    fn conclude(&mut self, now: Duration, service: &Service, counted: &[Counted]) {
        // A failed deployment is shown until its last task is STOPPED.
        let gone = |deployment: &str, failed: bool| {
            !service.tasks.iter().filter_map(|id| self.state.tasks.get(id)).any(|task| {
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
        let Some(live) = self.state.services.get_mut(&service.arn) else { return };
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
            let Some(task) = self.state.tasks.get(id) else { continue };
            let over = [LastStatus::Stopping, LastStatus::Deprovisioning, LastStatus::Stopped];
            busy |= !over.contains(&task.last_status);
            if !task.stopping {
                self.retire(now, id, format!("Scaling activity initiated by (deployment {primary})"));
            }
        }
        if !busy && let Some(live) = self.state.services.get_mut(&service.arn) {
            live.status = Status::Inactive;
            live.deployments.clear();
        }
    }
}
