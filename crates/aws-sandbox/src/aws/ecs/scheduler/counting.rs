//! How the scheduler counts a service's tasks: which run, which are healthy, which are to be replaced.

use std::time::Duration;

use super::timings;
use crate::aws::ecs::model::service::Service;
use crate::aws::ecs::model::task::{LastStatus, Task};
use crate::aws::world::World;

/// A task as the scheduler counts it.
pub(super) struct Counted {
    pub id: String,
    /// Of the PRIMARY deployment.
    pub primary: bool,
    pub deployment: String,
    pub running: bool,
    pub healthy: bool,
    /// To be replaced: unhealthy for long enough, after its grace period.
    pub sick: bool,
    pub created: Duration,
}

/// How a task's targets do, all its groups together.
pub(super) enum Standing {
    Healthy,
    Waiting,
    /// Since when, and in which group and why.
    Unhealthy(Duration, String, String),
}

impl World {
    pub(super) fn standing(&self, task: &Task) -> Standing {
        let mut waiting = false;
        for binding in &task.revision.load_balancers {
            let Some(group) = self.state.elb.target_groups.get(&binding.group) else { continue };
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
    pub(super) fn count(&mut self, now: Duration, service: &Service) -> (Vec<Counted>, Option<Duration>) {
        let pace = self.pace();
        let primary = service.deployments.first().map(|it| it.id.clone()).unwrap_or_default();
        let grace = Duration::from_secs(service.grace.unwrap_or(0).min(10_000_000));
        let (mut counted, mut again) = (Vec::new(), None::<Duration>);
        let mut later = |at: Duration| again = Some(again.map_or(at, |known| known.min(at)));
        for task in service.tasks.iter().filter_map(|id| self.state.ecs.tasks.get(id)) {
            if task.released {
                continue;
            }
            let running = task.last_status == LastStatus::Running;
            let started = task.started.unwrap_or(now);
            let (mut healthy, mut sick) = (false, false);
            if running && task.revision.load_balancers.is_empty() {
                let at = started + Duration::from_secs_f64(timings::PROBATION * pace);
                healthy = at <= now;
                if !healthy {
                    later(at);
                }
            } else if running {
                match self.standing(task) {
                    Standing::Healthy => healthy = true,
                    Standing::Waiting => {}
                    Standing::Unhealthy(since, ..) => {
                        let at =
                            (started + grace).max(since + Duration::from_secs_f64(timings::PATIENCE * pace));
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
}
