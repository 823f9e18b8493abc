//! The sandbox's own certificate authority: what Amazon's is for public certificates.
//!
//! Its keys and signatures are the one thing in the world that no seed decides. They are made when first needed, since
//! most worlds need none.

use std::sync::{Arc, OnceLock};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use time::{OffsetDateTime, UtcDateTime};

use super::inspection::Inspected;
use crate::seam::KeyedCertificate;

/// Cheap to clone; all clones are the same authority.
#[derive(Clone, Default)]
pub struct Authority(Arc<OnceLock<Root>>);

struct Root {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

/// "13 months (395 days)" (<https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html>).
const VALID_DAYS: i64 = 395;
const DAY: i64 = 24 * 3600;

impl Authority {
    /// The root certificate, which clients are to trust.
    ///
    /// # Errors
    /// Only if the cryptography library fails.
    pub fn pem(&self) -> Result<&str, rcgen::Error> {
        self.root().map(|root| root.pem.as_str())
    }

    fn root(&self) -> Result<&Root, rcgen::Error> {
        if let Some(root) = self.0.get() {
            return Ok(root);
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::OrganizationName, "aws-sandbox");
        params.distinguished_name.push(DnType::CommonName, "aws-sandbox root CA");
        let today = UtcDateTime::now().unix_timestamp() / DAY * DAY;
        (params.not_before, params.not_after) = (moment(today - DAY), moment(today + 3650 * DAY));
        let pem = params.self_signed(&key)?.pem();
        let made = Root { issuer: Issuer::new(params, key), pem };
        Ok(self.0.get_or_init(|| made))
    }

    /// A certificate for these host names, good from the day of `from` (Unix seconds) on.
    ///
    /// # Errors
    /// Names that no certificate can carry.
    pub fn issue(&self, names: &[String], from: f64) -> Result<Inspected, rcgen::Error> {
        let root = self.root()?;
        // All keys are of the kind that is made in no time, whatever was asked for.
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(names)?;
        let subject = names.first().map(String::as_str).unwrap_or_default();
        params.distinguished_name.push(DnType::CommonName, subject);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let day = from as i64 / DAY * DAY;
        (params.not_before, params.not_after) = (moment(day), moment(day + VALID_DAYS * DAY));
        let made = params.signed_by(&key, &root.issuer)?;
        let keyed = KeyedCertificate {
            names: names.to_vec(),
            chain: vec![made.der().to_vec()],
            key: key.serialize_der(),
        };
        let made = Inspected::of(made.pem(), Some(root.pem.clone()), keyed);
        made.ok_or(rcgen::Error::CouldNotParseCertificate)
    }
}

fn moment(unix: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(unix).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
