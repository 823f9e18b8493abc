//! A task's way from PROVISIONING to RUNNING.

use std::time::Duration;

use super::timings;
use crate::aws::ecs::model::task::{LastStatus, Step, Task};
use crate::aws::tags::Tags;
use crate::aws::world::{Timer, World};
use crate::seam::{Order, TaskSpec};

/// 128 and the signal's number, as a shell has it.
const SIGKILLED: i32 = 137;

impl World {
    pub(super) fn task_step(&mut self, id: &str, step: Step, due: Duration) {
        if let Some(task) = self.state.ecs.tasks.get_mut(id) {
            (task.step, task.due) = (step, due);
            task.version += 1;
            self.set_timer(due, Timer::Task(id.to_owned()));
        }
    }

    /// Starts a task of a deployment of a service; its id.
    pub(crate) fn start_task(&mut self, now: Duration, service: &str, deployment: &str) -> Option<String> {
        let (id, attachment) = (self.dice.hex32(), self.dice.uuid());
        let ip = self.free_address();
        let service = self.state.ecs.services.get_mut(service)?;
        let revision = service.deployments.iter().find(|it| it.id == deployment)?.revision.clone();
        let subnets = revision.network["awsvpcConfiguration"]["subnets"].as_array();
        let subnets = subnets.map(Vec::as_slice).unwrap_or_default();
        let index = usize::from(ip.octets()[3]);
        let subnet = subnets.get(index % subnets.len().max(1)).and_then(|it| it.as_str()).map(str::to_owned);
        let zone = self.settings.zone(subnet.as_deref().unwrap_or_default(), index);
        let mut tags = match service.propagate_tags.as_str() {
            "SERVICE" => service.tags.clone(),
            "TASK_DEFINITION" => self
                .state
                .ecs
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
            arn: self.settings.place.ecs(&format!("task/{}/{id}", service.cluster)),
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
            subnet,
            zone,
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
        self.state.ecs.tasks.insert(id.clone(), task);
        let due = now + self.share(0.3);
        self.task_step(&id, Step::Attach, due);
        Some(id)
    }

    /// A task's timer came.
    pub(crate) fn advance_task(&mut self, now: Duration, id: &str) {
        let Some(task) = self.state.ecs.tasks.get_mut(id) else { return };
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
                if let Some(it) = self.state.ecs.services.get_mut(&service) {
                    it.deployments.iter_mut().filter(|it| it.id == deployment).for_each(|it| it.ran = true);
                }
                self.poke(now, &service);
            }
            Step::Deregister => {
                let delay = self.deregister_task(now, id, true);
                let due = match delay {
                    Some(delay) => now + delay + self.lag(timings::POLL),
                    None => now,
                };
                self.task_step(id, Step::Terminate, due);
            }
            Step::Terminate => self.terminate(now, id),
            Step::AwaitExit => self.exited(now, id, SIGKILLED),
            Step::End => self.end_task(now, id),
            Step::Purge => {
                self.state.ecs.tasks.remove(id);
            }
            Step::AwaitStart | Step::Rest => {}
        }
    }

    /// What the data plane is to run; `None` if the task definition is no more.
    pub(super) fn spec(&self, id: &str) -> Option<TaskSpec> {
        let task = self.state.ecs.tasks.get(id)?;
        let definition = self.state.ecs.task_definitions.get(&task.revision.task_definition)?;
        let first = definition.containers.first()?;
        let mut environment = std::collections::BTreeMap::new();
        let mut ports = Vec::new();
        for container in definition.containers.iter().rev() {
            environment.extend(container.environment.clone());
            ports.extend(container.ports.iter().copied());
        }
        ports.sort_unstable();
        ports.dedup();
        if self.state.ecs.suspect(task).is_some_and(|it| self.faults.never_healthy(&it)) {
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
    pub(crate) fn process_started(&mut self, now: Duration, id: &str) {
        let Some(task) = self.state.ecs.tasks.get_mut(id) else { return };
        if task.step == Step::AwaitStart {
            task.last_status = LastStatus::Activating;
            let due = now + self.share(0.2);
            self.task_step(id, Step::Register, due);
        }
    }

    fn register_task(&mut self, now: Duration, id: &str) {
        let Some(task) = self.state.ecs.tasks.get_mut(id) else { return };
        task.registered = !task.revision.load_balancers.is_empty();
        let task = task.clone();
        for binding in &task.revision.load_balancers {
            let known = task.subnet.as_ref().is_some_and(|subnet| self.settings.zones.contains_key(subnet));
            self.register(&binding.group, task.ip, binding.port, known.then_some(task.zone.as_str()));
            let known = self.state.elb.target_groups.contains_key(&binding.group);
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
}
