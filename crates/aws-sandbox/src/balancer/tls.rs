//! TLS towards clients: what a listener offers, which certificate a server name gets, and handshakes that end in time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{SignatureAlgorithm, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::clock::Clock;
use crate::seam::{KeyedCertificate, Tls, TlsVersions};
use crate::timeout;

/// How long a client may take to finish its handshake. AWS documents none; here it is never less than two seconds of the
/// wall's clock, so that a busy machine at a high speed refuses nobody.
const HANDSHAKE: Duration = Duration::from_secs(10);
const HANDSHAKE_AT_LEAST: Duration = Duration::from_secs(2);

/// First byte of a TLS connection: a handshake record.
const HANDSHAKE_RECORD: u8 = 22;

/// What each port offers, worked out once for each state of its listener. New connections get the newest; those that are
/// open keep what they were opened with.
#[derive(Default)]
pub(super) struct Offers(Mutex<HashMap<u16, (Tls, Arc<ServerConfig>)>>);

impl Offers {
    pub fn of(&self, port: u16, tls: &Tls) -> Result<Arc<ServerConfig>, String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, config)) = known.get(&port)
            && of == tls
        {
            return Ok(config.clone());
        }
        let config = Arc::new(offer(tls)?);
        known.insert(port, (tls.clone(), config.clone()));
        Ok(config)
    }
}

fn offer(tls: &Tls) -> Result<ServerConfig, String> {
    let versions: &[&SupportedProtocolVersion] = match tls.versions {
        TlsVersions::Only12 => &[&TLS12],
        TlsVersions::Only13 => &[&TLS13],
        TlsVersions::Both => &[&TLS12, &TLS13],
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions);
    let certificates = Arc::new(Certificates::new(&tls.certificates)?);
    let mut config =
        builder.map_err(|error| error.to_string())?.with_no_client_auth().with_cert_resolver(certificates);
    if tls.http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
}

/// A listener's certificates, ready to sign.
#[derive(Debug)]
struct Certificates {
    default: Arc<CertifiedKey>,
    list: Vec<(Vec<String>, Arc<CertifiedKey>)>,
}

impl Certificates {
    fn new(all: &[Arc<KeyedCertificate>]) -> Result<Self, String> {
        let (default, list) = all.split_first().ok_or("the listener has no certificate")?;
        let list = list.iter().map(|it| ready(it).map(|key| (it.names.clone(), key)));
        Ok(Self { default: ready(default)?, list: list.collect::<Result<_, _>>()? })
    }

    /// "If there is no match for the server name, the default": the most specific name of the list wins, then a key that
    /// the client can use, elliptic curves before RSA
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html>).
    fn choose(&self, name: Option<&str>, usable: impl Fn(&CertifiedKey) -> bool) -> Arc<CertifiedKey> {
        let Some(name) = name else { return self.default.clone() };
        let fits = |(names, key): &&(Vec<String>, Arc<CertifiedKey>)| {
            let specific = names.iter().filter_map(|pattern| fit(pattern, name)).max()?;
            Some((specific, usable(key), key.key.algorithm() == SignatureAlgorithm::ECDSA))
        };
        let best = self.list.iter().filter(|it| fits(it).is_some()).max_by_key(fits);
        best.map_or(&self.default, |(_, key)| key).clone()
    }
}

/// How well a certificate's name fits a server's: not at all, as a wildcard, exactly.
fn fit(pattern: &str, name: &str) -> Option<u8> {
    if pattern.eq_ignore_ascii_case(name) {
        return Some(2);
    }
    let (_, parent) = name.split_once('.')?;
    pattern.strip_prefix("*.").filter(|rest| rest.eq_ignore_ascii_case(parent)).map(|_| 1)
}

fn ready(it: &KeyedCertificate) -> Result<Arc<CertifiedKey>, String> {
    let key = PrivateKeyDer::try_from(it.key.clone())?;
    let key = aws_lc_rs::sign::any_supported_type(&key).map_err(|error| error.to_string())?;
    let chain = it.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let schemes = hello.signature_schemes();
        Some(self.choose(hello.server_name(), |key| key.key.choose_scheme(schemes).is_some()))
    }
}

/// What has become of a client that knocked at a secure port.
pub(super) enum Shaken {
    Hands(Box<TlsStream<TcpStream>>),
    /// It speaks no TLS at all.
    Plain(TcpStream),
    Gone,
}

pub(super) async fn shake(stream: TcpStream, config: Arc<ServerConfig>, clock: &Clock) -> Shaken {
    let shaking = async move {
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(1) if first == [HANDSHAKE_RECORD] => {}
            Ok(1) => return Shaken::Plain(stream),
            _ => return Shaken::Gone,
        }
        // The alert, if any, is sent by the acceptor.
        match TlsAcceptor::from(config).accept(stream).await {
            Ok(stream) => Shaken::Hands(Box::new(stream)),
            Err(_) => Shaken::Gone,
        }
    };
    let patience = HANDSHAKE.max(HANDSHAKE_AT_LEAST.mul_f64(clock.speed()));
    tokio::select! {
        biased;
        shaken = shaking => shaken,
        () = timeout::pass(clock, patience) => Shaken::Gone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::acm::Authority;

    fn check(list: &[&[&str]], name: Option<&str>, expected: Option<usize>) {
        let authority = Authority::default();
        let issue = |names: &&[&str]| {
            let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
            authority.issue(&names, 1.8e9).unwrap().keyed
        };
        let mut all = vec![issue(&&["default.example.com"][..])];
        all.extend(list.iter().map(issue));
        let certificates = Certificates::new(&all).unwrap();
        let chosen = certificates.choose(name, |_| true);
        let index = all.iter().position(|it| it.chain[0] == chosen.cert[0].as_ref()).unwrap();
        assert_eq!(index.checked_sub(1), expected, "{list:?} {name:?}");
    }

    #[test]
    fn a_server_name_gets_the_certificate_that_fits_best_and_others_get_the_default() {
        let list: &[&[&str]] =
            &[&["*.example.com"], &["a.example.com", "b.example.com"], &["*.b.example.com"]];
        check(list, Some("a.example.com"), Some(1));
        check(list, Some("B.Example.com"), Some(1));
        check(list, Some("c.example.com"), Some(0));
        check(list, Some("x.b.example.com"), Some(2));
        check(list, Some("x.c.example.com"), None);
        check(list, Some("example.com"), None);
        check(list, None, None);
        check(&[], Some("a.example.com"), None);
    }
}
