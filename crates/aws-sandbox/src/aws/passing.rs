//! Time passes in the world, and reports of the data plane come in.

use std::time::Duration;

use super::world::{Timer, World};
use crate::seam::{Order, Report};

impl World {
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
                let suspect = self.addresses.get(&ip).and_then(|id| self.state.ecs.tasks.get(id));
                let suspect = suspect.and_then(|task| self.state.ecs.suspect(task));
                let outcome = self.faults.colour(now, ip, suspect.as_ref(), outcome);
                if self.checked(now, node, &group, (ip, port), outcome) {
                    self.target_changed(now, ip);
                }
            }
            Report::Unserved { .. } => self.traffic.unserved(now, report),
            Report::Served { group, .. } => self.traffic.served(group),
        }
    }
}
