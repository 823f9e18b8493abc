//! A data plane without sockets: tasks that are up or not, health checks, and callers judged at every change.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sandbox::dice::Dice;
use aws_sandbox::in_process::{InProcess, Seam};
use aws_sandbox::seam::{CheckOutcome, NodeHealth, Order, Report, RouteTable, TaskSpec};
use tokio::sync::watch;

use crate::callers::{self, HOST, Met, OFFICE, PUBLIC};

/// An address that callers ask for.
pub struct Site {
    pub port: u16,
    pub host: String,
    /// Since when a node that has sent a caller once must always do so.
    pub promised: Option<Duration>,
    /// Callers at nodes that have been sent once.
    sent: [bool; 4],
}

impl Site {
    pub fn new(port: u16, host: &str) -> Site {
        Site { port, host: host.to_owned(), promised: None, sent: [false; 4] }
    }
}

/// What was seen so far.
#[derive(Default)]
pub struct Seen {
    /// Nobody is promised anything any more.
    pub destroying: bool,
    pub sites: Vec<Site>,
    pub failed: Vec<String>,
    /// Further ports that callers may come by. Who meets no rule at one of them tries the next.
    pub ports: Vec<u16>,
    /// Callers at a group without a healthy target, though answered.
    pub open: Vec<String>,
    /// Sides by caller since last asked.
    pub sides: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Judgements passed: a caller at a node after a change.
    pub judged: u64,
}

pub type Shared = Arc<Mutex<Seen>>;

struct Process {
    spec: TaskSpec,
    accepts: bool,
}

struct Plane {
    sandbox: InProcess,
    seam: Seam,
    seen: Shared,
    dice: Dice,
    processes: BTreeMap<String, Process>,
    /// When a target is next checked by a node.
    due: BTreeMap<(usize, String, Ipv4Addr, u16), Duration>,
    exits: VecDeque<(Duration, String, i32)>,
}

/// With callers of one service. Runs until the runtime ends.
pub fn start(sandbox: &InProcess, seam: Seam, seed: u64) -> Shared {
    let site = Site::new(sandbox.listeners.production.port, HOST);
    watch(sandbox, seam, seed, vec![Site { promised: Some(Duration::ZERO), ..site }])
}

/// With callers at `sites`; of the sides that are met, those at the first are told.
pub fn watch(sandbox: &InProcess, seam: Seam, seed: u64, sites: Vec<Site>) -> Shared {
    let seen = Arc::new(Mutex::new(Seen { sites, ..Seen::default() }));
    let plane = Plane {
        sandbox: sandbox.clone(),
        seam,
        seen: seen.clone(),
        dice: Dice::new(seed ^ 0xDA7A),
        processes: BTreeMap::new(),
        due: BTreeMap::new(),
        exits: VecDeque::new(),
    };
    tokio::spawn(plane.run());
    seen
}

async fn changed(views: &mut [watch::Receiver<Arc<RouteTable>>]) {
    let [one, two] = views else { return std::future::pending().await };
    tokio::select! { biased; _ = one.changed() => {}, _ = two.changed() => {} }
}

impl Plane {
    async fn run(mut self) {
        loop {
            let now = self.now();
            let next = self.due.values().chain(self.exits.iter().map(|(at, ..)| at)).min().copied();
            let nap = next.map_or(Duration::from_secs(3600), |at| at.saturating_sub(now));
            tokio::select! {
                biased;
                order = self.seam.orders.recv() => match order {
                    Some(order) => self.order(order),
                    None => return,
                },
                () = changed(&mut self.seam.views) => {}
                () = tokio::time::sleep(nap + Duration::from_millis(1)) => {}
            }
            while let Ok(order) = self.seam.orders.try_recv() {
                self.order(order);
            }
            self.exit();
            self.check();
            self.judge();
        }
    }

    fn now(&self) -> Duration {
        self.sandbox.with(|_, now| now)
    }

    fn report(&self, report: Report) {
        let _ = self.seam.reports.send(report);
    }

    fn order(&mut self, order: Order) {
        let now = self.now();
        match order {
            Order::Start(spec) => {
                let task = spec.id.clone();
                self.report(Report::Started { task: task.clone() });
                let crashes = spec.environment.contains_key("EXIT_ON_START");
                if crashes {
                    self.exits.push_back((now + Duration::from_millis(300), task.clone(), 1));
                }
                self.processes.insert(task, Process { spec, accepts: !crashes });
            }
            Order::Terminate { task } => {
                let at = now + self.dice.seconds(0.05, 2.0);
                self.end(&task, at, 0);
            }
            Order::Kill { task } => self.end(&task, now, 137),
        }
    }

