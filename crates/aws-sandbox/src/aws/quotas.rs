//! Request rate limits: the documented token buckets, filled by sandbox time.

use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Default)]
pub struct Limits {
    /// Level and when it was so, by bucket name.
    buckets: BTreeMap<&'static str, (f64, Duration)>,
}

/// Name, burst, refill a second.
pub type Bucket = (&'static str, f64, f64);

impl Limits {
    /// Takes a token from every bucket, or none.
    pub fn take(&mut self, now: Duration, buckets: &[Bucket]) -> bool {
        for (name, burst, refill) in buckets {
            let (level, since) = self.buckets.get(name).copied().unwrap_or((*burst, now));
            let level = (level + now.saturating_sub(since).as_secs_f64() * refill).min(*burst);
            self.buckets.insert(name, (level, now));
        }
        let enough = |(name, ..): &Bucket| self.buckets.get(name).is_some_and(|(level, _)| *level >= 1.0);
        if !buckets.iter().all(enough) {
            return false;
        }
        for (name, ..) in buckets {
            if let Some((level, _)) = self.buckets.get_mut(name) {
                *level -= 1.0;
            }
        }
        true
    }
}
