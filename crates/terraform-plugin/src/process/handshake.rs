//! The first words between host and plugin: environment variables in, one line on stdout back.

use std::fmt;
#[cfg(feature = "testing")]
use std::path::Path;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

const COOKIE: &str = "TF_PLUGIN_MAGIC_COOKIE";
pub const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// go-plugin's own protocol.
const CORE_PROTOCOL: u8 = 1;
/// Terraform's provider protocol.
pub const PROTOCOL: u8 = 6;

/// What the host wants of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The only client to serve, as PEM; `None` if the host works without TLS.
    pub client_certificate: Option<String>,
    /// Where to put the socket.
    pub socket_directory: PathBuf,
    /// Whether the host asked if several connections may share the socket's one stream.
    pub asks_about_multiplexing: bool,
}

impl Invitation {
    /// Reads the environment. `None` means that it was no plugin host who started us.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Option<Invitation> {
        if variable(COOKIE).as_deref() != Some(COOKIE_VALUE) {
            return None;
        }
        let directory = variable("PLUGIN_UNIX_SOCKET_DIR").filter(|d| !d.is_empty());
        Some(Invitation {
            client_certificate: variable("PLUGIN_CLIENT_CERT"),
            socket_directory: directory.map_or_else(std::env::temp_dir, PathBuf::from),
            asks_about_multiplexing: variable("PLUGIN_MULTIPLEX_GRPC").is_some_and(|v| !v.is_empty()),
        })
    }
}

/// Where the plugin listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// A TCP port on loopback.
    #[cfg_attr(unix, allow(dead_code, reason = "for systems without unix sockets"))]
    Tcp(std::net::SocketAddr),
}

impl Address {
    /// Go's name for the kind of address.
    pub fn network(&self) -> &'static str {
        match self {
            Address::Unix(_) => "unix",
            Address::Tcp(_) => "tcp",
        }
    }

    /// The socket's path, if it has one.
    #[cfg(feature = "testing")]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Address::Unix(path) => Some(path),
            Address::Tcp(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unix(path) => path.display().fmt(f),
            Address::Tcp(address) => address.fmt(f),
        }
    }
}

/// The line that tells the host where we listen and by which certificate it knows us.
pub fn line(address: &Address, certificate: Option<&[u8]>, asks_about_multiplexing: bool) -> String {
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let network = address.network();
    // Hosts that do not ask would take a seventh field for a part of the certificate.
    let multiplexing = if asks_about_multiplexing { "|false" } else { "" };
    format!("{CORE_PROTOCOL}|{PROTOCOL}|{network}|{address}|grpc|{certificate}{multiplexing}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Option<Invitation> {
        Invitation::read(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn only_the_right_cookie_is_an_invitation() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[(COOKIE, "")]), None);
        assert_eq!(read(&[(COOKIE, "d602")]), None);
        let plain = read(&[(COOKIE, COOKIE_VALUE)]).unwrap();
        assert_eq!(plain.client_certificate, None);
        assert_eq!(plain.socket_directory, std::env::temp_dir());
        let full = [(COOKIE, COOKIE_VALUE), ("PLUGIN_CLIENT_CERT", "pem"), ("PLUGIN_UNIX_SOCKET_DIR", "/x")];
        assert_eq!(read(&full).unwrap().client_certificate.as_deref(), Some("pem"));
        assert_eq!(read(&full).unwrap().socket_directory, PathBuf::from("/x"));
    }

    #[test]
    fn the_line_has_six_fields_or_seven_if_asked() {
        let address = Address::Unix("/tmp/p/s".into());
        assert_eq!(line(&address, None, false), "1|6|unix|/tmp/p/s|grpc|\n");
        assert_eq!(line(&address, Some(b"cert"), false), "1|6|unix|/tmp/p/s|grpc|Y2VydA\n");
        assert_eq!(line(&address, Some(b"cert"), true), "1|6|unix|/tmp/p/s|grpc|Y2VydA|false\n");
        let address = Address::Tcp(([127, 0, 0, 1], 1234).into());
        assert_eq!(line(&address, None, false), "1|6|tcp|127.0.0.1:1234|grpc|\n");
    }
}
