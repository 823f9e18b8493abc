//! A provider's binary, started as Terraform starts it.

use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tempfile::TempDir;
use tokio::io::AsyncBufReadExt as _;
use tokio::process::ChildStdout;

use super::{Certificate, Connection, Route};

/// What `TF_PLUGIN_MAGIC_COOKIE` holds when a host starts a plugin.
pub const COOKIE: &str = crate::process::COOKIE_VALUE;

/// A plugin process. Killed when dropped.
pub struct Process {
    /// The process itself.
    pub child: Child,
    /// Where its socket is put.
    pub directory: TempDir,
    certificate: Option<Certificate>,
    /// Kept open once it is read here: whatever else the plugin says is for nobody.
    stdout: Option<ChildStdout>,
}

impl Process {
    /// Starts `command` as a plugin, and shows it a fresh client certificate.
    ///
    /// # Errors
    /// It cannot be started, or there is no place for its socket.
    pub fn start(command: Command) -> io::Result<Process> {
        let certificate = Certificate::new();
        let mut process = Process::start_with(command, &[("PLUGIN_CLIENT_CERT", &certificate.pem)])?;
        process.certificate = Some(certificate);
        Ok(process)
    }

    /// Starts `command` with nothing but the cookie, a place for the socket and these variables.
    ///
    /// # Errors
    /// As [`start`](Process::start).
    pub fn start_with(mut command: Command, variables: &[(&str, &str)]) -> io::Result<Process> {
        let directory = tempfile::tempdir()?;
        for (name, _) in std::env::vars() {
            if name.starts_with("TF_") || name.starts_with("PLUGIN_") {
                command.env_remove(name);
            }
        }
        command.env("TF_PLUGIN_MAGIC_COOKIE", COOKIE).env("PLUGIN_UNIX_SOCKET_DIR", directory.path());
        command.envs(variables.iter().copied());
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        Ok(Process { child, directory, certificate: None, stdout: None })
    }

    /// The fields of its first line; a single empty one when it ended without a word.
    ///
    /// # Errors
    /// Its stdout cannot be read.
    pub fn handshake(&mut self) -> io::Result<Vec<String>> {
        let mut line = String::new();
        if let Some(stdout) = &mut self.child.stdout {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        Ok(fields(&line))
    }

    /// Reads the handshake and connects, without blocking; needs a tokio runtime around it.
    ///
    /// # Errors
    /// What it said is no handshake, or nobody answers where it says.
    pub async fn connect(&mut self) -> io::Result<Connection> {
        let mut line = String::new();
        if let Some(stdout) = self.child.stdout.take() {
            let stdout = self.stdout.insert(ChildStdout::from_std(stdout)?);
            tokio::io::BufReader::new(stdout).read_line(&mut line).await?;
        }
        let channel = self.way(&fields(&line))?.channel().await.map_err(io::Error::other)?;
        Ok(channel.into())
    }

    /// Reads the handshake, waiting for it; the way to the plugin.
    ///
    /// # Errors
    /// What it said is no handshake.
    pub fn route(&mut self) -> io::Result<Route> {
        let fields = self.handshake()?;
        self.way(&fields)
    }

    fn way(&self, fields: &[String]) -> io::Result<Route> {
        let [_, _, _, path, _, certificate, ..] = fields else {
            return Err(io::Error::other(format!("not a plugin's handshake: {:?}", fields.join("|"))));
        };
        Ok(match &self.certificate {
            None => Route::plain(Path::new(path)),
            client => Route::tls(Path::new(path), &Process::certificate(certificate)?, client.as_ref()),
        })
    }

    /// The plugin's certificate, from that field of its handshake.
    ///
    /// # Errors
    /// It is not base64 without padding.
    pub fn certificate(field: &str) -> io::Result<Vec<u8>> {
        STANDARD_NO_PAD.decode(field).map_err(io::Error::other)
    }
}

fn fields(line: &str) -> Vec<String> {
    line.trim_end_matches('\n').split('|').map(str::to_owned).collect()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
