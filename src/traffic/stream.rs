//! One stream of requests: what is asked, from where, how often, and the asking itself.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::header::{HOST, HeaderValue};
use hyper::{HeaderMap, Uri};
use rustls::pki_types::ServerName;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::answered::Answered;
use super::connection::Ask;
use super::pace::Pace;
use super::pool::Pool;
use super::reach::Reach;
use super::record::{Outcome, Record};

/// For a whole request, connecting included; wall time. Longer than the sandbox's slowest honest answer, so that
/// running into it is a failure worth telling.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Requests waiting for an answer at the same time; what is due beyond is skipped, and counted as such.
const IN_FLIGHT: usize = 64;

#[derive(Clone)]
pub struct Stream {
    pub(super) name: String,
    /// Load balancer nodes, asked in turn.
    addresses: Vec<IpAddr>,
    port: u16,
    host: String,
    /// Connections are made from here.
    source: Option<IpAddr>,
    requests_per_second: f64,
    keep_alive: KeepAlive,
    tls: Option<TlsConnector>,
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
            source: None,
            requests_per_second: 10.0,
            keep_alive: KeepAlive::Mixed,
            tls: None,
        }
    }

    /// HTTPS: the host is the server name, and the certificate must be its own and of somebody the connector trusts.
    pub fn over_tls(mut self, tls: TlsConnector) -> Self {
        self.tls = Some(tls);
        self
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
    pub record: Record,
    began: Instant,
    /// None for a stream without an address or with a host that no header or certificate can hold: it asks nothing.
    ask: Option<Ask>,
    /// Requests started so far; says whose turn it is.
    started: AtomicUsize,
    nodes: Vec<Node>,
}

struct Node {
    reach: Reach,
    pool: Pool,
}

impl Lane {
    pub fn new(stream: Stream, began: Instant) -> Arc<Self> {
        let nodes = nodes(&stream).unwrap_or_default();
        let ask = ask(&stream).filter(|_| !nodes.is_empty());
        Arc::new(Self { stream, record: Record::default(), began, ask, started: AtomicUsize::new(0), nodes })
    }

    /// Asks at the stream's rate until stopped, then waits for the answers still due.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        if self.ask.is_none() {
            tracing::warn!(stream = self.stream.name, "a stream that cannot ask anything");
            return;
        }
        let pace = Pace { per_second: self.stream.requests_per_second, in_flight: IN_FLIGHT };
        pace.keep(stop, || self.clone().once(), || self.record.skip(self.began.elapsed())).await;
        self.nodes.iter().for_each(|node| node.pool.clear());
    }

    async fn once(self: Arc<Self>) {
        let Some(ask) = &self.ask else { return };
        let turn = self.started.fetch_add(1, Ordering::Relaxed);
        let (number, round) = (turn % self.nodes.len(), turn / self.nodes.len());
        let keep = match self.stream.keep_alive {
            KeepAlive::Always => true,
            KeepAlive::Never => false,
            KeepAlive::Mixed => round.is_multiple_of(2),
        };
        let address = SocketAddr::new(self.stream.addresses[number], self.stream.port);
        let node = &self.nodes[number];
        let started = self.began.elapsed();
        let mut retried = false;
        let exchange = node.pool.ask(ask, keep, node.reach.open(0), &mut retried);
        let answer = match tokio::time::timeout(TIMEOUT, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {TIMEOUT:?}")),
        };
        let finished = self.began.elapsed();
        let ok = answer.as_ref().is_ok_and(|answer| answer.status.is_success());
        let answer = answer.map(|answer| Answered::by(&answer));
        self.record.write(Outcome { started, finished, address: address.to_string(), retried, ok, answer });
    }
}

fn ask(stream: &Stream) -> Option<Ask> {
    let host = HeaderValue::from_str(&stream.host).ok()?;
    let headers = HeaderMap::from_iter([(HOST, host)]);
    Some(Ask { uri: Uri::from_static("/"), headers })
}

/// None when the host is no name that a certificate could have.
fn nodes(stream: &Stream) -> Option<Vec<Node>> {
    let tls = match &stream.tls {
        Some(tls) => Some((tls.clone(), ServerName::try_from(stream.host.clone()).ok()?)),
        None => None,
    };
    let node = |address: &IpAddr| {
        let (host, given, tls) = (stream.host.clone(), vec![*address], tls.clone());
        let reach = Reach { host, port: stream.port, given, source: stream.source, tls };
        Node { reach, pool: Pool::default() }
    };
    Some(stream.addresses.iter().map(node).collect())
}
