//! The provider's own binary as a process, and a connection to it.

use std::process::Stdio;

use tempfile::TempDir;
use terraform_plugin::wire::tfplugin6::provider_client::ProviderClient;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tonic::transport::Channel;

use crate::socket;

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
        let channel = socket::connect(path).await;
        Plugin { child, client: ProviderClient::new(channel), _directory: directory }
    }

    /// SIGKILL; returns when it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
