//! One load balancer node: the newest table, and what it keeps from one table to the next.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::backend::Backend;
use super::tls::Offers;
use crate::clock::Clock;
use crate::seam::{self, NodeHealth, Report, RouteTable};

pub(super) struct Node {
    pub id: seam::Node,
    pub address: Ipv4Addr,
    pub clock: Clock,
    pub stop: CancellationToken,
    reports: mpsc::UnboundedSender<Report>,
    table: watch::Receiver<Arc<RouteTable>>,
    view: Mutex<Arc<View>>,
    offers: Offers,
}

/// A table, with a backend for each target in it.
#[derive(Default)]
pub(super) struct View {
    pub table: Arc<RouteTable>,
    groups: HashMap<String, Arc<Group>>,
}

/// What a node remembers of a group.
#[derive(Default)]
pub(super) struct Group {
    pub turn: Arc<AtomicUsize>,
    backends: HashMap<(Ipv4Addr, u16), Arc<Backend>>,
}

impl Node {
    pub fn new(
        id: seam::Node,
        address: Ipv4Addr,
        table: watch::Receiver<Arc<RouteTable>>,
        clock: Clock,
        reports: mpsc::UnboundedSender<Report>,
        stop: CancellationToken,
    ) -> Self {
        let view = Mutex::new(Arc::new(View::default()));
        Self { id, address, clock, stop, reports, table, view, offers: Offers::default() }
    }

    /// The view of the newest table; never an older one than any caller saw before.
    pub fn view(&self) -> Arc<View> {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        // Borrowed under the lock: two callers cannot overtake each other.
        let newest = self.table.borrow().clone();
        if !Arc::ptr_eq(&newest, &view.table) {
            *view = Arc::new(view.next(newest));
        }
        view.clone()
    }

    /// What a port offers in TLS; `None` if it speaks plain HTTP.
    pub fn offer(&self, port: u16) -> Option<Result<Arc<ServerConfig>, String>> {
        let view = self.view();
        let listener = view.table.listeners.iter().find(|listener| listener.port == port)?;
        listener.tls.as_ref().map(|tls| self.offers.of(port, tls))
    }

    pub fn report(&self, report: Report) {
        // Nobody listens any more when the sandbox is on its way out.
        let _ = self.reports.send(report);
    }
}

impl View {
    fn next(&self, table: Arc<RouteTable>) -> Self {
        let mut groups = HashMap::with_capacity(table.groups.len());
        for (arn, group) in &table.groups {
            let known = self.groups.get(arn);
            let mut backends = HashMap::with_capacity(group.targets.len());
            for target in &group.targets {
                let key = (target.ip, target.port);
                let backend = known.and_then(|known| known.backends.get(&key).cloned());
                let backend =
                    backend.unwrap_or_else(|| Arc::new(Backend::new(target.ip, target.port, group.version)));
                match target.health {
                    NodeHealth::Draining => backend.drain(),
                    _ => backend.admit(),
                }
                backends.insert(key, backend);
            }
            let turn = known.map(|known| known.turn.clone()).unwrap_or_else(first_turn);
            groups.insert(arn.clone(), Arc::new(Group { turn, backends }));
        }
        for (arn, group) in &self.groups {
            let still = groups.get(arn).map(|group| &group.backends);
            for (key, backend) in &group.backends {
                if !still.is_some_and(|still| still.contains_key(key)) {
                    backend.gone.cancel();
                    backend.drain();
                }
            }
        }
        Self { table, groups }
    }

    pub fn group(&self, arn: &str) -> Option<&Arc<Group>> {
        self.groups.get(arn)
    }
}

impl Group {
    pub fn backend(&self, ip: Ipv4Addr, port: u16) -> Option<&Arc<Backend>> {
        self.backends.get(&(ip, port))
    }
}

/// Nodes do not start their rounds at the same target.
fn first_turn() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(rand::random_range(0..1000)))
}
