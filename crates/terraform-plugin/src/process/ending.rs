//! Everything that can end the process, and how long each leaves the calls in flight.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::in_flight::InFlight;

/// Calls that were told to stop return by themselves; this is for those that do not.
const PATIENCE: Duration = Duration::from_secs(30);
/// The host kills the process two seconds after asking it to shut down.
const SHUTDOWN_PATIENCE: Duration = Duration::from_millis(1500);
/// The host connects right after the handshake, or not at all within its own limit of a minute.
const FIRST_CONNECTION: Duration = Duration::from_secs(60);
/// The host keeps one connection and opens another only if that breaks.
const RECONNECTION: Duration = Duration::from_secs(5);
#[cfg(unix)]
const PARENT_CHECK: Duration = Duration::from_millis(500);

/// Why the process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The host says so.
    Shutdown,
    /// Somebody sent SIGTERM.
    Terminated,
    /// The host is gone.
    Orphaned,
}

impl Ending {
    fn patience(self) -> Duration {
        match self {
            Ending::Shutdown => SHUTDOWN_PATIENCE,
            Ending::Terminated | Ending::Orphaned => PATIENCE,
        }
    }
}

/// Stops the calls in flight and waits for them. A shutdown or a second SIGTERM cuts the waiting short.
pub async fn drain(calls: &InFlight, first: Ending, endings: &mut mpsc::UnboundedReceiver<Ending>) {
    tracing::debug!(reason = ?first, calls = calls.count(), "ending");
    if first == Ending::Orphaned {
        calls.gone().cancel();
    }
    calls.stop_for_good();
    let mut deadline = Instant::now() + first.patience();
    let mut terminated = first == Ending::Terminated;
    loop {
        tokio::select! {
            () = calls.idle() => return,
            () = tokio::time::sleep_until(deadline) => {
                return tracing::warn!(calls = calls.count(), "ending although calls are still in flight");
            }
            Some(next) = endings.recv() => {
                let at_once = terminated && next == Ending::Terminated;
                terminated |= next == Ending::Terminated;
                let patience = if at_once { Duration::ZERO } else { next.patience() };
                deadline = deadline.min(Instant::now() + patience);
            }
        }
    }
}

/// Returns when the host has gone away: its process ended, or its connection did and none followed.
pub async fn orphaned(open: watch::Receiver<usize>) {
    tokio::select! {
        () = parent_gone() => {}
        () = connections_gone(open) => {}
    }
}

#[cfg(unix)]
async fn parent_gone() {
    let parent = rustix::process::getppid();
    while rustix::process::getppid() == parent {
        tokio::time::sleep(PARENT_CHECK).await;
    }
}

#[cfg(not(unix))]
async fn parent_gone() {
    std::future::pending().await
}

async fn connections_gone(mut open: watch::Receiver<usize>) {
    let mut limit = FIRST_CONNECTION;
    loop {
        let connected = tokio::time::timeout(limit, open.wait_for(|count| *count > 0)).await;
        if !connected.is_ok_and(|counted| counted.is_ok()) {
            return;
        }
        if open.wait_for(|count| *count == 0).await.is_err() {
            return;
        }
        limit = RECONNECTION;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_host_that_comes_back_in_time_is_not_gone() {
        let (open, seen) = watch::channel(0);
        let gone = tokio::spawn(connections_gone(seen));
        open.send_replace(1);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        open.send_replace(0);
        tokio::time::sleep(Duration::from_secs(4)).await;
        open.send_replace(1);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(!gone.is_finished());
        open.send_replace(0);
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert!(gone.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_cuts_the_patience_of_a_drain_short() {
        let calls = InFlight::default();
        calls.spawn(std::future::pending::<()>());
        let (sender, mut endings) = mpsc::unbounded_channel();
        sender.send(Ending::Shutdown).unwrap();
        let began = Instant::now();
        drain(&calls, Ending::Terminated, &mut endings).await;
        assert!(began.elapsed() <= Duration::from_millis(1600), "{:?}", began.elapsed());
    }
}
