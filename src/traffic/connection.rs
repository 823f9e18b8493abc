//! One HTTP/1.1 client connection: asks, reads the whole answer, and knows whether a request that
//! failed can have been seen by the other side.

use std::net::{IpAddr, SocketAddr};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::rt::{Read, Write};
use hyper::{HeaderMap, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};

/// How much of a body is kept; the rest is read and forgotten.
const BODY_KEPT: usize = 4096;

/// Dropping it closes it.
pub struct Connection {
    sender: SendRequest<Empty<Bytes>>,
}

/// A GET, the same one many times.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Path and query.
    pub uri: Uri,
    /// `Host` among them.
    pub headers: HeaderMap,
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// At most its first 4 KiB.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value, empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// No byte of the request was written: asking again elsewhere cannot do anything twice.
    #[error("the connection was closed before the request was sent")]
    Unsent,
    #[error("{0}")]
    Broken(String),
}

impl Connection {
    /// Connects by TCP, from `source` when there is one.
    pub async fn open(address: SocketAddr, source: Option<IpAddr>) -> std::io::Result<Self> {
        let stream = connect(address, source).await?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        tokio::spawn(connection.without_shutdown());
        Ok(Self { sender })
    }

    /// Talks over a stream that is already there, a TLS one for instance.
    pub async fn over(io: impl Read + Write + Unpin + Send + 'static) -> std::io::Result<Self> {
        let (sender, connection) = http1::handshake(io).await.map_err(std::io::Error::other)?;
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    /// Whether it is still open, as far as can be known without trying.
    pub fn usable(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Asks and reads the answer to its end. `last` announces that the connection is not kept.
    pub async fn get(&mut self, ask: &Ask, last: bool) -> Result<Answer, Unanswered> {
        self.sender.ready().await.map_err(|_| Unanswered::Unsent)?;
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = ask.uri.clone();
        request.headers_mut().clone_from(&ask.headers);
        if last {
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let response = self.sender.try_send_request(request).await.map_err(|mut failed| {
            match failed.take_message() {
                Some(_) => Unanswered::Unsent,
                None => Unanswered::Broken(told(&failed.into_error())),
            }
        })?;
        let (head, mut incoming) = response.into_parts();
        let mut body = Vec::new();
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| Unanswered::Broken(told(&error)))?;
            if let Some(data) = frame.data_ref() {
                let room = BODY_KEPT.saturating_sub(body.len()).min(data.len());
                body.extend_from_slice(&data[..room]);
            }
        }
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

pub async fn connect(address: SocketAddr, source: Option<IpAddr>) -> std::io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(source) = source {
        socket.bind((source, 0).into())?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    // A bound source address has one port for each connection of the last minute; without a linger they are free
    // at once. Nothing is lost by it: a connection is closed when its last answer has been read, or given up.
    stream.set_zero_linger()?;
    Ok(stream)
}

/// An error with its causes, in one line.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
