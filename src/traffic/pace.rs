//! An open load: requests are due at a rate, whether or not the last ones have been answered. What fell due while
//! the asking process itself stood still is forgotten: nobody would have been hurt.

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
        due.set_missed_tick_behavior(MissedTickBehavior::Skip);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_fell_due_during_a_stall_is_not_made_up_for() {
        let (asked, skipped) = (AtomicU32::new(0), AtomicU32::new(0));
        let stop = CancellationToken::new();
        let keep = Pace { per_second: 10.0, in_flight: 4 }.keep(
            stop.clone(),
            || {
                asked.fetch_add(1, Ordering::Relaxed);
                std::future::ready(())
            },
            || {
                skipped.fetch_add(1, Ordering::Relaxed);
            },
        );
        let stall = async {
            tokio::time::sleep(Duration::from_millis(1050)).await;
            tokio::time::advance(Duration::from_secs(60)).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.cancel();
        };
        tokio::join!(keep, stall);
        assert_eq!(skipped.into_inner(), 0);
        assert!((20..=23).contains(&asked.into_inner()));
    }
}
