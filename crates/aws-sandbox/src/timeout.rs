//! Timeouts on real sockets that a busy machine does not trip: the network is imitated, the
//! scheduler's delays are not part of the imitation.

use std::time::Duration;

use super::clock::Clock;

/// At a high speed a sandbox second is a millisecond or less; no answer comes that fast.
const FLOOR: Duration = Duration::from_millis(160);
const SLICES: u32 = 16;

/// Lets `sandbox` time pass, but never less than 160 ms of wall time.
///
/// It passes in slices, so that a stall of the whole process counts as one slice only, and whoever
/// is waited for gets as many turns as usual before the time is up.
pub async fn pass(clock: &Clock, sandbox: Duration) {
    for _ in 0..SLICES {
        let slice = clock.wall(sandbox).max(FLOOR) / SLICES;
        tokio::time::sleep(slice).await;
    }
}
