//! One stream of requests: what is asked, from where, how often, and the asking itself.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::header::{HOST, HeaderValue};
use hyper::{HeaderMap, Uri};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connection::{Ask, Connection};
use super::pace::Pace;
use super::pool::Pool;
use super::tally::{Answered, Log, Outcome};

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
    /// Pool connections, by node.
    kept: Vec<Pool>,
}

impl Lane {
    pub fn new(stream: Stream, began: Instant) -> Arc<Self> {
        let ask = ask(&stream);
        let kept = stream.addresses.iter().map(|_| Pool::default()).collect();
        Arc::new(Self { stream, log: Log::default(), began, ask, next: AtomicUsize::new(0), kept })
    }

    /// Asks at the stream's rate until stopped, then waits for the answers still due.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        if self.ask.is_none() {
            tracing::warn!(stream = self.stream.name, "a stream that cannot ask anything");
            return;
        }
        let pace = Pace { per_second: self.stream.requests_per_second, in_flight: self.stream.in_flight };
        pace.keep(stop, || self.clone().once(), || self.log.skip(self.began.elapsed())).await;
        self.kept.iter().for_each(Pool::clear);
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
        let open = async {
            let connection = Connection::open(address, self.stream.source).await;
            connection.map_err(|error| format!("cannot connect: {error}"))
        };
        let exchange = self.kept[node].ask(ask, keep, open, &mut retried);
        let answer = match tokio::time::timeout(self.stream.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {:?}", self.stream.timeout)),
        };
        let finished = self.began.elapsed();
        let ok = answer.as_ref().is_ok_and(|answer| answer.status.is_success());
        let answer = answer.map(|answer| Answered::by(&answer));
        self.log.write(Outcome { started, finished, address: address.to_string(), retried, ok, answer });
    }
}

fn ask(stream: &Stream) -> Option<Ask> {
    let uri: Uri = stream.path.parse().ok()?;
    let host = HeaderValue::from_str(&stream.host).ok()?;
    let headers = HeaderMap::from_iter([(HOST, host)]);
    (!stream.addresses.is_empty()).then_some(Ask { uri, headers })
}
