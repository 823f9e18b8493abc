//! Reads and checks who is to take on which role.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::call::error::ApiError;
use crate::call::params::Params;

pub struct Assumption {
    pub role: Role,
    pub session: String,
    pub duration: Duration,
}

pub struct Role {
    pub account: String,
    /// Without its path.
    pub name: String,
}

/// What a web identity token says, whose signature nobody here could verify.
pub struct Token {
    pub issuer: String,
    pub subject: String,
    pub audience: String,
}

fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", text)
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
pub fn assumption(params: &Params) -> Result<Assumption, ApiError> {
    let arn = params.needed("RoleArn")?;
    let role = role(arn).ok_or_else(|| invalid(format!("{arn} is invalid")))?;
    let session = params.needed("RoleSessionName")?;
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    if !(2..=64).contains(&session.len()) || !session.chars().all(letter) {
        return Err(invalid(format!(
            "1 validation error detected: Value '{session}' at 'roleSessionName' failed to satisfy constraint: Member \
             must satisfy regular expression pattern: [\\w+=,.@-]*"
        )));
    }
    let seconds = params.within("DurationSeconds", 900, 43_200)?.unwrap_or(3600);
    let duration = Duration::from_secs(seconds.unsigned_abs());
    Ok(Assumption { role, session: session.to_owned(), duration })
}

/// `arn:aws:iam::ACCOUNT:role[/PATH]/NAME`
fn role(arn: &str) -> Option<Role> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts[..] else { return None };
    let name = resource.strip_prefix("role/")?.rsplit('/').next().filter(|name| !name.is_empty())?;
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Role { account: account.to_owned(), name: name.to_owned() })
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
pub fn token(text: &str, unix: f64) -> Result<Token, ApiError> {
    let bad = || ApiError::new("InvalidIdentityToken", "The ID Token provided is not a valid JWT.");
    let parts: Vec<&str> = text.split('.').collect();
    let [_, payload, _] = parts[..] else { return Err(bad()) };
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).map_err(|_| bad())?;
    let told: Value = serde_json::from_slice(&payload).map_err(|_| bad())?;
    let audience = match &told["aud"] {
        Value::Array(all) => all.first().and_then(Value::as_str),
        one => one.as_str(),
    };
    let (Some(issuer), Some(subject), Some(audience)) =
        (told["iss"].as_str(), told["sub"].as_str(), audience)
    else {
        return Err(bad());
    };
    if told["exp"].as_f64().is_some_and(|end| end <= unix) {
        let text = "Token expired: current date/time must be before the expiration date/time";
        return Err(ApiError::new("ExpiredTokenException", text));
    }
    let issuer = issuer.strip_prefix("https://").unwrap_or(issuer);
    Ok(Token { issuer: issuer.to_owned(), subject: subject.to_owned(), audience: audience.to_owned() })
}
