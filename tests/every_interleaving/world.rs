//! A small pure world: two sides, their tasks and rules, time in ticks. It shares no code with the planner's own
//! idea of effects.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bluegreen_provider::bluegreen::layout::{Layout, same_task_definition};
use bluegreen_provider::bluegreen::observed::{
    Deployment, Group, Observed, Service, ServiceStatus, Standing, Target, TargetHealth,
};
use bluegreen_provider::bluegreen::owned::Mark;
use bluegreen_provider::bluegreen::routing::{Role, Rule, Sends};
use bluegreen_provider::bluegreen::side::{Pair, Side};
use bluegreen_provider::bluegreen::step::{Object, Step};

/// Ticks a new task needs to become healthy, a load balancer node may lag behind a rule change, and a bad
/// deployment takes to be given up.
const WARM_UP: u32 = 2;
pub const LAG: u64 = 2;
const GIVE_UP: u32 = 9;
/// The task definition whose tasks never get healthy.
pub const BAD: &str = "app:666";

#[derive(Clone, Debug, Default)]
pub struct World {
    pub now: u64,
    pub sides: Pair<Place>,
    pub rules: Vec<Rule>,
    /// Rules as they were before, and until when some node may still follow them.
    old: Vec<(Vec<Rule>, u64)>,
    next_task: u32,
    next_rule: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Place {
    pub group: Option<Group>,
    pub service: Option<Deployed>,
}

#[derive(Clone, Debug)]
pub struct Deployed {
    pub service: Service,
    pub tasks: Vec<Task>,
    /// What the circuit breaker goes back to.
    completed: Option<String>,
    trying: u32,
}

#[derive(Clone, Debug)]
pub struct Task {
    number: u32,
    definition: String,
    age: u32,
    pub ill: bool,
}

impl Task {
    fn healthy(&self) -> bool {
        self.age >= WARM_UP && !self.ill && self.definition != BAD
    }
}

impl World {
    pub fn tick(&mut self) {
        self.now += 1;
        let now = self.now;
        self.old.retain(|(_, until)| *until > now);
        for side in Side::BOTH {
            let next_task = &mut self.next_task;
            if let Some(deployed) = &mut self.sides[side].service {
                deployed.tick(next_task);
                if deployed.service.status == ServiceStatus::Draining {
                    self.sides[side].service = None;
                }
            }
        }
    }

    pub fn time(&self) -> Duration {
        Duration::from_secs(self.now)
    }

    pub fn healthy(&self, side: Side) -> usize {
        self.sides[side].service.as_ref().map_or(0, |d| d.tasks.iter().filter(|t| t.healthy()).count())
    }

    /// The rules as some node or other may know them.
    pub fn views(&self) -> Vec<&[Rule]> {
        let old = self.old.iter().map(|(rules, _)| rules.as_slice());
        old.chain([self.rules.as_slice()]).collect()
    }

    fn serving(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| !rule.matches.parked())
    }

    pub fn has(&self, role: Role) -> bool {
        self.rules.iter().any(|rule| rule.role == role)
    }

    /// What somebody does by hand to rules of one role.
    pub fn edit(&mut self, role: Role, change: impl Fn(&mut Rule)) {
        self.reroute(|world| world.rules.iter_mut().filter(|rule| rule.role == role).for_each(change));
    }

    /// Some node may send somebody to `side` right now.
    pub fn reached(&self, side: Side) -> bool {
        let old = self.old.iter().flat_map(|(rules, _)| rules);
        self.serving().chain(old).any(|rule| rule.sends.reaches(side))
    }

    /// The newest rules send somebody to `side`.
    pub fn routed(&self, side: Side) -> bool {
        self.serving().any(|rule| rule.sends.reaches(side))
    }

    pub fn reroute(&mut self, change: impl FnOnce(&mut World)) {
        let before = self.serving().cloned().collect();
        self.old.push((before, self.now + LAG));
        change(self);
    }

