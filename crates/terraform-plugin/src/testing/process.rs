//! A provider's binary, started as Terraform starts it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tempfile::TempDir;

use super::{Certificate, Route};

/// What `TF_PLUGIN_MAGIC_COOKIE` holds when a host starts a plugin.
pub const COOKIE: &str = crate::process::COOKIE_VALUE;

/// A plugin process. Killed when dropped.
pub struct Process {
    /// The process itself.
    pub child: Child,
    /// Where its socket is put.
    pub directory: TempDir,
    certificate: Option<Certificate>,
}

impl Process {
    /// Starts `command` as a plugin, and shows it a fresh client certificate.
    pub fn start(command: Command) -> Process {
        let certificate = Certificate::new();
        let mut process = Process::start_with(command, &[("PLUGIN_CLIENT_CERT", &certificate.pem)]);
        process.certificate = Some(certificate);
        process
    }

    /// Starts `command` with nothing but the cookie, a place for the socket and these variables.
    pub fn start_with(mut command: Command, variables: &[(&str, &str)]) -> Process {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (name, _) in std::env::vars() {
            if name.starts_with("TF_") || name.starts_with("PLUGIN_") {
                command.env_remove(name);
            }
        }
        command.env("TF_PLUGIN_MAGIC_COOKIE", COOKIE).env("PLUGIN_UNIX_SOCKET_DIR", directory.path());
        command.envs(variables.iter().copied());
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the plugin starts");
        Process { child, directory, certificate: None }
    }

    /// The fields of its first line; a single empty one when it ended without a word.
    pub fn handshake(&mut self) -> Vec<String> {
        let stdout = self.child.stdout.as_mut().expect("its stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("its stdout can be read");
        line.trim_end_matches('\n').split('|').map(str::to_owned).collect()
    }

    /// Reads the handshake; the way to it.
    pub fn route(&mut self) -> Route {
        let fields = self.handshake();
        let [_, _, _, path, _, certificate, ..] = &fields[..] else { panic!("no handshake: {fields:?}") };
        match &self.certificate {
            None => Route::plain(Path::new(path)),
            client => Route::tls(Path::new(path), &Process::certificate(certificate), client.as_ref()),
        }
    }

    /// The plugin's certificate, from that field of its handshake.
    pub fn certificate(field: &str) -> Vec<u8> {
        STANDARD_NO_PAD.decode(field).expect("the certificate is base64 without padding")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
