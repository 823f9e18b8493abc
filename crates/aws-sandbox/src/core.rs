//! Holds the world behind one lock, lets time pass in it, and connects it with the data plane.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::aws::World;
use super::clock::Clock;
use super::seam::{Order, Report, RouteTable};

pub struct Core {
    pub clock: Clock,
    locked: Mutex<Locked>,
    /// Something changed that may bring the next wakeup forward.
    poked: Notify,
    /// Wakes calls that a fault holds.
    pub released: Notify,
}

struct Locked {
    world: World,
    orders: mpsc::UnboundedSender<Order>,
    tables: Vec<watch::Sender<Arc<RouteTable>>>,
    /// The world's version when `tables` were last worked out.
    shown: u64,
}

impl Core {
    pub fn new(
        world: World,
        clock: Clock,
        orders: mpsc::UnboundedSender<Order>,
    ) -> (Arc<Self>, Vec<watch::Receiver<Arc<RouteTable>>>) {
        let empty = || watch::channel(Arc::new(RouteTable::default()));
        let (tables, views) = (0..world.nodes()).map(|_| empty()).unzip();
        let locked = Locked { world, orders, tables, shown: u64::MAX };
        let core = Self { clock, locked: Mutex::new(locked), poked: Notify::new(), released: Notify::new() };
        (Arc::new(core), views)
    }

    /// Does something to the world at the present time, and passes on what follows from it.
    pub fn with<T>(&self, act: impl FnOnce(&mut World, Duration) -> T) -> T {
        let mut locked = self.locked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        locked.pass(now);
        let before = locked.world.next_wakeup();
        let result = act(&mut locked.world, now);
        locked.pass(now);
        if locked.world.next_wakeup() != before {
            self.poked.notify_one();
        }
        result
    }

    /// Lets time pass and takes in reports, until stopped.
    pub async fn run(self: Arc<Self>, mut reports: mpsc::UnboundedReceiver<Report>, stop: CancellationToken) {
        let mut batch = Vec::new();
        loop {
            let wakeup = self.with(|world, _| world.next_wakeup());
            let nap = async {
                match wakeup {
                    Some(at) => self.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.poked.notified() => {}
                () = nap => {}
                count = reports.recv_many(&mut batch, 1000) => {
                    if count == 0 {
                        return;
                    }
                    self.with(|world, now| batch.drain(..).for_each(|report| world.report(now, report)));
                }
            }
        }
    }
}

impl Locked {
    fn pass(&mut self, now: Duration) {
        for order in self.world.tick(now) {
            // The other end is gone only while everything stops.
            let _ = self.orders.send(order);
        }
        if self.shown == self.world.version() {
            return;
        }
        self.shown = self.world.version();
        for (node, table) in self.tables.iter().enumerate() {
            let view = self.world.view(node);
            table.send_if_modified(|known| {
                let changed = **known != view;
                if changed {
                    *known = Arc::new(view);
                }
                changed
            });
        }
    }
}
