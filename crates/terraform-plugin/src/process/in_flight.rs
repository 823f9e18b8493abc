//! The calls in flight: who they are, how to tell them to stop, how to wait until they have.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Keeps every call in a task of its own, so that a lost connection does not drop it halfway.
#[derive(Debug, Default)]
pub struct InFlight {
    calls: TaskTracker,
    token: Mutex<CancellationToken>,
    gone: CancellationToken,
}

impl InFlight {
    /// Runs a call to its end, whether or not anybody still waits for it.
    pub fn spawn<F>(&self, call: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.calls.spawn(call)
    }

    /// The token for a call that begins now.
    pub fn token(&self) -> CancellationToken {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells all calls in flight to stop. Later calls are not concerned: a provider that is started by
    /// hand serves the next run too.
    pub fn stop(&self) {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = CancellationToken::new();
        std::mem::replace(&mut *token, fresh).cancel();
    }

    /// Tells all calls to stop, those that are still to come included. Their token is cancelled from the
    /// start, so they end by themselves and [`InFlight::idle`] comes true.
    pub fn stop_for_good(&self) {
        self.token().cancel();
        self.calls.close();
    }

    /// Cancelled when the host is gone, so that no answer is heard any more.
    pub fn gone(&self) -> CancellationToken {
        self.gone.clone()
    }

    /// How many calls there are.
    pub fn count(&self) -> usize {
        self.calls.len()
    }

    /// Waits until there is no call, after [`InFlight::stop_for_good`].
    pub async fn idle(&self) {
        self.calls.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stop_reaches_calls_in_flight_and_spares_later_ones() {
        let calls = InFlight::default();
        let token = calls.token();
        let running = calls.spawn(async move { token.cancelled().await });
        calls.stop();
        running.await.unwrap();
        assert!(!calls.token().is_cancelled());
        calls.stop_for_good();
        assert!(calls.token().is_cancelled());
        calls.idle().await;
    }
}
