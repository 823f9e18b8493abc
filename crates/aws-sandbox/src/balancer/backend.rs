//! Connections to targets: opened, kept and taken up again, one pool a target.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::uplink::Uplink;
use crate::tasks;

/// One node's dealings with one registered target, for as long as it is registered.
pub(super) struct Backend {
    pub ip: Ipv4Addr,
    pub port: u16,
    /// The target is no longer in the table: whatever is in flight ends.
    pub gone: CancellationToken,
    /// `None` once the target drains: what is in flight ends with its own connection.
    idle: Mutex<Option<Vec<Link>>>,
}

/// One connection; dropping it closes it.
pub(super) struct Link {
    pub sender: SendRequest<Uplink>,
    driver: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

const KEPT: usize = 256;

impl Backend {
    pub fn new(ip: Ipv4Addr, port: u16) -> Self {
        Self { ip, port, gone: CancellationToken::new(), idle: Mutex::new(Some(Vec::new())) }
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
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        let driver = tokio::spawn(connection.with_upgrades()).abort_handle();
        Ok(Link { sender, driver })
    }
}
