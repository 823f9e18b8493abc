//! Tasks: their life from PROVISIONING to STOPPED, step by step.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::deployments::Revision;
use super::tags::Tags;
use super::{Timer, World};
use crate::seam::{Order, TaskSpec};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastStatus {
    Provisioning,
    Pending,
    Activating,
    Running,
    Deactivating,
    Stopping,
    Deprovisioning,
    Stopped,
}

impl LastStatus {
    pub fn word(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running => "RUNNING",
            Self::Deactivating => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// What happens to a task when its timer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Attach,
    Launch,
    /// Launched; waiting for word of the process.
    AwaitStart,
    Register,
    Run,
    Rest,
    Deregister,
    Terminate,
    /// SIGTERM sent; if no word comes, it counts as gone at the due time.
    AwaitExit,
    End,
    Purge,
}

#[derive(Clone, Debug)]
pub struct Task {
    pub id: String,
    pub arn: String,
    pub cluster: String,
    /// The service's ARN and name.
    pub service: String,
    pub service_name: String,
    pub deployment: String,
    pub revision: Revision,
    pub last_status: LastStatus,
    /// Desired status STOPPED.
    pub stopping: bool,
    /// No longer counted by the scheduler.
    pub released: bool,
    pub ip: Ipv4Addr,
    pub created: Duration,
    pub pull_started: Option<Duration>,
    pub started: Option<Duration>,
    pub stopping_at: Option<Duration>,
    pub stopped: Option<Duration>,
    pub stop_code: Option<&'static str>,
    pub stopped_reason: Option<String>,
    pub exit_code: Option<i32>,
    pub step: Step,
    pub due: Duration,
    pub registered: bool,
    pub tags: Tags,
    /// Of its network interface.
    pub attachment: String,
    pub version: u32,
}

impl World {
    fn task_step(&mut self, id: &str, step: Step, due: Duration) {
        if let Some(task) = self.state.tasks.get_mut(id) {
            (task.step, task.due) = (step, due);
            task.version += 1;
            self.set_timer(due, Timer::Task(id.to_owned()));
        }
    }

    /// A share of the time tasks take to start, jittered.
    fn share(&mut self, part: f64) -> Duration {
        let jitter = self.dice.between(0.75, 1.25);
        self.settings.task_start.mul_f64(part * jitter)
    }

    /// Between two numbers of seconds at the default pace of ECS.
    pub(super) fn lag(&mut self, low: f64, high: f64) -> Duration {
        let pace = self.pace();
        self.dice.seconds(low * pace, high * pace)
    }

    /// Starts a task of a deployment of a service; its id.
    pub(super) fn start_task(&mut self, now: Duration, service: &str, deployment: &str) -> Option<String> {
        let (id, attachment) = (self.dice.hex32(), self.dice.uuid());
        let ip = self.free_address();
        let service = self.state.services.get_mut(service)?;
        let revision = service.deployments.iter().find(|it| it.id == deployment)?.revision.clone();
        let mut tags = match service.propagate_tags.as_str() {
            "SERVICE" => service.tags.clone(),
            "TASK_DEFINITION" => self
                .state
                .task_definitions
                .get(&revision.task_definition)
                .map(|it| it.tags.clone())
                .unwrap_or_default(),
            _ => Tags::new(),
        };
        if service.managed_tags {
            tags.insert("aws:ecs:clusterName".to_owned(), service.cluster.clone());
            tags.insert("aws:ecs:serviceName".to_owned(), service.name.clone());
        }
        let task = Task {
            arn: self.state.place.ecs(&format!("task/{}/{id}", service.cluster)),
            id: id.clone(),
            cluster: service.cluster.clone(),
            service: service.arn.clone(),
            service_name: service.name.clone(),
            deployment: deployment.to_owned(),
            revision,
            last_status: LastStatus::Provisioning,
            stopping: false,
            released: false,
            ip,
            created: now,
            pull_started: None,
            started: None,
            stopping_at: None,
            stopped: None,
            stop_code: None,
            stopped_reason: None,
            exit_code: None,
            step: Step::Attach,
            due: now,
            registered: false,
            tags,
            attachment,
            version: 1,
        };
        service.tasks.insert(id.clone());
        self.addresses.insert(ip, id.clone());
        self.state.tasks.insert(id.clone(), task);
        let due = now + self.share(0.3);
        self.task_step(&id, Step::Attach, due);
        Some(id)
    }

    /// A task's timer came.
    pub(super) fn advance_task(&mut self, now: Duration, id: &str) {
        let Some(task) = self.state.tasks.get_mut(id) else { return };
        if task.due > now {
            return;
        }
        match task.step {
            Step::Attach => {
                task.last_status = LastStatus::Pending;
                task.pull_started = Some(now);
                let due = now + self.share(0.45);
                self.task_step(id, Step::Launch, due);
            }
            Step::Launch => {
                task.step = Step::AwaitStart;
                match self.spec(id) {
                    Some(spec) => self.orders.push(Order::Start(spec)),
                    None => self.exited(now, id, 1),
                }
            }
            Step::Register => {
                self.register_task(now, id);
                let due = now + self.share(0.05);
                self.task_step(id, Step::Run, due);
            }
            Step::Run => {
                (task.last_status, task.started, task.step) = (LastStatus::Running, Some(now), Step::Rest);
                task.version += 1;
                let (service, deployment) = (task.service.clone(), task.deployment.clone());
                if let Some(it) = self.state.services.get_mut(&service) {
                    it.deployments.iter_mut().filter(|it| it.id == deployment).for_each(|it| it.ran = true);
                }
                self.poke(now, &service);
            }
            Step::Deregister => {
                let delay = self.deregister_task(now, id, true);
                let due = match delay {
                    Some(delay) => now + delay + self.lag(1.0, 10.0),
                    None => now,
                };
                self.task_step(id, Step::Terminate, due);
            }
            Step::Terminate => self.terminate(now, id),
            Step::AwaitExit => self.exited(now, id, 137),
            Step::End => self.end_task(now, id),
            Step::Purge => {
                self.state.tasks.remove(id);
            }
            Step::AwaitStart | Step::Rest => {}
        }
    }

