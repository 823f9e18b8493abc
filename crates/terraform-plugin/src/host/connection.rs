//! Ways to a provider: none at all when it is in this process, or a socket.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response, Uri};
use tonic::codegen::{BoxFuture, Service, StdError};
use tonic::transport::{Channel, Endpoint};

use super::certificate::{self, Certificate};
use crate::kinds::Provider;
use crate::process::in_flight::InFlight;
use crate::rpc::Rpc;
use crate::wire::tfplugin6::provider_client::ProviderClient;
use crate::wire::tfplugin6::provider_server::ProviderServer;

/// What a [`Host`](super::Host) or a generated client speaks through.
#[derive(Clone)]
pub struct Connection(Way);

#[derive(Clone)]
enum Way {
    Here(ProviderServer<Rpc>),
    There(Channel),
}

impl Connection {
    /// To a provider in this process, without a socket: calls are encoded, decoded and answered as
    /// always, but nothing waits for the outside, so a paused clock works.
    pub fn in_process(provider: Arc<dyn Provider>) -> Connection {
        Connection(Way::Here(ProviderServer::new(Rpc::new(provider, Arc::new(InFlight::default())))))
    }
}

impl From<Channel> for Connection {
    fn from(channel: Channel) -> Connection {
        Connection(Way::There(channel))
    }
}

impl Service<Request<Body>> for Connection {
    type Response = Response<Body>;
    type Error = StdError;
    type Future = BoxFuture<Response<Body>, StdError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        match &mut self.0 {
            Way::Here(_) => Poll::Ready(Ok(())),
            Way::There(channel) => channel.poll_ready(context).map_err(Into::into),
        }
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match &mut self.0 {
            Way::Here(server) => {
                let answer = server.call(request);
                Box::pin(async move { answer.await.map_err(|never| match never {}) })
            }
            Way::There(channel) => {
                let answer = channel.call(request);
                Box::pin(async move { answer.await.map_err(Into::into) })
            }
        }
    }
}

/// How to reach a plugin's socket.
#[derive(Clone)]
pub struct Route {
    /// The socket.
    pub path: PathBuf,
    tls: Option<Arc<ClientConfig>>,
}

impl Route {
    /// Without TLS.
    pub fn plain(path: &Path) -> Route {
        Route { path: path.to_owned(), tls: None }
    }

    /// Trusts the certificate `server`, and shows `client`, if any.
    pub fn tls(path: &Path, server: &[u8], client: Option<&Certificate>) -> Route {
        Route { path: path.to_owned(), tls: Some(certificate::config(server, client)) }
    }

    /// Connects.
    pub async fn channel(&self) -> Result<Channel, tonic::transport::Error> {
        Endpoint::from_static("http://localhost").connect_with_connector(self.clone()).await
    }

    /// Connects for calls of one's own.
    pub async fn client(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel().await.expect("the plugin answers at its socket"))
    }
}

/// A connection that is made, with TLS or without.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Service<Uri> for Route {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let route = self.clone();
        Box::pin(async move {
            let stream = UnixStream::connect(&route.path).await?;
            let stream: Box<dyn Stream> = match route.tls {
                None => Box::new(stream),
                Some(tls) => {
                    let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
                    Box::new(TlsConnector::from(tls).connect(name, stream).await?)
                }
            };
            Ok(TokioIo::new(stream))
        })
    }
}
