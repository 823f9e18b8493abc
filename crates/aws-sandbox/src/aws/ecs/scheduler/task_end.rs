//! A task's way from RUNNING to STOPPED, whoever stops it.

use std::time::Duration;

use super::timings;
use crate::aws::ecs::model::task::{LastStatus, Step};
use crate::aws::world::{Timer, World};
use crate::seam::Order;

impl World {
    /// The longest deregistration delay, if there was anything to drain.
    pub(crate) fn deregister_task(&mut self, now: Duration, id: &str, announce: bool) -> Option<Duration> {
        let task = self.state.ecs.tasks.get_mut(id)?;
        if !std::mem::take(&mut task.registered) {
            return None;
        }
        let task = task.clone();
        let mut longest = None;
        for binding in &task.revision.load_balancers {
            let Some(group) = self.state.elb.target_groups.get(&binding.group) else { continue };
            let delay = group.deregistration_delay();
            longest = longest.max(Some(delay));
            let name = &task.service_name;
            if self.deregister(now, &binding.group, task.ip, binding.port) {
                let text =
                    format!("(service {name}) deregistered 1 targets in (target-group {})", binding.group);
                self.say(now, &task.service, text);
            }
        }
        if announce && longest.is_some() {
            let text = format!(
                "(service {}, taskSet {}) has begun draining connections on 1 tasks.",
                task.service_name, task.deployment
            );
            self.say(now, &task.service, text);
        }
        longest
    }

    pub(super) fn terminate(&mut self, now: Duration, id: &str) {
        let wait = self.spec(id).map_or(Duration::from_secs(30), |spec| spec.stop_timeout);
        if let Some(task) = self.state.ecs.tasks.get_mut(id) {
            task.last_status = LastStatus::Stopping;
            let service = task.service.clone();
            self.orders.push(Order::Terminate { task: id.to_owned() });
            self.task_step(id, Step::AwaitExit, now + wait + Duration::from_secs(timings::LOST));
            self.poke(now, &service);
        }
    }

    /// The scheduler wants a task gone: deregister, drain, SIGTERM.
    pub(crate) fn retire(&mut self, now: Duration, id: &str, reason: String) {
        let due = now + self.lag(timings::DEREGISTER);
        let Some(task) = self.state.ecs.tasks.get_mut(id) else { return };
        if task.stopping {
            // It crashed, and now it is not to be replaced either.
            task.released = true;
            return;
        }
        (task.stopping, task.released) = (true, true);
        task.stopping_at = Some(now);
        task.stop_code = Some("ServiceSchedulerInitiated");
        task.stopped_reason = Some(reason);
        match task.step {
            Step::Attach | Step::Launch => self.deprovision(now, id),
            Step::AwaitStart | Step::Register => self.terminate(now, id),
            _ => {
                task.last_status = LastStatus::Deactivating;
                self.task_step(id, Step::Deregister, due);
            }
        }
    }

    /// StopTask: SIGTERM at once, the target deregistered only later.
    pub(crate) fn stop_at_once(&mut self, now: Duration, id: &str, reason: &str) {
        let late = now + self.lag(timings::DEREGISTER_AFTER_STOP);
        let Some(task) = self.state.ecs.tasks.get_mut(id) else { return };
        if task.stopping {
            return;
        }
        (task.stopping, task.released) = (true, true);
        task.stopping_at = Some(now);
        task.stop_code = Some("UserInitiated");
        task.stopped_reason = Some(reason.to_owned());
        let (service, step) = (task.service.clone(), task.step);
        if task.registered {
            self.set_timer(late, Timer::Deregister(id.to_owned()));
        }
        match step {
            Step::Attach | Step::Launch => self.deprovision(now, id),
            _ => self.terminate(now, id),
        }
        self.poke(now, &service);
    }

    /// A crashed or stopped task's target goes, late; only then the scheduler replaces it.
    pub(crate) fn deregister_late(&mut self, now: Duration, id: &str) {
        self.deregister_task(now, id, false);
        if let Some(task) = self.state.ecs.tasks.get_mut(id) {
            task.released = true;
            let (service, over) = (task.service.clone(), task.last_status == LastStatus::Stopped);
            if over && let Some(it) = self.state.ecs.services.get_mut(&service) {
                it.tasks.remove(id);
            }
            self.poke(now, &service);
        }
    }

    fn deprovision(&mut self, now: Duration, id: &str) {
        let due = now + self.lag(timings::DEPROVISION);
        if let Some(task) = self.state.ecs.tasks.get_mut(id) {
            task.last_status = LastStatus::Deprovisioning;
            self.task_step(id, Step::End, due);
        }
    }

    /// The data plane says the process is gone.
    pub(crate) fn exited(&mut self, now: Duration, id: &str, code: i32) {
        let late = now + self.lag(timings::DEREGISTER_AFTER_EXIT);
        let Some(task) = self.state.ecs.tasks.get_mut(id) else { return };
        if matches!(task.last_status, LastStatus::Deprovisioning | LastStatus::Stopped) {
            return;
        }
        task.exit_code = Some(code);
        let service = task.service.clone();
        if !task.stopping {
            task.stopping = true;
            task.stopping_at = Some(now);
            task.stop_code = Some("EssentialContainerExited");
            task.stopped_reason = Some("Essential container in task exited".to_owned());
            let deployment = task.deployment.clone();
            if task.registered {
                self.set_timer(late, Timer::Deregister(id.to_owned()));
            } else {
                task.released = true;
            }
            self.count_failure(now, &service, &deployment);
        } else if task.registered {
            // Killed while still taking requests: the rest of its draining is moot.
            task.released = true;
            self.set_timer(late, Timer::Deregister(id.to_owned()));
        }
        self.deprovision(now, id);
        self.poke(now, &service);
    }

    pub(super) fn end_task(&mut self, now: Duration, id: &str) {
        let Some(task) = self.state.ecs.tasks.get_mut(id) else { return };
        (task.last_status, task.stopped) = (LastStatus::Stopped, Some(now));
        task.released |= !task.registered;
        let (service, ip, over) = (task.service.clone(), task.ip, task.released);
        self.addresses.remove(&ip);
        if over && let Some(it) = self.state.ecs.services.get_mut(&service) {
            it.tasks.remove(id);
        }
        self.task_step(id, Step::Purge, now + Duration::from_secs(timings::VISIBLE_AFTER_STOP));
        self.poke(now, &service);
    }
}
