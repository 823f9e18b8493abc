//! A small pure world: two sides, their tasks and rules, time in ticks. It shares no code with the planner's own
//! idea of effects.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bluegreen_provider::bluegreen::layout::{Layout, same_task_definition};
use bluegreen_provider::bluegreen::observed::{
    Group, Observed, Rollout, Service, ServiceStatus, Standing, Target, TargetHealth,
};
use bluegreen_provider::bluegreen::routing::{Forward, Matches, Rule, Sends};
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
    pub production: Option<Rule>,
    pub canary: Vec<Rule>,
    pub test: Option<Rule>,
    pub parking: Option<Rule>,
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

    fn rules(&self) -> Vec<Rule> {
        let all = self.production.iter().chain(&self.canary).chain(&self.test).chain(&self.parking);
        all.filter(|rule| !rule.matches.parked()).cloned().collect()
    }

    /// Some node may send somebody to `side` right now.
    pub fn reached(&self, side: Side) -> bool {
        let old = self.old.iter().flat_map(|(rules, _)| rules);
        self.rules().iter().chain(old).any(|rule| rule.sends.reaches(side))
    }

    /// The newest rules send somebody to `side`.
    pub fn routed(&self, side: Side) -> bool {
        self.rules().iter().any(|rule| rule.sends.reaches(side))
    }

    pub fn reroute(&mut self, change: impl FnOnce(&mut World)) {
        let before = self.rules();
        self.old.push((before, self.now + LAG));
        change(self);
    }

    pub fn look(&self) -> Observed {
        Observed {
            production: self.production.clone(),
            canary: self.canary.clone(),
            test: self.test.clone(),
            parking: self.parking.clone(),
            sides: Pair::from_fn(|side| self.standing(side)),
            ..Observed::default()
        }
    }

    fn standing(&self, side: Side) -> Standing {
        let place = &self.sides[side];
        let associated =
            place.group.is_some()
                && self.production.iter().chain(&self.parking).any(
                    |rule| matches!(&rule.sends, Sends::Forward(forward) if forward.ours[side].is_some()),
                );
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
                    ours: true,
                    sticky: false,
                    targets: Vec::new(),
                });
            }
            Step::CreateProduction => {
                let rule = self.rule(
                    layout.production_priority,
                    layout.parked_matches(),
                    Sends::both(layout.public),
                    layout.tags_for("production"),
                );
                self.production = Some(rule);
            }
            Step::Park => {
                let rule = self.rule(
                    999,
                    layout.parked_matches(),
                    Sends::both(layout.public),
                    layout.tags_for("parking"),
                );
                self.parking = Some(rule);
            }
            Step::Unpark { .. } => self.parking = None,
            Step::Attach => {
                let rule = self.production.as_mut().unwrap();
                if let Sends::Forward(Forward { ours, .. }) = &mut rule.sends {
                    for side in Side::BOTH {
                        ours[side].get_or_insert(0);
                    }
                }
            }
            Step::CreateService { side, count } => {
                assert!(
                    self.production.is_some() || self.parking.is_some(),
                    "ECS refuses a group no rule refers to"
                );
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
            Step::Route { to } | Step::Return { to } => {
                let matches = layout.production_matches.clone();
                self.reroute(|world| {
                    let rule = world.production.as_mut().unwrap();
                    rule.matches = matches;
                    rule.sends = Sends::both(*to);
                });
            }
            Step::OpenCanary { side, priority, sources } => {
                let rule = self.rule(
                    *priority,
                    layout.canary_matches(sources.clone()),
                    Sends::single(*side),
                    layout.tags_for("canary"),
                );
                self.reroute(|world| {
                    world.canary.push(rule);
                    world.canary.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
                });
            }
            Step::ChangeCanary { id, side, sources, .. } => self.reroute(|world| {
                let rule = world.canary.iter_mut().find(|rule| rule.id == *id).unwrap();
                rule.matches = layout.canary_matches(sources.clone());
                rule.sends = Sends::single(*side);
            }),
            Step::CloseCanary { id, .. } => self.reroute(|world| world.canary.retain(|rule| rule.id != *id)),
            Step::OpenTest { side } | Step::ChangeTest { side, .. } => {
                let test = layout.test.as_ref().unwrap();
                let mut rule = self.rule(
                    test.priority,
                    test.matches.clone(),
                    Sends::single(*side),
                    layout.tags_for("test"),
                );
                rule.id =
                    format!("{}/{}", test.listener.replacen(":listener/", ":listener-rule/", 1), rule.id);
                self.reroute(|world| world.test = Some(rule));
            }
            Step::CloseTest { .. } => self.reroute(|world| world.test = None),
            Step::SetPriorities { to } => {
                let to: BTreeMap<_, _> = to.iter().cloned().collect();
                for rule in self.production.iter_mut().chain(&mut self.canary).chain(&mut self.test) {
                    rule.priority = to.get(&rule.id).copied().unwrap_or(rule.priority);
                }
            }
            Step::DeleteProduction { .. } => self.reroute(|world| world.production = None),
            Step::DeleteService { side } => {
                let deployed = self.sides[*side].service.as_mut().unwrap();
                deployed.tasks.clear();
                deployed.service.status = ServiceStatus::Draining;
            }
            Step::DeleteGroup { side } => self.sides[*side].group = None,
            Step::Tag { object } => self.tag(object, layout),
            Step::ConfigureGroup { .. } | Step::Configure { .. } => {
                panic!("nothing here differs in settings")
            }
            Step::Await { .. } | Step::AwaitGone { .. } | Step::Hold { .. } => panic!("a wait was performed"),
        }
    }

    fn tag(&mut self, object: &Object, layout: &Layout) {
        let Object::Rule(id, role) = object else { panic!("only rules lose tags here") };
        for rule in self.production.iter_mut().chain(&mut self.canary).filter(|rule| rule.id == *id) {
            rule.tags = layout.tags_for(role);
        }
    }

    fn rule(
        &mut self,
        priority: u32,
        matches: Matches,
        sends: Sends,
        tags: BTreeMap<String, String>,
    ) -> Rule {
        self.next_rule += 1;
        Rule { id: format!("rule-{}", self.next_rule), priority, matches, sends, tags, ours: true }
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
            rollout: if desired == 0 { Rollout::Completed } else { Rollout::InProgress },
            settings: layout.service.clone(),
            tags: layout.tags_for(side.name()),
            ours: true,
            tasks: BTreeSet::new(),
            remarks: Vec::new(),
        };
        Deployed { service, tasks: Vec::new(), completed: None, trying: 0 }
    }

    fn deploy(&mut self, definition: &str, count: u32) {
        self.service.task_definition = definition.to_owned();
        self.service.rollout = if count == 0 { Rollout::Completed } else { Rollout::InProgress };
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
            if self.service.rollout == Rollout::InProgress {
                self.service.rollout = Rollout::Completed;
            }
            self.completed = Some(wished.clone());
        } else if self.service.rollout == Rollout::InProgress {
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
            _ => self.service.rollout = Rollout::Failed("tasks failed to start".to_owned()),
        }
    }
}

fn address(side: Side, task: &Task) -> String {
    format!("{}-{}:80", side.name(), task.number)
}
