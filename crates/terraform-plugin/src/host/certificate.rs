//! The host's half of mutual TLS.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};

/// A certificate like the one Terraform's plugin library makes for each run: P-521, self-signed, a CA.
pub struct Certificate {
    /// What goes into `PLUGIN_CLIENT_CERT`.
    pub pem: String,
    der: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Certificate {
    /// A fresh one.
    #[expect(clippy::new_without_default, reason = "every one is different")]
    pub fn new() -> Certificate {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).expect("a key");
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate");
        Certificate { pem: certificate.pem(), der: certificate.der().clone(), key: key.serialize_der() }
    }
}

/// TLS with the plugin whose certificate is `server`, showing `client`, if any.
pub(super) fn config(server: &[u8], client: Option<&Certificate>) -> Arc<ClientConfig> {
    let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let only = OnlyServer { certificate: server.to_vec(), crypto: Arc::clone(&crypto) };
    let builder = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(only));
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let key = PrivatePkcs8KeyDer::from(client.key.clone()).into();
            builder.with_client_auth_cert(vec![client.der.clone()], key).expect("a client certificate")
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

/// Trusts one server certificate. Go takes a CA's certificate for a server's; rustls by itself does not.
#[derive(Debug)]
struct OnlyServer {
    certificate: Vec<u8>,
    crypto: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OnlyServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match end_entity.as_ref() == self.certificate {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(rustls::Error::General("the handshake named another certificate".to_owned())),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}