    fn end(&mut self, task: &str, at: Duration, code: i32) {
        if let Some(process) = self.processes.get_mut(task) {
            process.accepts = false;
            self.exits.push_back((at, task.to_owned(), code));
        }
    }

    fn exit(&mut self) {
        let now = self.now();
        let (over, left): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.exits).into_iter().partition(|(at, ..)| *at <= now);
        self.exits = left;
        for (_, task, code) in over {
            if self.processes.remove(&task).is_some() {
                self.report(Report::Exited { task, code });
            }
        }
    }

    fn at(&self, ip: Ipv4Addr) -> Option<&Process> {
        self.processes.values().find(|process| process.spec.ip == ip)
    }

    fn check(&mut self) {
        let now = self.now();
        let mut due = BTreeMap::new();
        for node in 0..self.seam.views.len() {
            let table = self.seam.views[node].borrow_and_update().clone();
            for (arn, group) in &table.groups {
                let interval = group.health_check.interval;
                for target in group.targets.iter().filter(|target| target.health != NodeHealth::Draining) {
                    let key = (node, arn.clone(), target.ip, target.port);
                    let mut first = || now + interval.mul_f64(0.1) + self.dice.seconds(0.0, 2.0);
                    let mut at = self.due.get(&key).copied().unwrap_or_else(&mut first);
                    if at <= now {
                        let outcome = match self.at(target.ip) {
                            Some(it) if it.accepts && it.spec.environment.contains_key("UNHEALTHY") => {
                                CheckOutcome::Mismatch(500)
                            }
                            Some(it) if it.accepts => CheckOutcome::Passed,
                            _ => CheckOutcome::Failed,
                        };
                        let (group, ip, port) = (arn.clone(), target.ip, target.port);
                        self.report(Report::Checked { node, group, ip, port, outcome });
                        at += interval;
                    }
                    due.insert(key, at);
                }
            }
        }
        self.due = due;
    }

    /// What each caller would meet at each node now.
    fn judge(&mut self) {
        let shared = self.seen.clone();
        let mut seen = shared.lock().unwrap();
        let mut sites = std::mem::take(&mut seen.sites);
        for (number, site) in sites.iter_mut().enumerate() {
            self.judge_at(site, number == 0, &mut seen);
        }
        seen.sites = sites;
    }

    fn judge_at(&self, site: &mut Site, first: bool, seen: &mut Seen) {
        let callers = [("public", PUBLIC), ("office", OFFICE)];
        for (index, (node, (name, source))) in
            (0..2).flat_map(|node| callers.map(|caller| (node, caller))).enumerate()
        {
            let table = self.seam.views[node].borrow().clone();
            let further = if first { seen.ports.clone() } else { Vec::new() };
            let ports = std::iter::once(site.port).chain(further);
            let mut all: Vec<Met> =
                ports.map(|port| callers::meet(&table, port, &site.host, source)).collect();
            all.sort_by_key(|met| *met == Met::Nobody);
            // What any of them meets is judged, and nobody only where all of them do.
            let far = all.iter().skip(1).filter(|met| **met != Met::Nobody).count();
            all.truncate(1 + far);
            for met in all {
                self.judged(site, seen, index, (node, name), &met);
                if first {
                    seen.sides.entry(name).or_default().extend(callers::sides(&met));
                }
            }
        }
    }

    fn judged(&self, site: &mut Site, seen: &mut Seen, index: usize, who: (usize, &str), met: &Met) {
        let now = self.now();
        let promised = !seen.destroying && site.promised.is_some_and(|since| since <= now);
        seen.judged += 1;
        let complaint = match met {
            Met::Nobody => (site.sent[index] && promised).then(|| "meets no rule".to_owned()),
            Met::Refused(why) => Some(why.clone()),
            Met::Sent(groups) => groups.iter().find_map(|(arn, targets)| {
                let group = arn.split('/').nth(1).unwrap_or_default();
                if targets.is_empty() {
                    return Some(format!("finds no target in {group}"));
                }
                let dead = targets.iter().find(|target| {
                    !self.processes.values().any(|it| it.spec.ip == target.ip && it.accepts)
                })?;
                Some(format!("is sent to {} of {group}, which does not answer", dead.ip))
            }),
        };
        let (node, name) = who;
        let who = format!("{:.2} s: {name} of {} at node {node}", now.as_secs_f64(), site.host);
        if let Some(complaint) = complaint {
            seen.failed.push(format!("{who} {complaint}"));
        }
        if let Met::Sent(groups) = met
            && groups.iter().any(|(_, targets)| targets.iter().any(|it| it.health != NodeHealth::Healthy))
        {
            seen.open.push(format!("{who} is at a group without a healthy target"));
        }
        site.sent[index] = promised && (site.sent[index] || matches!(met, Met::Sent(_)));
    }
}
