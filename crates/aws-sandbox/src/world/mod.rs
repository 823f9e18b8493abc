//! The pure world: everything ECS and ELBv2 know and do, with time and reports passed in and
//! orders and views passed out. No IO, no tokio; the same seed and inputs give the same world.

mod actions;
pub mod arn;
mod attributes;
mod clusters;
mod conditions;
mod deployments;
pub mod dice;
pub mod error;
pub mod faults;
mod history;
pub mod journal;
mod limits;
mod listeners;
mod load_balancers;
mod nodes;
mod operations;
mod pages;
pub mod params;
mod rules;
mod scheduler;
mod service_changes;
mod service_spec;
mod services;
mod snapshot;
mod state;
mod tags;
mod target_groups;
mod targets;
mod task_answers;
mod task_definitions;
mod tasks;
mod verdicts;
pub mod violations;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use arn::Place;
use dice::Dice;
use faults::Faults;
use history::History;
use journal::Journal;
use limits::Limits;
use nodes::NodeRules;
pub use operations::Request;
pub use state::State;
pub use verdicts::Verdict;
use violations::Violations;

use super::seam::{Order, Report};

/// What a world is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    pub place: Place,
    pub seed: u64,
    pub nodes: usize,
    pub vpc_id: String,
    /// Longest time a rule change takes to reach a node.
    pub propagation: Duration,
    /// From "has started" to RUNNING, about; also the pace of ECS's other delays.
    pub task_start: Duration,
    pub enforce_rate_limits: bool,
    pub rules_per_load_balancer: usize,
    pub groups_per_load_balancer: usize,
    /// Second octet of the tasks' addresses, 127.N.x.y.
    pub network: u8,
}

/// What falls due at a time. Handlers look again whether it is still so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Node(usize),
    Drained(String, Ipv4Addr, u16),
    Task(String),
    Deregister(String),
    Service(String),
}

#[derive(Debug)]
pub struct World {
    pub settings: Settings,
    pub state: State,
    pub faults: Faults,
    pub journal: Journal,
    pub violations: Violations,
    dice: Dice,
    timers: BTreeSet<(Duration, Timer)>,
    nodes: Vec<NodeRules>,
    orders: Vec<Order>,
    /// Of what `view` shows; grows with every change.
    version: u64,
    /// Tasks by their addresses.
    addresses: BTreeMap<Ipv4Addr, String>,
    next_address: u16,
    limits: Limits,
    history: History,
    /// The call being answered.
    current: Option<u64>,
}

impl World {
    pub fn new(settings: Settings) -> Self {
        Self {
            state: State::new(settings.place.clone()),
            faults: Faults::new(settings.seed),
            journal: Journal::default(),
            violations: Violations::default(),
            dice: Dice::new(settings.seed),
            timers: BTreeSet::new(),
            nodes: vec![NodeRules::default(); settings.nodes],
            orders: Vec::new(),
            version: 0,
            addresses: BTreeMap::new(),
            next_address: 0,
            limits: Limits::default(),
            history: History::default(),
            current: None,
            settings,
        }
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    fn set_timer(&mut self, at: Duration, timer: Timer) {
        self.timers.insert((at, timer));
    }

    /// When `tick` next has something to do; `None` if only calls and reports can change the world.
    pub fn next_wakeup(&self) -> Option<Duration> {
        let timer = self.timers.first().map(|(at, _)| *at);
        timer.into_iter().chain(self.faults.next_wakeup()).min()
    }

    /// Lets time pass up to `now`, and takes what the data plane is to do.
    pub fn tick(&mut self, now: Duration) -> Vec<Order> {
        while self.timers.first().is_some_and(|(at, _)| *at <= now) {
            let Some((at, timer)) = self.timers.pop_first() else { break };
            self.remember(at);
            match timer {
                Timer::Node(node) => self.arrived(at, node),
                Timer::Drained(group, ip, port) => self.drained(at, &group, ip, port),
                Timer::Task(id) => self.advance_task(at, &id),
                Timer::Deregister(id) => self.deregister_late(at, &id),
                Timer::Service(arn) => self.schedule(at, &arn),
            }
        }
        self.faults.expire(now);
        std::mem::take(&mut self.orders)
    }

    /// Takes in what the data plane reports.
    pub fn report(&mut self, now: Duration, report: Report) {
        match report {
            Report::Started { task } => {
                self.remember(now);
                self.process_started(now, &task);
            }
            Report::Exited { task, code } => {
                self.remember(now);
                self.exited(now, &task, code);
            }
            Report::Checked { node, group, ip, port, outcome } => {
                self.checked(now, node, &group, (ip, port), outcome);
            }
            Report::Unserved { .. } => self.violations.unserved(now, report),
            Report::Served { group, .. } => self.violations.served(group),
        }
    }

    /// An address for a new task. They go round, so that one just left rests for long.
    fn free_address(&mut self) -> Ipv4Addr {
        // Third octets 250 and up are for nodes and callers.
        for _ in 0..u16::MAX {
            let [high, low] = self.next_address.to_be_bytes();
            self.next_address = self.next_address.wrapping_add(1);
            let ip = Ipv4Addr::new(127, self.settings.network, high, low);
            if high < 250 && low != 0 && low != 255 && !self.addresses.contains_key(&ip) {
                return ip;
            }
        }
        Ipv4Addr::new(127, self.settings.network, 249, 254)
    }
}
