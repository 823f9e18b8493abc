//! What stands in a certificate, and whether certificate, key and chain belong together.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::refusals::{bad_chain, invalid, more_than_one};
use crate::call::error::ApiError;
use crate::seam::KeyedCertificate;

/// A certificate as it was issued or imported, with what is told of it.
#[derive(Debug)]
pub struct Inspected {
    pub pem: String,
    pub chain_pem: Option<String>,
    pub keyed: Arc<KeyedCertificate>,
    /// Colons between the bytes.
    pub serial: String,
    pub subject: String,
    pub issuer: String,
    /// Unix seconds.
    pub not_before: i64,
    pub not_after: i64,
    /// As the API spells it: `RSA-2048`, `EC-prime256v1` …
    pub algorithm: String,
    pub signature: &'static str,
}

impl Inspected {
    /// `None` if it is no certificate.
    pub fn of(pem: String, chain_pem: Option<String>, keyed: KeyedCertificate) -> Option<Self> {
        let read = {
            let (_, it) = X509Certificate::from_der(keyed.chain.first()?).ok()?;
            let validity = it.validity();
            (
                it.raw_serial_as_string(),
                it.subject().to_string(),
                it.issuer().to_string(),
                (validity.not_before.timestamp(), validity.not_after.timestamp()),
                algorithm(&it),
                signature(&it),
            )
        };
        let (serial, subject, issuer, (not_before, not_after), algorithm, signature) = read;
        let keyed = Arc::new(keyed);
        Some(Self {
            pem,
            chain_pem,
            keyed,
            serial,
            subject,
            issuer,
            not_before,
            not_after,
            algorithm,
            signature,
        })
    }
}

/// Takes what ImportCertificate brings, all PEM
/// (<https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html>).
pub fn import(certificate: &[u8], key: &[u8], chain: Option<&[u8]>) -> Result<Inspected, ApiError> {
    let parse = "Please ensure it is in PEM format.";
    let mut own = certificates(certificate)
        .ok_or_else(|| invalid(format!("The certificate could not be parsed. {parse}")))?;
    if own.len() > 1 {
        return Err(more_than_one());
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
        invalid(format!(
            "The private key could not be parsed. {parse} It must not be encrypted by a password."
        ))
    })?;
    match CertifiedKey::from_der(own.clone(), key.clone_key(), &aws_lc_rs::default_provider()) {
        Ok(_) => {}
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            return Err(invalid("The private key does not match the certificate."));
        }
        Err(_) => return Err(invalid("The private key is not supported.")),
    }
    if let Some(chain) = chain {
        let more = certificates(chain)
            .ok_or_else(|| invalid(format!("The certificate chain could not be parsed. {parse}")))?;
        own.extend(more);
    }
    let parsed: Vec<X509Certificate> = own
        .iter()
        .map(|der| X509Certificate::from_der(der).map(|(_, it)| it))
        .collect::<Result<_, _>>()
        .map_err(|_| invalid(format!("The certificate could not be parsed. {parse}")))?;
    // "Each certificate must directly certify the one preceding."
    let certified = |pair: &[X509Certificate]| match pair {
        [it, by] => {
            it.issuer() == by.subject() && by.is_ca() && it.verify_signature(Some(by.public_key())).is_ok()
        }
        _ => true,
    };
    if !parsed.windows(2).all(certified) {
        return Err(bad_chain());
    }
    let names = parsed.first().map(names).unwrap_or_default();
    let chain_der = own.iter().map(|der| der.to_vec()).collect();
    let keyed = KeyedCertificate { names, chain: chain_der, key: key.secret_der().to_vec() };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Inspected::of(text(certificate), chain.map(text), keyed)
        .ok_or_else(|| invalid(format!("The certificate could not be parsed. {parse}")))
}

fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    (!found.is_empty()).then_some(found)
}

/// The alternative names, or the subject's common name where there are none.
fn names(certificate: &X509Certificate) -> Vec<String> {
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let all = alternative.iter().flat_map(|it| &it.value.general_names);
    let names: Vec<String> = all
        .filter_map(|it| match it {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        })
        .collect();
    if !names.is_empty() {
        return names;
    }
    let common = certificate.subject().iter_common_name();
    common.filter_map(|it| it.as_str().ok()).map(str::to_owned).collect()
}

fn algorithm(certificate: &X509Certificate) -> String {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA-{}", key.key_size()),
        Ok(PublicKey::EC(key)) => match key.key_size() {
            384 => "EC-secp384r1".to_owned(),
            size if size > 384 => "EC-secp521r1".to_owned(),
            _ => "EC-prime256v1".to_owned(),
        },
        _ => "RSA-2048".to_owned(),
    }
}

fn signature(certificate: &X509Certificate) -> &'static str {
    match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.10045.4.3.2" => "SHA256WITHECDSA",
        "1.2.840.10045.4.3.3" => "SHA384WITHECDSA",
        "1.2.840.10045.4.3.4" => "SHA512WITHECDSA",
        "1.2.840.113549.1.1.12" => "SHA384WITHRSA",
        "1.2.840.113549.1.1.13" => "SHA512WITHRSA",
        _ => "SHA256WITHRSA",
    }
}
