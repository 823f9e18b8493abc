//! How a server is reached: its addresses, the address to call from, and TLS where it is wanted.

use std::net::{IpAddr, SocketAddr};

use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::connection::{Connection, connect};

pub struct Reach {
    pub host: String,
    pub port: u16,
    /// Where the host really is; the name service is asked when there are none.
    pub given: Vec<IpAddr>,
    pub source: Option<IpAddr>,
    /// And the name that the server's certificate must carry.
    pub tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Reach {
    /// Asks the name service each time, as new clients do, and tries one address after the other,
    /// beginning with the `turn`-th. What is said when none answers is about the last one tried.
    pub async fn open(&self, turn: usize) -> Result<Connection, String> {
        let mut addresses = self.addresses().await?;
        let first = turn % addresses.len().max(1);
        addresses.rotate_left(first);
        let mut refused = format!("{} has no address that can be called from here", self.host);
        for address in addresses {
            match self.open_at(address).await {
                Ok(connection) => return Ok(connection),
                Err(error) => refused = format!("cannot connect to {address}: {error}"),
            }
        }
        Err(refused)
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        if !self.given.is_empty() {
            return Ok(self.given.iter().map(|ip| SocketAddr::new(*ip, self.port)).collect());
        }
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found = found.map_err(|error| format!("cannot resolve {}: {error}", self.host))?;
        let callable = |address: &SocketAddr| self.source.is_none_or(|ip| ip.is_ipv4() == address.is_ipv4());
        Ok(found.filter(callable).collect())
    }

    async fn open_at(&self, address: SocketAddr) -> std::io::Result<Connection> {
        let Some((tls, name)) = &self.tls else {
            return Connection::open(address, self.source).await;
        };
        let stream = tls.connect(name.clone(), connect(address, self.source).await?).await?;
        Connection::over(TokioIo::new(stream)).await
    }
}
