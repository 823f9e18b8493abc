//! A provider served in this process on a private socket, without TLS.

use std::sync::Arc;

use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use super::Route;
use crate::kinds::Provider;
use crate::process::{Ending, Plugin};

/// The whole server but its TLS and its process: for tests of sockets, endings and raw bytes.
pub struct Served {
    /// The way to it.
    pub route: Route,
    /// Whoever sends here ends it.
    pub end: UnboundedSender<Ending>,
    /// Why it ended, once it has.
    pub running: JoinHandle<Ending>,
    _directory: TempDir,
}

impl Served {
    /// Serves `provider` until it is told to end. Needs a tokio runtime around it.
    pub fn start(provider: Arc<dyn Provider>) -> Served {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let plugin = Plugin::start(provider, None, directory.path()).expect("a socket");
        let route = Route::plain(plugin.address().path().expect("a unix socket"));
        let end = plugin.end();
        let running = tokio::spawn(async { plugin.run(|_| true).await.expect("the server works") });
        Served { route, end, running, _directory: directory }
    }
}
