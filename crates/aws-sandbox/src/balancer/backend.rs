//! Connections to targets: opened, kept and taken up again, one pool a target.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpSocket;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::uplink::Uplink;
use crate::seam::ProtocolVersion;
use crate::tasks;

/// One node's dealings with one registered target, for as long as it is registered.
pub(super) struct Backend {
    pub ip: Ipv4Addr,
    pub port: u16,
    pub version: ProtocolVersion,
    /// The target is no longer in the table: whatever is in flight ends.
    pub gone: CancellationToken,
    /// `None` once the target drains: what is in flight ends with its own connection.
    idle: Mutex<Option<Vec<Link>>>,
}

/// One connection; dropping it closes it.
pub(super) struct Link {
    pub sender: Sender,
    driver: AbortHandle,
}

/// What a connection speaks. One of HTTP/2 carries one request at a time here, too.
pub(super) enum Sender {
    Http1(http1::SendRequest<Uplink>),
    Http2(http2::SendRequest<Uplink>),
}

impl Sender {
    fn is_closed(&self) -> bool {
        match self {
            Self::Http1(sender) => sender.is_closed(),
            Self::Http2(sender) => sender.is_closed(),
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            Self::Http1(sender) => sender.is_ready(),
            Self::Http2(sender) => sender.is_ready(),
        }
    }

    /// A request that was not sent comes back.
    pub async fn send(
        &mut self,
        request: Request<Uplink>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Uplink>>> {
        match self {
            Self::Http1(sender) => sender.try_send_request(request).await,
            Self::Http2(sender) => sender.try_send_request(request).await,
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

const KEPT: usize = 256;

impl Backend {
    pub fn new(ip: Ipv4Addr, port: u16, version: ProtocolVersion) -> Self {
        Self { ip, port, version, gone: CancellationToken::new(), idle: Mutex::new(Some(Vec::new())) }
    }

    /// A kept connection that is still open, the one used last first.
    pub fn kept(&self) -> Option<Link> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = idle.as_mut()?;
        idle.retain(|link| !link.sender.is_closed());
        let ready = idle.iter().rposition(|link| link.sender.is_ready())?;
        Some(idle.swap_remove(ready))
    }

    pub fn keep(&self, link: Link) {
        if link.sender.is_closed() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(idle) = idle.as_mut().filter(|idle| idle.len() < KEPT) {
            idle.push(link);
        }
    }

    /// No new requests come: closes the kept connections and keeps none any more.
    pub fn drain(&self) {
        drop(self.idle.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// The target takes requests (again).
    pub fn admit(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// Opens a new connection from the node's own address.
    pub async fn connect(&self, node: Ipv4Addr) -> std::io::Result<Link> {
        if !self.ip.is_loopback() {
            return Err(std::io::Error::other("the sandbox never leaves loopback"));
        }
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((node, 0)))?;
        let stream = socket.connect(tasks::socket(self.ip, self.port).into()).await?;
        stream.set_nodelay(true)?;
        let io = TokioIo::new(stream);
        let other = std::io::Error::other;
        Ok(match self.version {
            ProtocolVersion::Http1 => {
                let (sender, connection) = http1::handshake(io).await.map_err(other)?;
                let driver = tokio::spawn(connection.with_upgrades()).abort_handle();
                Link { sender: Sender::Http1(sender), driver }
            }
            ProtocolVersion::Http2 | ProtocolVersion::Grpc => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.map_err(other)?;
                let driver = tokio::spawn(connection).abort_handle();
                Link { sender: Sender::Http2(sender), driver }
            }
        })
    }
}