    /// What the data plane is to run; `None` if the task definition is no more.
    fn spec(&self, id: &str) -> Option<TaskSpec> {
        let task = self.state.tasks.get(id)?;
        let definition = self.state.task_definitions.get(&task.revision.task_definition)?;
        let first = definition.containers.first()?;
        let mut environment = std::collections::BTreeMap::new();
        let mut ports = Vec::new();
        for container in definition.containers.iter().rev() {
            environment.extend(container.environment.clone());
            ports.extend(container.ports.iter().copied());
        }
        ports.sort_unstable();
        ports.dedup();
        if self.faults.never_healthy(&definition.family, &first.image, &task.service_name) {
            environment.insert("UNHEALTHY".to_owned(), "1".to_owned());
        }
        Some(TaskSpec {
            id: task.id.clone(),
            service: task.service_name.clone(),
            family: definition.family.clone(),
            revision: definition.revision,
            image: first.image.clone(),
            ip: task.ip,
            ports,
            environment,
            stop_timeout: definition.containers.iter().map(|it| it.stop_timeout).max().unwrap_or_default(),
        })
    }

    /// The data plane says the process is up.
    pub(super) fn process_started(&mut self, now: Duration, id: &str) {
        let Some(task) = self.state.tasks.get_mut(id) else { return };
        if task.step == Step::AwaitStart {
            task.last_status = LastStatus::Activating;
            let due = now + self.share(0.2);
            self.task_step(id, Step::Register, due);
        }
    }

    fn register_task(&mut self, now: Duration, id: &str) {
        let Some(task) = self.state.tasks.get_mut(id) else { return };
        task.registered = !task.revision.load_balancers.is_empty();
        let task = task.clone();
        for binding in &task.revision.load_balancers {
            self.register(now, &binding.group, task.ip, binding.port);
            let known = self.state.target_groups.contains_key(&binding.group);
            let name = &task.service_name;
            let text = if known {
                format!("(service {name}) registered 1 targets in (target-group {})", binding.group)
            } else {
                format!(
                    "(service {name}) (task {id}) failed to register targets in (target-group {}) with (error The target group does not exist)",
                    binding.group
                )
            };
            self.say(now, &task.service, text);
        }
    }

    /// The longest deregistration delay, if there was anything to drain.
    pub(super) fn deregister_task(&mut self, now: Duration, id: &str, announce: bool) -> Option<Duration> {
        let task = self.state.tasks.get_mut(id)?;
        if !std::mem::take(&mut task.registered) {
            return None;
        }
        let task = task.clone();
        let mut longest = None;
        for binding in &task.revision.load_balancers {
            let Some(group) = self.state.target_groups.get(&binding.group) else { continue };
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

    fn terminate(&mut self, now: Duration, id: &str) {
        let wait = self.spec(id).map_or(Duration::from_secs(30), |spec| spec.stop_timeout);
        if let Some(task) = self.state.tasks.get_mut(id) {
            task.last_status = LastStatus::Stopping;
            let service = task.service.clone();
            self.orders.push(Order::Terminate { task: id.to_owned() });
            self.task_step(id, Step::AwaitExit, now + wait + Duration::from_secs(60));
            self.poke(now, &service);
        }
    }

    /// The scheduler wants a task gone: deregister, drain, SIGTERM.
    pub(super) fn retire(&mut self, now: Duration, id: &str, reason: String) {
        let due = now + self.lag(7.0, 11.0);
        let Some(task) = self.state.tasks.get_mut(id) else { return };
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
    pub(super) fn stop_at_once(&mut self, now: Duration, id: &str, reason: &str) {
        let late = now + self.lag(5.0, 30.0);
        let Some(task) = self.state.tasks.get_mut(id) else { return };
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
    pub(super) fn deregister_late(&mut self, now: Duration, id: &str) {
        self.deregister_task(now, id, false);
        if let Some(task) = self.state.tasks.get_mut(id) {
            task.released = true;
            let (service, over) = (task.service.clone(), task.last_status == LastStatus::Stopped);
            if over && let Some(it) = self.state.services.get_mut(&service) {
                it.tasks.remove(id);
            }
            self.poke(now, &service);
        }
    }

    fn deprovision(&mut self, now: Duration, id: &str) {
        let due = now + self.lag(8.0, 12.0);
        if let Some(task) = self.state.tasks.get_mut(id) {
            task.last_status = LastStatus::Deprovisioning;
            self.task_step(id, Step::End, due);
        }
    }

    /// The data plane says the process is gone.
    pub(super) fn exited(&mut self, now: Duration, id: &str, code: i32) {
        let late = now + self.lag(10.0, 31.0);
        let Some(task) = self.state.tasks.get_mut(id) else { return };
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

    fn end_task(&mut self, now: Duration, id: &str) {
        let Some(task) = self.state.tasks.get_mut(id) else { return };
        (task.last_status, task.stopped) = (LastStatus::Stopped, Some(now));
        task.released |= !task.registered;
        let (service, ip, over) = (task.service.clone(), task.ip, task.released);
        self.addresses.remove(&ip);
        if over && let Some(it) = self.state.services.get_mut(&service) {
            it.tasks.remove(id);
        }
        self.task_step(id, Step::Purge, now + Duration::from_secs(3600 + 600));
        self.poke(now, &service);
    }
}
