//! Token buckets that keep us below AWS's documented request rates, on tokio's clock.
//!
//! ECS: <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html>,
//! ELB: <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Which of AWS's buckets a call draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quota {
    ElbRead,
    ElbWrite,
    ServiceRead,
    ServiceWrite,
    TaskRead,
    /// Clusters and task definitions.
    OtherRead,
    TagWrite,
}

#[derive(Debug)]
pub(super) struct Limits {
    /// Every ELB action of the account draws on this one, mutations on the next as well.
    elb: Bucket,
    elb_write: Bucket,
    service_read: Bucket,
    service_write: Bucket,
    task_read: Bucket,
    other_read: Bucket,
    tag_write: Bucket,
}

impl Limits {
    /// As documented, for a clock that runs `speed` times as fast as the wall's.
    pub fn documented(speed: f64) -> Self {
        let bucket = |burst: u32, per_second: f64| Bucket::new(burst, per_second * speed);
        Limits {
            elb: bucket(40, 10.0),
            elb_write: bucket(20, 3.0),
            service_read: bucket(100, 20.0),
            service_write: bucket(50, 5.0),
            task_read: bucket(100, 20.0),
            other_read: bucket(50, 20.0),
            tag_write: bucket(20, 10.0),
        }
    }

    /// Waits until one call may be sent.
    pub async fn permit(&self, quota: Quota) {
        match quota {
            Quota::ElbRead => self.elb.take().await,
            Quota::ElbWrite => {
                self.elb_write.take().await;
                self.elb.take().await;
            }
            Quota::ServiceRead => self.service_read.take().await,
            Quota::ServiceWrite => self.service_write.take().await,
            Quota::TaskRead => self.task_read.take().await,
            Quota::OtherRead => self.other_read.take().await,
            Quota::TagWrite => self.tag_write.take().await,
        }
    }
}

#[derive(Debug)]
struct Bucket {
    burst: f64,
    per_second: f64,
    level: Mutex<Option<Level>>,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    /// Negative while callers wait for tokens they have already been promised.
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn new(burst: u32, per_second: f64) -> Self {
        Bucket { burst: burst.into(), per_second, level: Mutex::new(None) }
    }

    /// First come, first served. A caller that gives up while waiting leaves its token unused.
    async fn take(&self) {
        let wait = self.promise(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    fn promise(&self, now: Instant) -> Duration {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let before = level.unwrap_or(Level { tokens: self.burst, at: now });
        let refilled = now.saturating_duration_since(before.at).as_secs_f64() * self.per_second;
        let tokens = (before.tokens + refilled).min(self.burst) - 1.0;
        *level = Some(Level { tokens, at: now });
        Duration::from_secs_f64((-tokens).max(0.0) / self.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_at_the_documented_rate() {
        let limits = Limits::documented(1.0);
        let start = Instant::now();
        for _ in 0..40 {
            limits.permit(Quota::ElbRead).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..20 {
            limits.permit(Quota::ElbRead).await;
        }
        assert!((1.9..2.2).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_callers_are_spread_over_time() {
        let limits = std::sync::Arc::new(Limits::documented(1.0));
        let start = Instant::now();
        let callers: Vec<_> = (0..29)
            .map(|_| {
                let limits = limits.clone();
                tokio::spawn(async move { limits.permit(Quota::ElbWrite).await })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        assert!((2.9..3.2).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
    }
}
