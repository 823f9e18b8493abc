//! The world: the state, and what goes on behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use super::acm::Authority;
use super::elb::model::node_rules::NodeRules;
use super::history::History;
use super::place::Place;
use super::quotas::Limits;
use super::state::State;
use super::traffic::Traffic;
use super::witness::{Change, Witness};
use crate::dice::Dice;
use crate::faults::in_force::Faults;
use crate::journal::Journal;
use crate::seam::Order;

/// What a world is made with.
#[derive(Clone, Debug)]
pub struct Settings {
    pub place: Place,
    pub seed: u64,
    pub nodes: usize,
    pub vpc_id: String,
    /// Availability zones by subnet; others are taken to lie where they are wanted.
    pub zones: BTreeMap<String, String>,
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

impl Settings {
    /// A subnet's zone, or the n-th zone of the region.
    pub fn zone(&self, subnet: &str, index: usize) -> String {
        self.zones.get(subnet).cloned().unwrap_or_else(|| self.place.zone(index))
    }
}

/// What falls due at a time. Handlers look again whether it is still so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    Node(usize),
    Drained(String, Ipv4Addr, u16),
    Task(String),
    Deregister(String),
    Service(String),
}

#[derive(Debug)]
pub struct World {
    pub settings: Settings,
    pub(crate) state: State,
    pub faults: Faults,
    pub journal: Journal,
    /// Told of everything that callers change.
    pub witness: Option<Box<dyn Witness>>,
    pub(crate) authority: Authority,
    pub(super) traffic: Traffic,
    pub(crate) dice: Dice,
    pub(super) timers: BTreeSet<(Duration, Timer)>,
    pub(super) nodes: Vec<NodeRules>,
    pub(super) orders: Vec<Order>,
    /// Of what `view` shows; grows with every change.
    pub(super) version: u64,
    /// Tasks by their addresses.
    pub(super) addresses: BTreeMap<Ipv4Addr, String>,
    next_address: u16,
    pub(super) limits: Limits,
    pub(super) history: History,
    /// Made by the call being answered.
    pub(super) changes: Vec<Change>,
}

impl World {
    pub fn new(settings: Settings) -> Self {
        Self {
            state: State::new(settings.place.clone()),
            faults: Faults::new(settings.seed),
            journal: Journal::default(),
            witness: None,
            authority: Authority::default(),
            traffic: Traffic::default(),
            dice: Dice::new(settings.seed),
            timers: BTreeSet::new(),
            nodes: vec![NodeRules::default(); settings.nodes],
            orders: Vec::new(),
            version: 0,
            addresses: BTreeMap::new(),
            next_address: 0,
            limits: Limits::default(),
            history: History::default(),
            changes: Vec::new(),
            settings,
        }
    }

    /// To be called before any change of the state at `now`.
    pub(super) fn remember(&mut self, now: Duration) {
        self.history.remember(now, self.faults.stale_depth(), &self.state);
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn set_timer(&mut self, at: Duration, timer: Timer) {
        self.timers.insert((at, timer));
    }

    /// An address for a new task. They go round, so that one just left rests for long.
    pub(super) fn free_address(&mut self) -> Ipv4Addr {
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
