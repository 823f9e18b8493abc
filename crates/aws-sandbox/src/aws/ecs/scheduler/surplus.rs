//! Which tasks of a service are one too many.

use std::time::Duration;

use super::counting::Counted;
use crate::aws::ecs::model::deployment::Rollout;
use crate::aws::ecs::model::service::Service;
use crate::aws::world::World;

impl World {
    pub(super) fn stop_surplus(&mut self, now: Duration, service: &Service, counted: &[Counted]) -> u32 {
        let desired = service.desired as usize;
        let minimum =
            (u64::from(service.desired) * u64::from(service.minimum_percent)).div_ceil(100) as usize;
        let limit = (u64::from(service.desired) * u64::from(service.maximum_percent) / 100) as usize;
        let mut healthy = counted.iter().filter(|it| it.healthy).count();
        let new: Vec<&Counted> = counted.iter().filter(|it| it.primary).collect();
        let old: Vec<&Counted> = counted.iter().filter(|it| !it.primary).collect();
        let new_healthy = new.iter().filter(|it| it.healthy).count();
        let mut stop: Vec<&Counted> = Vec::new();

        // Old deployments give way as far as new tasks are healthy, or to make room for them.
        let mut surplus = old.len().saturating_sub(desired.saturating_sub(new_healthy));
        if new.len() < desired && counted.len() >= limit {
            surplus = old.len();
        }
        let failed = service.deployments.first().is_some_and(|it| it.rollout == Rollout::Failed);
        if !(failed && desired > 0) {
            let sick_first = old.iter().filter(|it| !it.healthy).chain(old.iter().filter(|it| it.healthy));
            for it in sick_first.take(surplus) {
                if it.healthy && healthy <= minimum {
                    break;
                }
                healthy -= usize::from(it.healthy);
                stop.push(it);
            }
        }

        // Too many of the new ones: a scale-in, or a sick one whose replacement has come.
        let mut extra = new.len().saturating_sub(desired);
        let sick: Vec<&&Counted> = new.iter().filter(|it| it.sick).collect();
        let replaced = new_healthy >= desired || new.iter().all(|it| it.sick || it.healthy);
        let no_room = !sick.is_empty() && counted.len() >= limit && new.len() <= desired;
        if no_room {
            extra = extra.max(1);
        }
        if desired == 0 || replaced || no_room || sick.is_empty() {
            let order = new.iter().filter(|it| it.sick);
            let order = order.chain(new.iter().filter(|it| !it.sick && !it.running));
            let order = order.chain(new.iter().filter(|it| !it.sick && it.running && !it.healthy));
            let order = order.chain(new.iter().filter(|it| it.healthy));
            stop.extend(order.take(extra).copied());
        }
        if stop.is_empty() {
            return 0;
        }
        let list: Vec<String> = stop.iter().map(|it| format!("(task {})", it.id)).collect();
        let text = format!(
            "(service {}) has stopped {} running tasks: {}.",
            service.name,
            stop.len(),
            list.join(" ")
        );
        self.say(now, &service.arn, text);
        let primary = service.deployments.first().map(|it| it.id.clone()).unwrap_or_default();
        for it in &stop {
            if it.sick {
                self.retire_sick(now, &service.name, &service.arn, &it.id);
            } else {
                self.retire(now, &it.id, format!("Scaling activity initiated by (deployment {primary})"));
            }
        }
        self.poke(now, &service.arn);
        stop.len() as u32
    }
}
