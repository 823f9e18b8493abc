//! The sandbox's one clock: seconds of sandbox time since it started, at a speed that can change
//! while it runs. Nothing in the sandbox sleeps by the wall.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Cheap to clone; all clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    inner: Arc<Mutex<Segment>>,
    changed: watch::Sender<()>,
}

/// Since `began` (wall), sandbox time runs from `offset` at `speed`.
#[derive(Clone, Copy, Debug)]
struct Segment {
    began: Instant,
    offset: Duration,
    speed: f64,
}

impl Segment {
    fn now(&self) -> Duration {
        self.offset + self.began.elapsed().mul_f64(self.speed)
    }
}

impl Clock {
    /// `speed` is sandbox seconds per wall second, above zero.
    pub fn new(speed: f64) -> Self {
        let segment = Segment { began: Instant::now(), offset: Duration::ZERO, speed };
        Self { inner: Arc::new(Mutex::new(segment)), changed: watch::channel(()).0 }
    }

    /// Sandbox time since start.
    pub fn now(&self) -> Duration {
        self.segment().now()
    }

    pub fn speed(&self) -> f64 {
        self.segment().speed
    }

    /// From now on, `speed` sandbox seconds pass per wall second. Sleepers are re-timed.
    pub fn set_speed(&self, speed: f64) {
        {
            let mut segment = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            *segment = Segment { began: Instant::now(), offset: segment.now(), speed };
        }
        self.changed.send_replace(());
    }

    /// A sandbox duration in wall time, for timeouts of real sockets.
    pub fn wall(&self, sandbox: Duration) -> Duration {
        sandbox.div_f64(self.speed())
    }

    pub async fn sleep(&self, sandbox: Duration) {
        self.sleep_until(self.now() + sandbox).await;
    }

    pub async fn sleep_until(&self, deadline: Duration) {
        let mut changed = self.changed.subscribe();
        loop {
            let left = deadline.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            let nap = self.wall(left).max(Duration::from_micros(500));
            tokio::select! {
                () = tokio::time::sleep(nap) => {}
                _ = changed.changed() => {}
            }
        }
    }

    fn segment(&self) -> Segment {
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
