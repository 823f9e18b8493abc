//! Requesting, importing, deleting and tagging certificates.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::inspection;
use super::model::{Certificate, Origin};
use super::refusals::{in_use, invalid};
use super::requests::{self, ALGORITHMS};
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

/// How long a validation takes, in seconds: minutes to hours at AWS, for which nobody's rehearsal has the time.
const VALIDATION: (f64, f64) = (20.0, 40.0);

/// "If you call RequestCertificate multiple times with the same idempotency token within one hour, ACM recognizes that
/// you are requesting only one certificate"
/// (<https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>).
const TOKEN_LASTS: Duration = Duration::from_secs(3600);

/// Names here are nobody's (RFC 6761), so nobody can make the record that proves one.
const NOBODYS: &str = ".invalid";

impl World {
    pub(crate) fn request_certificate(&mut self, now: Duration, params: &Params) -> Answer {
        let names = requests::names(params)?;
        let method = match params.word("ValidationMethod", &["DNS", "EMAIL", "HTTP"])? {
            Some("DNS") => "DNS",
            None | Some("EMAIL") => "EMAIL",
            // Only Amazon CloudFront can ask for it.
            _ => return Err(invalid("The validation method HTTP is not available for this certificate")),
        };
        let algorithm = params.word("KeyAlgorithm", &ALGORITHMS)?.unwrap_or("RSA_2048").replacen('_', "-", 1);
        let tags = requests::tags(params)?;
        let token = params.text("IdempotencyToken")?.map(str::to_owned);
        let transparency = transparency(params)?.unwrap_or("ENABLED").to_owned();
        let same = self.state.acm.certificates.values().find(|it| {
            matches!(&it.origin, Origin::Requested { token: Some(used), .. } if Some(used) == token.as_ref())
                && it.created + TOKEN_LASTS > now
                && it.names == names
        });
        if let Some(same) = same {
            return Ok(json!({"CertificateArn": same.arn}));
        }
        // Clients look at the machine's clock, behind which the sandbox's runs ahead: good from the day the sandbox was
        // started on.
        let made = self.authority.issue(&names, self.settings.place.epoch);
        let issued = Arc::new(made.map_err(|error| invalid(error.to_string()))?);
        let validates = method == "DNS" && !names.iter().any(|name| name.ends_with(NOBODYS));
        let delay = self.dice.seconds(VALIDATION.0, VALIDATION.1);
        let issued_at = validates.then_some(now + delay);
        let origin = Origin::Requested { method, issued_at, token };
        let arn = self.settings.place.acm(&format!("certificate/{}", self.dice.uuid()));
        let it = Certificate {
            arn: arn.clone(),
            created: now,
            names,
            origin,
            algorithm,
            issued,
            transparency,
            tags,
        };
        self.state.acm.certificates.insert(arn.clone(), it);
        Ok(json!({"CertificateArn": arn}))
    }

    /// A certificate imported anew keeps its ARN, and its listeners serve it
    /// (<https://docs.aws.amazon.com/acm/latest/userguide/import-reimport.html>).
    pub(crate) fn import_certificate(&mut self, now: Duration, params: &Params) -> Answer {
        let certificate =
            requests::blob(params, "Certificate")?.ok_or_else(|| params.missing("Certificate"))?;
        let key = requests::blob(params, "PrivateKey")?.ok_or_else(|| params.missing("PrivateKey"))?;
        let chain = requests::blob(params, "CertificateChain")?;
        let mut tags = requests::tags(params)?;
        let old = match params.text("CertificateArn")? {
            Some(arn) => Some(self.state.acm.certificate(arn)?.clone()),
            None => None,
        };
        if let Some(old) = &old {
            if !old.is_imported() {
                return Err(invalid("Only certificates that were imported can be imported again."));
            }
            if !tags.is_empty() {
                return Err(invalid("Tags cannot be specified when a certificate is imported again."));
            }
            tags = old.tags.clone();
        }
        let issued = inspection::import(&certificate, &key, chain.as_deref())?;
        let unix = self.settings.place.seconds(now);
        if (issued.not_after as f64) < unix {
            return Err(invalid("The certificate has expired."));
        }
        if (issued.not_before as f64) > unix {
            return Err(invalid("The certificate is not valid yet."));
        }
        let fresh = self.settings.place.acm(&format!("certificate/{}", self.dice.uuid()));
        let arn = old.as_ref().map_or(fresh, |old| old.arn.clone());
        let it = Certificate {
            arn: arn.clone(),
            created: old.map_or(now, |old| old.created),
            names: issued.keyed.names.clone(),
            origin: Origin::Imported { at: now },
            algorithm: issued.algorithm.clone(),
            issued: Arc::new(issued),
            transparency: "DISABLED".to_owned(),
            tags,
        };
        self.state.acm.certificates.insert(arn.clone(), it);
        let users = self.state.elb.listeners.values().filter(|it| it.all_certificates().any(|it| *it == arn));
        for listener in users.map(|it| it.arn.clone()).collect::<Vec<_>>() {
            self.propagate(now, &listener);
        }
        Ok(json!({"CertificateArn": arn}))
    }

    pub(crate) fn delete_certificate(&mut self, params: &Params) -> Answer {
        let arn = params.needed("CertificateArn")?;
        self.state.acm.certificate(arn)?;
        if !self.state.used_by(arn).is_empty() {
            return Err(in_use(arn, &self.settings.place.account));
        }
        self.state.acm.certificates.remove(arn);
        Ok(json!({}))
    }

    fn certificate_mut(&mut self, params: &Params) -> Result<&mut Certificate, ApiError> {
        let arn = params.needed("CertificateArn")?;
        self.state.acm.certificate(arn)?;
        self.state.acm.certificates.get_mut(arn).ok_or_else(|| super::refusals::not_found(arn))
    }

    pub(crate) fn update_certificate_options(&mut self, params: &Params) -> Answer {
        let wanted = transparency(params)?.ok_or_else(|| params.missing("Options"))?.to_owned();
        self.certificate_mut(params)?.transparency = wanted;
        Ok(json!({}))
    }

    pub(crate) fn add_tags_to_certificate(&mut self, params: &Params) -> Answer {
        let new = requests::tags(params)?;
        let it = self.certificate_mut(params)?;
        let mut tags = it.tags.clone();
        tags.extend(new);
        requests::too_many(&tags)?;
        it.tags = tags;
        Ok(json!({}))
    }

    /// "If you do not specify the value, the tag is removed regardless of value"
    /// (<https://docs.aws.amazon.com/acm/latest/APIReference/API_RemoveTagsFromCertificate.html>).
    pub(crate) fn remove_tags_from_certificate(&mut self, params: &Params) -> Answer {
        let mut gone = Vec::new();
        for tag in params.objects("Tags")?.ok_or_else(|| params.missing("Tags"))? {
            gone.push((tag.needed("Key")?, tag.text("Value")?));
        }
        let goes = |key: &str, value: &str| {
            gone.iter().any(|(name, of)| *name == key && of.is_none_or(|of| of == value))
        };
        self.certificate_mut(params)?.tags.retain(|key, value| !goes(key, value));
        Ok(json!({}))
    }
}

fn transparency<'a>(params: &Params<'a>) -> Result<Option<&'a str>, ApiError> {
    match params.object("Options")? {
        Some(options) => options.word("CertificateTransparencyLoggingPreference", &["ENABLED", "DISABLED"]),
        None => Ok(None),
    }
}