    pub fn look(&self) -> Observed {
        let sides = Pair::from_fn(|side| self.standing(side));
        let mut observed = Observed { rules: self.rules.clone(), sides, ..Observed::default() };
        observed.sort_rules();
        observed
    }

    fn standing(&self, side: Side) -> Standing {
        let place = &self.sides[side];
        let associated = place.group.is_some()
            && self
                .rules
                .iter()
                .any(|rule| matches!(&rule.sends, Sends::Forward(forward) if forward.ours[side].is_some()));
        let service = place.service.as_ref().map(|deployed| Service {
            running: u32::try_from(deployed.tasks.len()).unwrap(),
            tasks: deployed.tasks.iter().map(|task| address(side, task)).collect(),
            ..deployed.service.clone()
        });
        let targets = place.service.iter().flat_map(|deployed| &deployed.tasks).map(|task| Target {
            address: address(side, task),
            health: match (associated, task.healthy()) {
                (false, _) => TargetHealth::Unused,
                (true, true) => TargetHealth::Healthy,
                (true, false) if task.ill => TargetHealth::Unhealthy,
                (true, false) => TargetHealth::Initial,
            },
            reason: String::new(),
        });
        let group = place.group.as_ref().map(|group| Group { targets: targets.collect(), ..group.clone() });
        Standing { service, group }
    }

    pub fn perform(&mut self, step: &Step, layout: &Layout) {
        match step {
            Step::CreateGroup { side } => {
                self.sides[*side].group = Some(Group {
                    id: format!("group-{side}"),
                    settings: layout.group.clone(),
                    tags: layout.tags_for(side.name()),
                    mark: Mark::Held,
                    sticky: false,
                    targets: Vec::new(),
                });
            }
            Step::CreateRule(to) => {
                self.next_rule += 1;
                let listener = to.listener.replacen(":listener/", ":listener-rule/", 1);
                let rule = Rule {
                    id: format!("{listener}/{}", self.next_rule),
                    role: to.role,
                    priority: to.priority,
                    matches: to.matches.clone(),
                    carried: to.carried.clone(),
                    sends: to.sends.clone(),
                    tags: layout.tags_for(to.role.name()),
                    mark: Mark::Held,
                };
                self.reroute(|world| world.rules.push(rule));
            }
            Step::ChangeRule { id, to, .. } => self.reroute(|world| {
                let rule = world.rules.iter_mut().find(|rule| rule.id == *id).unwrap();
                (rule.matches, rule.carried) = (to.matches.clone(), to.carried.clone());
                rule.sends = to.sends.clone();
            }),
            Step::DeleteRule { id, .. } => self.reroute(|world| world.rules.retain(|rule| rule.id != *id)),
            Step::Reorder { to } => {
                let to: BTreeMap<_, _> = to.iter().cloned().collect();
                for rule in &mut self.rules {
                    rule.priority = to.get(&rule.id).copied().unwrap_or(rule.priority);
                }
            }
            Step::CreateService { side, count } => {
                let attached = self.has(Role::Production) || self.has(Role::Parking);
                assert!(attached, "ECS refuses a group no rule refers to");
                if self.sides[*side].service.is_none() {
                    self.sides[*side].service = Some(Deployed::new(*side, *count, layout));
                }
            }
            Step::Start { side, to: count } | Step::Deploy { side, count } => {
                let deployed = self.sides[*side].service.as_mut().unwrap();
                deployed.deploy(&layout.sides[*side].task_definition, *count);
            }
            Step::Raise { side, to, .. } | Step::Lower { side, to, .. } => {
                self.sides[*side].service.as_mut().unwrap().scale(*to);
            }
            Step::DeleteService { side } => {
                let deployed = self.sides[*side].service.as_mut().unwrap();
                deployed.tasks.clear();
                deployed.service.status = ServiceStatus::Draining;
            }
            Step::DeleteGroup { side } => self.sides[*side].group = None,
            Step::Tag { object } => self.tag(object, layout),
            Step::Renew { .. } => panic!("nothing here is being created for others to see"),
            Step::ConfigureGroup { .. } | Step::Configure { .. } => {
                panic!("nothing here differs in settings")
            }
            Step::Await(_) => panic!("a wait was performed"),
        }
    }

