//! The way in: being started by Terraform, from the cookie to the exit code.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use super::ending::{self, Ending};
use super::handshake::{self, Invitation};
use super::plugin::Plugin;
use super::signals::{self, Interrupts};
use super::tls::{self, TlsError};
use super::{logging, panics};
use crate::kinds::Provider;

/// What the server cannot know by itself.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    by_hand: String,
    events_of: Vec<&'static str>,
}

impl ServeOptions {
    /// `by_hand` is what a person reads on stderr who starts the plugin without Terraform.
    pub fn new(by_hand: impl Into<String>) -> ServeOptions {
        ServeOptions { by_hand: by_hand.into(), events_of: Vec::new() }
    }

    /// Logs the `tracing` events of that crate at the level the user asks for, such as
    /// `env!("CARGO_CRATE_NAME")`. Events of crates that are not named are heard only when they warn.
    #[must_use]
    pub fn events_of(mut self, crate_name: &'static str) -> ServeOptions {
        self.events_of.push(crate_name);
        self
    }
}

/// Why the plugin does not serve (any more).
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No threads, no socket, no signals.
    #[error("cannot start: {0}")]
    Start(#[from] io::Error),
    /// No TLS; without it the plugin would serve anybody.
    #[error("cannot start: {0}")]
    Tls(#[from] TlsError),
    /// The server broke down.
    #[error("cannot go on: {0}")]
    Server(#[from] tonic::transport::Error),
}

/// Serves the host that started this process, until it is done. Meant to be all that `main` does.
pub fn serve(provider: Arc<dyn Provider>, options: &ServeOptions) -> ExitCode {
    serve_to(provider, options, &mut io::stdout())
}

/// The same with the handshake going elsewhere than to stdout, for tests.
pub fn serve_to(provider: Arc<dyn Provider>, options: &ServeOptions, handshake: &mut dyn Write) -> ExitCode {
    let Some(invitation) = Invitation::read(|name| std::env::var(name).ok()) else {
        let _ = writeln!(io::stderr(), "{}", options.by_hand.trim_end());
        return ExitCode::FAILURE;
    };
    let name = install(&*provider, options);
    let result = runtime().map_err(ServeError::Start).and_then(|runtime| {
        let result = runtime.block_on(host(provider, &invitation, handshake));
        // Calls that did not stop in time end here and now.
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            logging::write_line(&logging::line("error", &name, &error.to_string(), &[]));
            ExitCode::FAILURE
        }
    }
}

/// Makes this process log and panic as the host understands it; the provider's name.
pub(super) fn install(provider: &dyn Provider, options: &ServeOptions) -> String {
    let name = provider.type_name().to_owned();
    logging::install(&name, &options.events_of);
    panics::install(&name);
    name
}

pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}

/// From the invitation to the end. The order is part of the contract with the host: the socket accepts
/// before the handshake names it, and signals are handled before the host can send any.
async fn host(
    provider: Arc<dyn Provider>,
    invitation: &Invitation,
    handshake: &mut dyn Write,
) -> Result<Ending, ServeError> {
    let pinned = invitation.client_certificate.as_deref().map(tls::pinned_to).transpose()?;
    let plugin = Plugin::start(provider, pinned.as_ref(), &invitation.socket_directory)?;
    // Before the handshake: from then on the host counts on us to outlive a Ctrl-C.
    signals::handle(Interrupts::Ignored, plugin.end())?;
    let certificate = pinned.as_ref().map(|pinned| pinned.certificate.as_ref());
    let line = handshake::line(plugin.address(), certificate, invitation.asks_about_multiplexing);
    handshake.write_all(line.as_bytes())?;
    handshake.flush()?;
    let (end, open) = (plugin.end(), plugin.open());
    tokio::spawn(async move {
        ending::orphaned(open).await;
        let _ = end.send(Ending::Orphaned);
    });
    Ok(plugin.run(|_| true).await?)
}
