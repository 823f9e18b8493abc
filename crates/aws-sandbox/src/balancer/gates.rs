//! Who may pass: sessions of logged-in callers, and bearer tokens
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html>).
//!
//! There is no identity provider on loopback, so whoever comes back from one with the state he was sent there with has
//! logged in; and a token's signature is not verified, but everything it claims is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header::{AUTHORIZATION, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use super::answer;
use super::body::Outgoing;
use super::cookies;
use super::rules::Asked;
use crate::seam::{Claim, ClaimFormat, Gate, ListenerView, Login, Unauthenticated};

/// Where identity providers send callers back to.
const CALLBACK: &str = "/oauth2/idpresponse";

/// "The client must complete the login within 15 minutes".
const LOGIN_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// An error of the identity provider's
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html>).
const PROVIDER_FAILED: u16 = 561;

/// What the caller gets instead of the rule's action; `None` if he passes every gate.
pub(super) fn barred(gates: &[Gate], asked: &Asked, port: u16, now: Duration) -> Option<Response<Outgoing>> {
    gates.iter().find_map(|gate| match gate {
        Gate::Token { issuer, claims } => {
            (!token_passes(asked.headers, issuer, claims)).then(|| answer::error(401))
        }
        Gate::Login(login) if has_session(login, asked.headers, now) => None,
        Gate::Login(login) => match login.otherwise {
            Unauthenticated::Allow => None,
            Unauthenticated::Deny => Some(answer::error(401)),
            Unauthenticated::Authenticate => Some(to_provider(login, asked, port, now)),
        },
    })
}

/// The answer to a caller who comes back from an identity provider; `None` if this is no such request.
pub(super) fn back_from_provider(
    listener: &ListenerView,
    asked: &Asked,
    now: Duration,
) -> Option<Response<Outgoing>> {
    if asked.path != CALLBACK {
        return None;
    }
    let logins: Vec<&Login> = listener.rules.iter().flat_map(|rule| &rule.gates).filter_map(login).collect();
    if logins.is_empty() {
        return None;
    }
    let parameter = |name: &str| {
        let mut pairs = form_urlencoded::parse(asked.query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if parameter("error").is_some() {
        return Some(answer::error(PROVIDER_FAILED));
    }
    let state = parameter("code").and_then(|_| cookies::open(&parameter("state")?, now));
    let came = state.as_deref().and_then(|state| {
        let (identity, url) = state.split_once('\n')?;
        Some((*logins.iter().find(|login| identity_of(login) == identity)?, url))
    });
    Some(came.map_or_else(|| answer::error(401), |(login, url)| into_session(login, url, asked.scheme, now)))
}

fn login(gate: &Gate) -> Option<&Login> {
    match gate {
        Gate::Login(login) => Some(login),
        Gate::Token { .. } => None,
    }
}

/// What a session is good for: every rule of the same client of the same provider.
fn identity_of(login: &Login) -> String {
    format!("{} {}", login.issuer, login.client)
}

/// Session cookies come in shards; one is enough here.
fn shard(login: &Login) -> String {
    format!("{}-0", login.cookie)
}

fn has_session(login: &Login, headers: &HeaderMap, now: Duration) -> bool {
    cookies::read(headers, &shard(login), now).is_some_and(|session| session == identity_of(login))
}

fn to_provider(login: &Login, asked: &Asked, port: u16, now: Duration) -> Response<Outgoing> {
    let site = format!("{}://{}:{port}", asked.scheme, asked.host);
    let question = if asked.query.is_empty() { "" } else { "?" };
    let url = format!("{site}{}{question}{}", asked.path, asked.query);
    let state = cookies::seal(&format!("{}\n{url}", identity_of(login)), now + LOGIN_TIMEOUT);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", &login.client)
        .append_pair("redirect_uri", &format!("{site}{CALLBACK}"))
        .append_pair("response_type", "code")
        .append_pair("scope", &login.scope)
        .append_pair("state", &state)
        .extend_pairs(&login.extra);
    found(&format!("{}?{}", login.endpoint, query.finish()))
}

fn into_session(login: &Login, url: &str, scheme: &str, now: Duration) -> Response<Outgoing> {
    let mut response = found(url);
    let session = cookies::seal(&identity_of(login), now + login.session);
    // Logins are for HTTPS listeners only; a table made by hand may have one on plain HTTP, where no client would send a
    // secure cookie back.
    let secure = if scheme == "https" { "; Secure" } else { "" };
    let line =
        format!("{}={session}; Max-Age={}; Path=/{secure}; HttpOnly", shard(login), login.session.as_secs());
    if let Ok(line) = HeaderValue::from_str(&line) {
        response.headers_mut().append(SET_COOKIE, line);
    }
    response
}

fn found(url: &str) -> Response<Outgoing> {
    let Ok(location) = HeaderValue::from_str(url) else { return answer::error(500) };
    let mut response = answer::fixed(StatusCode::FOUND.as_u16(), "text/html", "");
    response.headers_mut().insert(LOCATION, location);
    response
}

fn token_passes(headers: &HeaderMap, issuer: &str, claims: &[Claim]) -> bool {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
    let parts: Vec<&str> = bearer.unwrap_or_default().split('.').collect();
    let [header, payload, signature] = parts[..] else { return false };
    let json =
        |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let (Some(_), Some(told)) = (json(header), json(payload)) else { return false };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    !signature.is_empty()
        && told["iss"] == issuer
        && told["exp"].as_f64().is_some_and(|exp| exp > now)
        && told.get("nbf").is_none_or(|nbf| nbf.as_f64().is_some_and(|nbf| nbf <= now))
        && claims.iter().all(|claim| claimed(claim, &told[&claim.name]))
}

fn claimed(claim: &Claim, told: &Value) -> bool {
    let wanted = |text: &str| claim.values.iter().any(|value| value == text);
    match (claim.format, told) {
        (ClaimFormat::SingleString, Value::String(text)) => wanted(text),
        (ClaimFormat::StringArray, Value::Array(texts)) => texts.iter().filter_map(Value::as_str).any(wanted),
        (ClaimFormat::SpaceSeparated, Value::String(text)) => text.split(' ').any(wanted),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(payload: Value, expected: bool) {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let token = format!("Bearer {}.{}.c2lnbmVk", part(&json!({"alg": "RS256"})), part(&payload));
        let headers = [(AUTHORIZATION, token.parse().unwrap())].into_iter().collect();
        let claims = [Claim {
            name: "scope".into(),
            format: ClaimFormat::SpaceSeparated,
            values: vec!["shop.read".into()],
        }];
        assert_eq!(token_passes(&headers, "https://idp.example.com/", &claims), expected, "{payload}");
    }

    #[test]
    fn a_token_passes_with_the_right_issuer_time_and_claims() {
        let good = json!({"iss": "https://idp.example.com/", "exp": 9e9, "scope": "openid shop.read"});
        let with = |name: &str, value: Value| {
            let mut changed = good.clone();
            changed[name] = value;
            changed
        };
        check(good.clone(), true);
        check(with("iss", json!("https://else.example.com/")), false);
        check(with("exp", json!(1)), false);
        check(with("nbf", json!(9e9)), false);
        check(with("scope", json!("shop.write")), false);
        check(json!([]), false);
        assert!(!token_passes(&HeaderMap::new(), "", &[]));
    }
}
