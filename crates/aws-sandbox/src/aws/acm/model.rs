//! Certificates: requested ones, which a domain's owner has to validate, and imported ones.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::inspection::Inspected;
use super::refusals::not_found;
use crate::aws::place::{self, Place};
use crate::aws::tags::Tags;
use crate::call::error::ApiError;
use crate::dice::Dice;

#[derive(Clone, Debug)]
pub struct Acm {
    pub place: Place,
    pub certificates: BTreeMap<String, Certificate>,
}

#[derive(Clone, Debug)]
pub struct Certificate {
    pub arn: String,
    pub created: Duration,
    /// The first is the certificate's domain name.
    pub names: Vec<String>,
    pub origin: Origin,
    /// As the API spells it in answers: `RSA-2048`.
    pub algorithm: String,
    pub issued: Arc<Inspected>,
    pub transparency: String,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    Requested {
        method: &'static str,
        /// `None`: it never will be.
        issued_at: Option<Duration>,
        token: Option<String>,
    },
    Imported {
        at: Duration,
    },
}

/// After so long an answer tells the validation's record: it "may take some time" after the request
/// (<https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>).
const RECORD_AFTER: Duration = Duration::from_secs(2);

impl Acm {
    pub fn new(place: Place) -> Self {
        Self { place, certificates: BTreeMap::new() }
    }

    pub fn certificate(&self, arn: &str) -> Result<&Certificate, ApiError> {
        if !arn.starts_with("arn:") || place::kind(arn) != "certificate" {
            let text = format!("The ARN {arn} is not a valid certificate ARN");
            return Err(ApiError::new("InvalidArnException", text));
        }
        self.certificates.get(arn).ok_or_else(|| not_found(arn))
    }
}

impl Certificate {
    pub fn domain(&self) -> &str {
        self.names.first().map(String::as_str).unwrap_or_default()
    }

    pub fn is_imported(&self) -> bool {
        matches!(self.origin, Origin::Imported { .. })
    }

    /// When it may be used.
    pub fn issued_at(&self) -> Option<Duration> {
        match self.origin {
            Origin::Requested { issued_at, .. } => issued_at,
            Origin::Imported { at } => Some(at),
        }
    }

    /// Makes it come true at that time.
    pub fn issue(&mut self, at: Duration) {
        if let Origin::Requested { issued_at, .. } = &mut self.origin {
            *issued_at = Some(at);
        }
    }

    pub fn is_issued(&self, now: Duration) -> bool {
        self.issued_at().is_some_and(|at| at <= now)
    }

    pub fn status(&self, now: Duration) -> &'static str {
        if self.is_issued(now) { "ISSUED" } else { "PENDING_VALIDATION" }
    }

    /// As ListCertificates tells it.
    pub fn summary(&self, place: &Place, now: Duration, in_use: bool) -> Value {
        let issued = self.is_issued(now);
        let issued_time = issued.then(|| self.issued_at().map(|at| place.seconds(at))).flatten();
        json!({
            "CertificateArn": self.arn,
            "DomainName": self.domain(),
            "SubjectAlternativeNameSummaries": self.names,
            "HasAdditionalSubjectAlternativeNames": false,
            "Status": self.status(now),
            "Type": self.kind(),
            "KeyAlgorithm": self.algorithm,
            "KeyUsages": ["DIGITAL_SIGNATURE"],
            "ExtendedKeyUsages": ["TLS_WEB_SERVER_AUTHENTICATION"],
            "InUse": in_use,
            "RenewalEligibility": self.eligibility(in_use),
            "NotBefore": issued.then_some(self.issued.not_before),
            "NotAfter": issued.then_some(self.issued.not_after),
            "CreatedAt": place.seconds(self.created),
            "IssuedAt": issued_time.filter(|_| !self.is_imported()),
            "ImportedAt": issued_time.filter(|_| self.is_imported()),
        })
    }

    /// As DescribeCertificate tells it; `used_by` are ARNs of load balancers.
    pub fn json(&self, place: &Place, now: Duration, used_by: &[String]) -> Value {
        let mut told = self.summary(place, now, !used_by.is_empty());
        for summarized in ["SubjectAlternativeNameSummaries", "HasAdditionalSubjectAlternativeNames", "InUse"]
        {
            told.as_object_mut().map(|members| members.remove(summarized));
        }
        told["SubjectAlternativeNames"] = json!(self.names);
        told["InUseBy"] = json!(used_by);
        told["KeyUsages"] = json!([{"Name": "DIGITAL_SIGNATURE"}]);
        told["ExtendedKeyUsages"] =
            json!([{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}]);
        told["Subject"] = json!(format!("CN={}", self.domain()));
        told["SignatureAlgorithm"] = json!(self.signature());
        told["Options"] =
            json!({"CertificateTransparencyLoggingPreference": self.transparency, "Export": "DISABLED"});
        if self.is_issued(now) {
            told["Serial"] = json!(self.issued.serial);
            told["Issuer"] = json!(if self.is_imported() { self.issued.issuer.as_str() } else { "Amazon" });
        }
        if self.is_imported() {
            told["Subject"] = json!(self.issued.subject);
        }
        if let Origin::Requested { method, .. } = self.origin {
            let options: Vec<Value> =
                self.names.iter().map(|name| self.validation(place, now, name, method)).collect();
            told["DomainValidationOptions"] = json!(options);
        }
        told
    }

    fn validation(&self, place: &Place, now: Duration, name: &str, method: &str) -> Value {
        let status = if self.is_issued(now) { "SUCCESS" } else { "PENDING_VALIDATION" };
        let mut option = json!({
            "DomainName": name, "ValidationDomain": name, "ValidationMethod": method,
            "ValidationStatus": status,
        });
        if method == "EMAIL" {
            let bare = bare(name);
            let mailboxes = ["admin", "administrator", "hostmaster", "postmaster", "webmaster"];
            option["ValidationEmails"] = mailboxes.iter().map(|it| format!("{it}@{bare}")).collect();
        } else if self.created + RECORD_AFTER <= now || self.is_issued(now) {
            option["ResourceRecord"] = record(place, name);
        }
        option
    }

    fn kind(&self) -> &'static str {
        if self.is_imported() { "IMPORTED" } else { "AMAZON_ISSUED" }
    }

    /// Renewed are certificates of Amazon's that are in use
    /// (<https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>).
    fn eligibility(&self, in_use: bool) -> &'static str {
        if in_use && !self.is_imported() { "ELIGIBLE" } else { "INELIGIBLE" }
    }

    fn signature(&self) -> &'static str {
        match (self.is_imported(), self.algorithm.starts_with("RSA")) {
            (false, true) => "SHA256WITHRSA",
            _ => self.issued.signature,
        }
    }
}

fn bare(name: &str) -> &str {
    name.strip_prefix("*.").unwrap_or(name)
}

/// The record that proves a domain, always the same for one account and domain, wildcard or not
/// (<https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>).
fn record(place: &Place, name: &str) -> Value {
    let bare = bare(name);
    let seed = place.account.bytes().chain(bare.bytes());
    let mut dice = Dice::new(seed.fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    }));
    let (left, right) = (dice.hex32(), dice.hex32());
    let zone: String = (0..10).map(|_| char::from(b'a' + (dice.roll() % 26) as u8)).collect();
    json!({
        "Name": format!("_{left}.{bare}."), "Type": "CNAME",
        "Value": format!("_{right}.{zone}.acm-validations.aws."),
    })
}
