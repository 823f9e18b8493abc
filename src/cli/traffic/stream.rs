//! One stream of requests: what is asked, from where, how often, and the asking itself.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::header::{HOST, HeaderValue};
use hyper::{HeaderMap, Uri};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Answer, Ask, Connection, Unanswered};
use super::log::{Answered, Log, Outcome};

#[derive(Clone, Debug)]
pub struct Stream {
    pub name: String,
    /// Load balancer nodes, asked in turn.
    pub addresses: Vec<IpAddr>,
    pub port: u16,
    pub host: String,
    /// Path and query.
    pub path: String,
    /// Connections are made from here.
    pub source: Option<IpAddr>,
    pub requests_per_second: f64,
    pub keep_alive: KeepAlive,
    /// For a whole request, connecting included; wall time.
    pub timeout: Duration,
    /// Requests waiting for an answer at the same time; what is due beyond is skipped.
    pub in_flight: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepAlive {
    Always,
    Never,
    /// Every other round over the nodes uses new connections.
    Mixed,
}

impl Stream {
    /// 10 requests a second for `/`, half of them on kept connections.
    pub fn new(name: &str, addresses: impl IntoIterator<Item = IpAddr>, port: u16, host: &str) -> Self {
        Self {
            name: name.to_owned(),
            addresses: addresses.into_iter().collect(),
            port,
            host: host.to_owned(),
            path: "/".to_owned(),
            source: None,
            requests_per_second: 10.0,
            keep_alive: KeepAlive::Mixed,
            timeout: Duration::from_secs(20),
            in_flight: 64,
        }
    }

    pub fn from(mut self, source: IpAddr) -> Self {
        self.source = Some(source);
        self
    }

    pub fn per_second(mut self, requests: f64) -> Self {
        self.requests_per_second = requests;
        self
    }

    pub fn keep_alive(mut self, keep_alive: KeepAlive) -> Self {
        self.keep_alive = keep_alive;
        self
    }
}

/// A stream at work.
pub(super) struct Lane {
    pub stream: Stream,
    pub log: Log,
    began: Instant,
    ask: Option<Ask>,
    next: AtomicUsize,
    /// Kept connections, by node.
    kept: Vec<Mutex<Vec<Connection>>>,
}

impl Lane {
    pub fn new(stream: Stream, began: Instant) -> Arc<Self> {
        let ask = ask(&stream);
        let kept = stream.addresses.iter().map(|_| Mutex::default()).collect();
        Arc::new(Self { stream, log: Log::default(), began, ask, next: AtomicUsize::new(0), kept })
    }

    /// Asks at the stream's rate until stopped, then waits for the answers still due.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let pause = Duration::try_from_secs_f64(1.0 / self.stream.requests_per_second);
        let (Ok(pause), Some(_)) = (pause, &self.ask) else {
            tracing::warn!(stream = self.stream.name, "a stream that asks nothing");
            return;
        };
        let mut due = tokio::time::interval(pause.max(Duration::from_micros(100)));
        // The load is an open one: answers that are late do not lower the rate.
        due.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let waiting = TaskTracker::new();
        while stop.run_until_cancelled(due.tick()).await.is_some() {
            if waiting.len() >= self.stream.in_flight {
                self.log.skip(self.began.elapsed());
            } else {
                waiting.spawn(self.clone().once());
            }
        }
        waiting.close();
        waiting.wait().await;
        for kept in &self.kept {
            kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    async fn once(self: Arc<Self>) {
        let Some(ask) = &self.ask else { return };
        let nodes = self.stream.addresses.len();
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let (node, round) = (turn % nodes, turn / nodes);
        let keep = match self.stream.keep_alive {
            KeepAlive::Always => true,
            KeepAlive::Never => false,
            KeepAlive::Mixed => round.is_multiple_of(2),
        };
        let address = SocketAddr::new(self.stream.addresses[node], self.stream.port);
        let started = self.began.elapsed();
        let mut retried = false;
        let exchange = self.exchange(ask, node, address, keep, &mut retried);
        let answer = match tokio::time::timeout(self.stream.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {:?}", self.stream.timeout)),
        };
        let finished = self.began.elapsed();
        let ok = answer.as_ref().is_ok_and(|answer| answer.status.is_success());
        let answer = answer.map(|answer| Answered::by(&answer));
        self.log.write(Outcome { started, finished, address: address.to_string(), retried, ok, answer });
    }

    /// Asks on a kept connection, and once more on a new one if that was found closed with nothing
    /// sent; else on a new one.
    async fn exchange(
        &self,
        ask: &Ask,
        node: usize,
        address: SocketAddr,
        keep: bool,
        retried: &mut bool,
    ) -> Result<Answer, String> {
        let kept = || self.kept[node].lock().unwrap_or_else(PoisonError::into_inner);
        let pooled = if keep { take_usable(&mut kept()) } else { None };
        if let Some(mut connection) = pooled {
            match connection.get(ask, false).await {
                Ok(answer) => {
                    kept().push(connection);
                    return Ok(answer);
                }
                Err(Unanswered::Unsent) => *retried = true,
                Err(broken) => return Err(broken.to_string()),
            }
        }
        let connection = Connection::open(address, self.stream.source).await;
        let mut connection = connection.map_err(|error| format!("cannot connect: {error}"))?;
        let answer = connection.get(ask, !keep).await.map_err(|error| error.to_string())?;
        if keep {
            kept().push(connection);
        }
        Ok(answer)
    }
}

fn take_usable(kept: &mut Vec<Connection>) -> Option<Connection> {
    kept.retain(Connection::usable);
    kept.pop()
}

fn ask(stream: &Stream) -> Option<Ask> {
    let uri: Uri = stream.path.parse().ok()?;
    let host = HeaderValue::from_str(&stream.host).ok()?;
    let headers = HeaderMap::from_iter([(HOST, host)]);
    (!stream.addresses.is_empty()).then_some(Ask { uri, headers })
}
