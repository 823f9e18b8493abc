//! Reads and checks what requests to Certificate Manager carry.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::refusals::invalid;
use crate::aws::tags::{MOST, Tags, refused};
use crate::call::error::ApiError;
use crate::call::params::Params;

/// Key algorithms that a certificate can be requested with, as requests spell them.
pub const ALGORITHMS: [&str; 7] =
    ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

/// The domain name and its alternatives, each once, the domain name first
/// (<https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>).
pub fn names(params: &Params) -> Result<Vec<String>, ApiError> {
    let mut names = vec![params.needed("DomainName")?.to_ascii_lowercase()];
    for name in params.texts("SubjectAlternativeNames")?.unwrap_or_default() {
        let name = name.to_ascii_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if let Some((index, wrong)) = names.iter().enumerate().find(|(_, name)| !is_domain(name)) {
        let member = if index == 0 { "domainName" } else { "subjectAlternativeNames" };
        return Err(invalid(format!(
            "1 validation error detected: Value '{wrong}' at '{member}' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: \
             (\\*\\.)?(((?!-)[A-Za-z0-9-]{{0,62}}[A-Za-z0-9])\\.)+((?!-)[A-Za-z0-9-]{{1,62}}[A-Za-z0-9])"
        )));
    }
    // A quota that AWS raises on request.
    if names.len() > 10 {
        let text = format!("Error: Certificate request has {} domain names. Maximum is 10.", names.len());
        return Err(ApiError::new("LimitExceededException", text));
    }
    Ok(names)
}

fn is_domain(name: &str) -> bool {
    let bare = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 253
        && bare.contains('.')
        && bare.split('.').all(label)
        && bare.rsplit('.').next().is_some_and(|last| last.len() > 1)
}

/// A member of type blob.
pub fn blob(params: &Params, name: &str) -> Result<Option<Vec<u8>>, ApiError> {
    let Some(text) = params.text(name)? else { return Ok(None) };
    let decoded = STANDARD.decode(text);
    decoded.map(Some).map_err(|_| ApiError::new("SerializationException", format!("'{name}' must be base64")))
}

pub fn tags(params: &Params) -> Result<Tags, ApiError> {
    let mut tags = Tags::new();
    for tag in params.objects("Tags")?.unwrap_or_default() {
        let (key, value) = (tag.needed("Key")?, tag.text("Value")?.unwrap_or_default());
        if let Some(text) = refused(key, value) {
            return Err(ApiError::new("InvalidTagException", text));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    too_many(&tags)?;
    Ok(tags)
}

pub fn too_many(tags: &Tags) -> Result<(), ApiError> {
    if tags.len() <= MOST {
        return Ok(());
    }
    Err(ApiError::new("TooManyTagsException", "The maximum number of tags per certificate is 50"))
}
