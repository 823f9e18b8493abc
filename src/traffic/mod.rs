//! One request, its caller and its verdict: what probe, demo and tests share. A client; it knows nothing of
//! the other rooms.
//!
//! `Reach` opens connections. A `Connection` carries an `Ask` and brings an `Answer`; a `Pool` keeps connections; `Pace` says when the next
//! request is due; a `Record` keeps what became of each, and a `Tally` is what is read out of it.

mod answered;
pub mod connection;
mod pace;
mod pool;
mod reach;
mod record;
mod stream;
mod tally;
pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use answered::{Answered, first_words};
pub use pace::Pace;
pub use pool::Pool;
pub use reach::Reach;
pub use record::{Outcome, Record};
pub use stream::{KeepAlive, Stream};
pub use tally::{Failure, Stretch, Tally};

use stream::Lane;

/// Streams of requests, running until stopped or dropped. Times are since its start.
pub struct Traffic {
    began: Instant,
    lanes: Vec<Arc<Lane>>,
    stop: CancellationToken,
    running: TaskTracker,
}

impl Traffic {
    /// Starts all streams; needs a tokio runtime around it.
    pub fn start(streams: Vec<Stream>) -> Self {
        let began = Instant::now();
        let stop = CancellationToken::new();
        let running = TaskTracker::new();
        let lanes: Vec<_> = streams.into_iter().map(|stream| Lane::new(stream, began)).collect();
        for lane in &lanes {
            running.spawn(lane.clone().run(stop.clone()));
        }
        running.close();
        Self { began, lanes, stop, running }
    }

    /// Time since the start, for `tally` and `seen`.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Every stream's numbers, of the requests that were started since then and have ended.
    pub fn tally(&self, since: Duration) -> Vec<Tally> {
        self.lanes.iter().map(|lane| lane.record.tally(&lane.stream.name, since)).collect()
    }

    /// Who answered requests of one stream that ran, in whole or in part, between the two times.
    pub fn seen(&self, stream: &str, from: Duration, to: Duration) -> Vec<Answered> {
        let lane = self.lanes.iter().find(|lane| lane.stream.name == stream);
        lane.map(|lane| lane.record.seen(from, to)).unwrap_or_default()
    }

    /// Asks no more, waits for the answers still due, and tells the final numbers.
    pub async fn stop(self) -> Vec<Tally> {
        self.stop.cancel();
        self.running.wait().await;
        self.tally(Duration::ZERO)
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
