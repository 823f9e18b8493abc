//! The running server: the provider and its companion services on one private socket.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use super::controller::{Controller, Stdio};
use super::ending::{self, Ending};
use super::handshake::Address;
use super::in_flight::InFlight;
use super::listener::{Listener, Place};
use super::router::Router;
use super::tls::Pinned;
use crate::kinds::Provider;
use crate::rpc::Rpc;
use crate::wire::plugin::grpc_controller_server::GrpcControllerServer;
use crate::wire::plugin::grpc_stdio_server::GrpcStdioServer;
use crate::wire::tfplugin6::provider_server::ProviderServer;

/// As much as Go's provider servers accept.
pub const MAX_MESSAGE: usize = 256 << 20;
/// Answers that are ready have this long to leave.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// A server that accepts connections.
#[derive(Debug)]
pub struct Plugin {
    address: Address,
    calls: Arc<InFlight>,
    open: watch::Receiver<usize>,
    endings: mpsc::UnboundedReceiver<Ending>,
    end: mpsc::UnboundedSender<Ending>,
    closing: CancellationToken,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
    _place: Place,
}

impl Plugin {
    /// Listens below `base`, with TLS if there is a client to pin it to, and serves.
    pub fn start(provider: Arc<dyn Provider>, pinned: Option<&Pinned>, base: &Path) -> io::Result<Plugin> {
        let listener = Listener::bind(base)?;
        let address = listener.address().clone();
        let (open_sender, open) = watch::channel(0);
        let tls = pinned.map(|pinned| TlsAcceptor::from(Arc::clone(&pinned.config)));
        let (connections, place) = listener.connections(tls, open_sender);
        let calls = Arc::new(InFlight::default());
        let closing = CancellationToken::new();
        let (end, endings) = mpsc::unbounded_channel();
        let provider = ProviderServer::new(Rpc::new(provider, Arc::clone(&calls)))
            .max_decoding_message_size(MAX_MESSAGE)
            .max_encoding_message_size(MAX_MESSAGE);
        let controller = GrpcControllerServer::new(Controller { endings: end.clone() });
        let stdio = GrpcStdioServer::new(Stdio { closing: closing.clone() });
        let closed = closing.clone();
        let server = tokio::spawn(async move {
            let health = HealthReporter::new();
            health.set_service_status("plugin", ServingStatus::Serving).await;
            let health_service = HealthService::from_health_reporter(health);
            let router = Router { provider, controller, stdio, health: HealthServer::new(health_service) };
            Server::builder()
                .serve_with_incoming_shutdown(
                    router,
                    ReceiverStream::new(connections),
                    closed.cancelled_owned(),
                )
                .await
        });
        Ok(Plugin { address, calls, open, endings, end, closing, server, _place: place })
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// For whoever else has a reason to end it.
    pub fn end(&self) -> mpsc::UnboundedSender<Ending> {
        self.end.clone()
    }

    /// How many connections are open.
    pub fn open(&self) -> watch::Receiver<usize> {
        self.open.clone()
    }

    /// Serves until one of the `accepted` reasons to end comes, then stops the calls in flight, waits
    /// for them within limits, and closes.
    pub async fn run(mut self, accepted: fn(Ending) -> bool) -> Result<Ending, tonic::transport::Error> {
        let ending = loop {
            tokio::select! {
                Some(ending) = self.endings.recv() => {
                    if accepted(ending) {
                        break ending;
                    }
                }
                stopped = &mut self.server => {
                    // The server never ends by itself; if it does, there is nobody left to serve.
                    stopped.unwrap_or(Ok(()))?;
                    break Ending::Orphaned;
                }
            }
        };
        // First the calls, then the connections: their answers have to leave by these.
        ending::drain(&self.calls, ending, &mut self.endings).await;
        self.closing.cancel();
        if !self.server.is_finished() {
            let _ = tokio::time::timeout(LAST_WORDS, &mut self.server).await;
        }
        Ok(ending)
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.server.abort();
    }
}
