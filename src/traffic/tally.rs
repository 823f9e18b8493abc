//! The numbers of a stream of requests, as the demo, the probe and the tests read them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::answered::Answered;

/// A request that got no 2xx answer. Times are since the traffic began.
#[derive(Clone, Debug)]
pub struct Failure {
    pub started: Duration,
    pub finished: Duration,
    /// The address asked.
    pub address: String,
    /// A status with the start of its body, a socket error, or a timeout.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s {}: {}", self.finished.as_secs_f64(), self.address, self.what)
    }
}

/// One answerer's uninterrupted stretch; a timeline is a list of them, by the requests' start.
#[derive(Clone, Debug)]
pub struct Stretch {
    pub who: Answered,
    /// Start of the first request and of the last.
    pub from: Duration,
    pub to: Duration,
    pub requests: u64,
}

/// A stream's numbers, of the requests that were started since a given time.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub stream: String,
    pub requests: u64,
    /// Not 2xx, socket errors and timeouts.
    pub failures: u64,
    /// Sent a second time because a kept connection was closed before a byte was written.
    pub retried: u64,
    /// Not sent at all because too many were waiting for their answer.
    pub skipped: u64,
    pub answered: BTreeMap<Answered, u64>,
    /// The first ones in detail, at most 200 of a stream.
    pub first_failures: Vec<Failure>,
    pub timeline: Vec<Stretch>,
    pub slowest: Duration,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} requests, {} failed", self.stream, self.requests, self.failures)?;
        for (count, what) in [(self.retried, "retried"), (self.skipped, "skipped")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        self.answered.iter().try_for_each(|(who, count)| write!(f, "; {count} × {who}"))?;
        self.first_failures.first().map_or(Ok(()), |first| write!(f, "; first failure {first}"))
    }
}
