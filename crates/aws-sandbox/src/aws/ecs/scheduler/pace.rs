//! When the scheduler looks at a service, and how fast it is.

use std::time::Duration;

use super::timings;
use crate::aws::ecs::model::service::Event;
use crate::aws::world::{Timer, World};

impl World {
    /// How fast ECS is, against its default.
    pub(crate) fn pace(&self) -> f64 {
        self.settings.task_start.as_secs_f64() / timings::START
    }

    /// The scheduler looks at a service at once.
    pub(crate) fn poke(&mut self, at: Duration, service: &str) {
        self.set_timer(at, Timer::Service(service.to_owned()));
    }

    /// The scheduler notices an API call a moment later.
    pub(crate) fn react(&mut self, now: Duration, service: &str) {
        let at = now + self.lag(timings::NOTICE);
        self.poke(at, service);
    }

    /// A target changed its health: its task's service may act.
    pub(crate) fn target_changed(&mut self, now: Duration, ip: std::net::Ipv4Addr) {
        let task = self.addresses.get(&ip).and_then(|id| self.state.ecs.tasks.get(id));
        if let Some(service) = task.map(|task| task.service.clone()) {
            self.poke(now, &service);
        }
    }

    /// A share of the time tasks take to start, jittered.
    pub(super) fn share(&mut self, part: f64) -> Duration {
        let jitter = self.dice.between(0.75, 1.25);
        self.settings.task_start.mul_f64(part * jitter)
    }

    /// Between two numbers of seconds at the default pace of ECS.
    pub(crate) fn lag(&mut self, (low, high): (f64, f64)) -> Duration {
        let pace = self.pace();
        self.dice.seconds(low * pace, high * pace)
    }

    /// A service event.
    pub(crate) fn say(&mut self, now: Duration, service: &str, message: String) {
        let id = self.dice.uuid();
        if let Some(it) = self.state.ecs.services.get_mut(service) {
            it.events.push_front(Event { id, at: now, message });
            // "Only the 100 most recent events are displayed":
            // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html
            it.events.truncate(100);
        }
    }
}