    fn tag(&mut self, object: &Object, layout: &Layout) {
        let (id, role) = match object {
            Object::Rule(id, role) => (id, role),
            Object::Group(side) => {
                let tags = layout.over(&self.look()).group_tags(*side);
                self.sides[*side].group.as_mut().unwrap().tags = tags;
                return;
            }
            Object::Service(_) => panic!("no service loses its tags here"),
        };
        for rule in self.rules.iter_mut().filter(|rule| rule.id == *id) {
            rule.tags = layout.tags_for(role.name());
        }
    }
}

impl Deployed {
    fn new(side: Side, desired: u32, layout: &Layout) -> Self {
        let service = Service {
            id: format!("service-{side}"),
            status: ServiceStatus::Active,
            desired,
            running: 0,
            task_definition: layout.sides[side].task_definition.clone(),
            deployment: if desired == 0 { Deployment::Completed } else { Deployment::InProgress },
            settings: layout.service[side].clone(),
            moved_by: None,
            tags: layout.tags_for(side.name()),
            mark: Mark::Held,
            groups: BTreeSet::new(),
            tasks: BTreeSet::new(),
            remarks: Vec::new(),
        };
        Deployed { service, tasks: Vec::new(), completed: None, trying: 0 }
    }

    fn deploy(&mut self, definition: &str, count: u32) {
        self.service.task_definition = definition.to_owned();
        self.service.deployment = if count == 0 { Deployment::Completed } else { Deployment::InProgress };
        self.trying = 0;
        self.scale(count);
    }

    pub fn scale(&mut self, count: u32) {
        self.service.desired = count;
        // The worst case: what is stopped is gone at once.
        self.tasks.truncate(usize::try_from(count).unwrap());
    }

    fn tick(&mut self, next_task: &mut u32) {
        for task in &mut self.tasks {
            task.age += 1;
        }
        let desired = usize::try_from(self.service.desired).unwrap();
        let wished = self.service.task_definition.clone();
        let right = |task: &Task| same_task_definition(&task.definition, &wished);
        if self.tasks.iter().filter(|t| right(t) && t.healthy()).count() >= desired {
            self.tasks.retain(right);
            self.tasks.truncate(desired);
            if self.service.deployment == Deployment::InProgress {
                self.service.deployment = Deployment::Completed;
            }
            self.completed = Some(wished.clone());
        } else if self.service.deployment == Deployment::InProgress {
            self.trying += 1;
            if self.trying >= GIVE_UP {
                self.give_up(right);
            }
        }
        // Ill tasks are replaced.
        self.tasks.retain(|task| !(task.ill && task.age > WARM_UP + 3));
        let wished = &self.service.task_definition;
        let missing = desired.saturating_sub(
            self.tasks.iter().filter(|t| same_task_definition(&t.definition, wished)).count(),
        );
        for _ in 0..missing {
            *next_task += 1;
            self.tasks.push(Task { number: *next_task, definition: wished.clone(), age: 0, ill: false });
        }
    }

    fn give_up(&mut self, right: impl Fn(&Task) -> bool) {
        match &self.completed {
            Some(old) if !same_task_definition(old, &self.service.task_definition) => {
                self.tasks.retain(|task| !right(task));
                self.service.task_definition = old.clone();
                self.trying = 0;
            }
            _ => self.service.deployment = Deployment::Failed("tasks failed to start".to_owned()),
        }
    }
}

fn address(side: Side, task: &Task) -> String {
    format!("{}-{}:80", side.name(), task.number)
}
