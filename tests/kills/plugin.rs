//! The provider's own binary as a process, and a connection to it.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll};

use bluegreen_provider::terraform::proto::tfplugin6::provider_client::ProviderClient;
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tonic::codegen::Service;
use tonic::codegen::http::Uri;
use tonic::transport::{Channel, Endpoint};

const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

pub struct Plugin {
    child: Child,
    pub client: ProviderClient<Channel>,
    _directory: TempDir,
}

impl Plugin {
    /// Not configured yet.
    pub async fn start(speed: f64) -> Plugin {
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_terraform-provider-bluegreen"))
            .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
            .env("PLUGIN_UNIX_SOCKET_DIR", directory.path())
            .env("BLUEGREEN_CLOCK_SPEED", speed.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
        let path = line.split('|').nth(3).unwrap_or_else(|| panic!("no handshake: {line:?}"));
        let route = Route(Path::new(path).to_owned());
        let channel = Endpoint::from_static("http://localhost").connect_with_connector(route).await.unwrap();
        Plugin { child, client: ProviderClient::new(channel), _directory: directory }
    }

    /// SIGKILL; returns when it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// How to reach it: its socket.
#[derive(Clone)]
struct Route(PathBuf);

impl Service<Uri> for Route {
    type Response = TokioIo<UnixStream>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { UnixStream::connect(&path).await.map(TokioIo::new) })
    }
}
