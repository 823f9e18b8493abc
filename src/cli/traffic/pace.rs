//! An open load: requests are due at a rate, whether or not the last ones have been answered.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often, and how many may be waiting for an answer at the same time.
pub struct Pace {
    pub per_second: f64,
    pub in_flight: usize,
}

impl Pace {
    /// Spawns `once` at the rate until stopped, then waits for those still running. `skip` is called
    /// instead while too many are.
    pub async fn keep<F>(self, stop: CancellationToken, once: impl Fn() -> F, skip: impl Fn())
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Ok(pause) = Duration::try_from_secs_f64(1.0 / self.per_second) else { return };
        let mut due = tokio::time::interval(pause.max(Duration::from_micros(100)));
        due.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let waiting = TaskTracker::new();
        while stop.run_until_cancelled(due.tick()).await.is_some() {
            match waiting.len() < self.in_flight {
                true => drop(waiting.spawn(once())),
                false => skip(),
            }
        }
        waiting.close();
        waiting.wait().await;
    }
}
