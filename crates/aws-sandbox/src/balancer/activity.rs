//! When something last moved on a connection or in an exchange; what idle timeouts count from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::clock::Clock;
use crate::timeout;

pub(super) struct Activity {
    clock: Clock,
    /// Sandbox time of the last movement, in nanoseconds.
    last: AtomicU64,
    busy: AtomicUsize,
}

impl Activity {
    pub fn new(clock: &Clock) -> Arc<Self> {
        let activity = Self { clock: clock.clone(), last: AtomicU64::new(0), busy: AtomicUsize::new(0) };
        activity.touch();
        Arc::new(activity)
    }

    pub fn touch(&self) {
        let now = u64::try_from(self.clock.now().as_nanos()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    /// Returns once nothing has moved, and nobody was busy, for `limit` of sandbox time.
    pub async fn silence(&self, limit: Duration) {
        let mut left = limit;
        loop {
            let before = self.last.load(Ordering::Relaxed);
            timeout::pass(&self.clock, left).await;
            let last = self.last.load(Ordering::Relaxed);
            if self.busy.load(Ordering::Relaxed) > 0 {
                left = limit;
            } else if last == before {
                return;
            } else {
                left = limit.saturating_sub(self.clock.now().saturating_sub(Duration::from_nanos(last)));
            }
        }
    }

    /// Not silent for as long as the guard lives.
    pub fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }
}

pub(super) struct Busy(Arc<Activity>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
