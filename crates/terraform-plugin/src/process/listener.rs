//! The socket the host connects to: private, and gone when we are.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(not(unix))]
use tokio::net::TcpListener as Socket;
#[cfg(unix)]
use tokio::net::UnixListener as Socket;
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::handshake::Address;

/// Who connects and then says nothing is hung up on.
const TLS_LIMIT: Duration = Duration::from_secs(10);

/// A bound socket. Dropping it removes what it put on disk.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: Address,
    place: Place,
}

/// What has to be removed in the end, and is when this is dropped.
#[derive(Debug)]
pub struct Place {
    #[cfg(unix)]
    _directory: tempfile::TempDir,
}

impl Listener {
    /// Binds a unix socket in a fresh directory below `base` that only we may enter.
    #[cfg(unix)]
    pub fn bind(base: &Path) -> io::Result<Listener> {
        use std::os::unix::fs::PermissionsExt as _;
        // Short, because a socket's path may have no more than about a hundred bytes.
        let directory = tempfile::Builder::new()
            .prefix("plugin-")
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir_in(base)?;
        let path = directory.path().join("s");
        let socket = Socket::bind(&path)?;
        Ok(Listener { socket, address: Address::Unix(path), place: Place { _directory: directory } })
    }

    /// Binds a free port on loopback; Go plugins do the same on this system.
    #[cfg(not(unix))]
    pub fn bind(_base: &Path) -> io::Result<Listener> {
        let socket = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        socket.set_nonblocking(true)?;
        let socket = Socket::from_std(socket)?;
        let address = Address::Tcp(socket.local_addr()?);
        Ok(Listener { socket, address, place: Place {} })
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Accepts connections for as long as somebody takes them. `open` counts those that are open.
    pub fn connections(
        self,
        tls: Option<TlsAcceptor>,
        open: watch::Sender<usize>,
    ) -> (mpsc::Receiver<io::Result<Connection>>, Place) {
        let (sender, receiver) = mpsc::channel(16);
        let socket = self.socket;
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = socket.accept() => accepted,
                    () = sender.closed() => return,
                };
                match accepted {
                    Ok((stream, _)) => {
                        tokio::spawn(admit(stream, tls.clone(), sender.clone(), open.clone()));
                    }
                    // Out of file descriptors, most likely: not for ever.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        });
        (receiver, self.place)
    }
}

/// Sees a newcomer through TLS, apart from the others so that a slow one holds up nobody.
async fn admit<S: Stream + 'static>(
    stream: S,
    tls: Option<TlsAcceptor>,
    sender: mpsc::Sender<io::Result<Connection>>,
    open: watch::Sender<usize>,
) {
    let stream: Box<dyn Stream> = match tls {
        None => Box::new(stream),
        Some(tls) => match tokio::time::timeout(TLS_LIMIT, tls.accept(stream)).await {
            Ok(Ok(stream)) => Box::new(stream),
            Ok(Err(error)) => return tracing::warn!(%error, "refused a connection"),
            Err(_) => return tracing::warn!("refused a connection that did not complete TLS"),
        },
    };
    // If nobody takes connections any more, this one is simply closed.
    let _ = sender.send(Ok(Connection { stream, _open: Open::count(open) })).await;
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// An admitted connection.
pub struct Connection {
    stream: Box<dyn Stream>,
    _open: Open,
}

/// Counts one connection for as long as it lives.
struct Open(watch::Sender<usize>);

impl Open {
    fn count(open: watch::Sender<usize>) -> Open {
        open.send_modify(|count| *count += 1);
        Open(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Connected for Connection {
    type ConnectInfo = ();
    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
