//! What the rules do with a request before they forward it: logins, checks of tokens, rewrites.

use std::collections::BTreeMap;

use super::conditions::members;
use super::meaning::{Complaint, Meaning, named, number, parsed, secret, text, word};
use super::row::{Found, Row, Table, Undecided, read_at, rows, write};
use crate::bluegreen::carried::{Before, Claim, Rewrite, Session, Transform};
use crate::bluegreen::spec::Spec;
use secrecy::SecretString;
use terraform_plugin::{Attribute, AttributePath, Kind, Type, Value};

pub static ROWS: Table<Spec> = rows! { Spec {
    /// Callers log in with Amazon Cognito first, on every rule of this service. Left out, whatever login the
    /// production rule has is kept, and the other rules have it too; an empty object says none.
    "authenticate_cognito": login(&COGNITO, cognito, show_cognito) => extras.cognito.value;
    /// Callers log in with an OpenID Connect provider first, on every rule of this service. Left out, whatever login
    /// the production rule has is kept; an empty object says none. A canary of a service with such a login needs the
    /// `client_secret`, which AWS never tells.
    "authenticate_oidc": login(&OIDC, oidc, show_oidc) => extras.oidc.value;
    /// Requests need a token that this issuer signed, on every rule of this service. Left out, whatever check the
    /// production rule has is kept, and the other rules have it too; an empty object says none.
    "jwt_validation": login(&JWT, jwt, show_jwt) => extras.jwt.value;
    /// Rewrites of the request before it is forwarded, on every rule of this service. Left out, those of the
    /// production rule are kept, and the other rules have them too; `[]` says none.
    "transforms": transforms() => extras.transforms.value;
}};

/// The attributes of which nothing said means that what stands is kept.
pub const KEPT: [&str; 5] =
    ["conditions", "authenticate_cognito", "authenticate_oidc", "jwt_validation", "transforms"];

#[derive(Clone, Debug, Default, PartialEq)]
struct Cognito {
    user_pool_arn: Option<String>,
    client_id: Option<String>,
    domain: Option<String>,
    session: Session,
}

static COGNITO: Table<Cognito> = rows! { Cognito {
    /// ARN of the user pool.
    "user_pool_arn": given() => user_pool_arn;
    /// Id of the user pool's client.
    "user_pool_client_id": given() => client_id;
    /// Domain prefix or full domain of the user pool.
    "user_pool_domain": given() => domain;
    /// Name of the session's cookie. Default {default}.
    "session_cookie_name": or("AWSELBAuthSessionCookie") => session.cookie_name;
    /// What is asked of the user pool. Default {default}.
    "scope": or("openid") => session.scope;
    /// Seconds a session lasts, {range}. Default {default}.
    "session_timeout": timeout() => session.timeout;
    /// What becomes of callers without a session: {words}.
    "on_unauthenticated_request": unauthenticated() => session.on_unauthenticated_request;
    /// Further parameters of the redirect.
    "authentication_request_extra_params": parameters() => session.extra_parameters;
}};

#[derive(Clone, Debug, Default)]
struct Oidc {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    user_info_endpoint: Option<String>,
    client_id: Option<String>,
    secret: Option<SecretString>,
    session: Session,
}

static OIDC: Table<Oidc> = rows! { Oidc {
    /// The provider's issuer.
    "issuer": given() => issuer;
    /// Where callers log in.
    "authorization_endpoint": given() => authorization_endpoint;
    /// Where the load balancer fetches tokens.
    "token_endpoint": given() => token_endpoint;
    /// Where the load balancer asks who it is.
    "user_info_endpoint": given() => user_info_endpoint;
    /// Client id at the provider.
    "client_id": given() => client_id;
    /// The client's secret. It is sent when it changes, and never read back.
    "client_secret": secret().optional(None) => secret;
    /// Name of the session's cookie. Default {default}.
    "session_cookie_name": or("AWSELBAuthSessionCookie") => session.cookie_name;
    /// What is asked of the provider. Default {default}.
    "scope": or("openid") => session.scope;
    /// Seconds a session lasts, {range}. Default {default}.
    "session_timeout": timeout() => session.timeout;
    /// What becomes of callers without a session: {words}.
    "on_unauthenticated_request": unauthenticated() => session.on_unauthenticated_request;
    /// Further parameters of the redirect.
    "authentication_request_extra_params": parameters() => session.extra_parameters;
}};

#[derive(Clone, Debug, Default)]
struct Jwt {
    issuer: Option<String>,
    jwks_endpoint: Option<String>,
    claims: Vec<Claim>,
}

static JWT: Table<Jwt> = rows! { Jwt {
    /// Who has signed the token.
    "issuer": given() => issuer;
    /// Where the issuer's keys are.
    "jwks_endpoint": given() => jwks_endpoint;
    /// What else the token must claim.
    "additional_claims": list(&CLAIM) => claims;
}};

static CLAIM: Table<Claim> = rows! { Claim {
    /// Name of the claim.
    "name": text(something) => name;
    /// {words}.
    "format": word(&["single-string", "string-array", "space-separated-values"]) => format;
    /// Values of which it has one.
    "values": values() => values;
}};

/// One rewrite.
#[derive(Clone, Debug, Default)]
struct Rewriting {
    kind: String,
    regex: String,
    replace: String,
}

static TRANSFORM: Table<Rewriting> = rows! { Rewriting {
    /// {words}.
    "type": word(&["host-header-rewrite", "url-rewrite"]) => kind;
    /// What is replaced.
    "regex": text(something) => regex;
    /// By what; `$1` stands for the first group.
    "replace": text(anything) => replace;
}};

fn something(text: &str) -> Result<(), Complaint> {
    if text.is_empty() { Err(("Nothing there", "Write something here.".to_owned())) } else { Ok(()) }
}

fn anything(_: &str) -> Result<(), Complaint> {
    Ok(())
}

fn given() -> Meaning<Option<String>> {
    parsed(|_, text| something(text).map(|()| Some(text.to_owned())), |text| text.as_deref().into())
        .absent(None)
}

fn or(otherwise: &str) -> Meaning<Option<String>> {
    given().absent(Some(otherwise.to_owned()))
}

fn timeout() -> Meaning<Option<i64>> {
    number::<i64>(1..=604_800)
        .or_none(|seconds| (*seconds).map_or(Value::Null, Value::from))
        .absent(Some(604_800))
}

fn unauthenticated() -> Meaning<Option<String>> {
    named(
        &["authenticate", "allow", "deny"],
        |word| Some(Some(word.to_owned())),
        |word| word.as_deref().into(),
    )
    .absent(Some("authenticate".to_owned()))
}

fn parameters() -> Meaning<BTreeMap<String, String>> {
    let known = |path: &AttributePath, value: &Value| {
        let pairs = value.as_map().into_iter().flatten();
        let read = pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
        if value.is_wholly_known() { Ok(read) } else { Err(Undecided::unknown(path)) }
    };
    Meaning::new(Kind::Plain(Type::map(Type::String)), known, |pairs: &BTreeMap<String, String>| {
        let members = pairs.iter().map(|(key, value)| (key, Value::from(value.as_str())));
        if pairs.is_empty() { Value::Null } else { Value::object(members) }
    })
    .absent(BTreeMap::new())
}

fn values() -> Meaning<Vec<String>> {
    let known = |path: &AttributePath, value: &Value| {
        let texts = value.as_list().unwrap_or_default().iter().filter_map(Value::as_str);
        let texts: Vec<String> = texts.map(str::to_owned).collect();
        if value.is_wholly_known() { Ok(texts) } else { Err(Undecided::unknown(path)) }
    };
    Meaning::new(Kind::Plain(Type::list(Type::String)), known, |values: &Vec<String>| {
        Value::list(values.iter().map(String::as_str))
    })
}

/// Objects, one after the other.
fn items<T: Default>(table: &[Row<T>], path: &AttributePath, value: &Value) -> Result<Vec<T>, Undecided> {
    let mut found = Found::default();
    let items = value.as_list().unwrap_or_default().iter().enumerate();
    let read = items.map(|(index, item)| {
        let mut part = T::default();
        read_at(table, item, &path.clone().index(index), &mut part, &mut found);
        part
    });
    let read = read.collect();
    found.decide(read)
}

fn object<T: Clone>(table: &[Row<T>], part: &T) -> Value {
    let mut value = Value::object::<&str>([]);
    write(table, part, &mut value);
    value
}

fn list(table: &'static Table<Claim>) -> Meaning<Vec<Claim>> {
    let known = |path: &AttributePath, value: &Value| items(table, path, value);
    Meaning::new(Kind::ObjectList(members(table)), known, |claims: &Vec<Claim>| {
        if claims.is_empty() { Value::Null } else { Value::list(claims.iter().map(|it| object(&CLAIM, it))) }
    })
    .absent(Vec::new())
}

/// An object that says nothing is no login.
fn login<T: Default + Send + Sync>(
    table: &'static Table<T>,
    made: fn(T) -> Result<Before, &'static str>,
    show: fn(&Option<Before>) -> Value,
) -> Meaning<Option<Before>> {
    let known = move |path: &AttributePath, value: &Value| {
        let (mut part, mut found) = (T::default(), Found::default());
        read_at(table, value, path, &mut part, &mut found);
        if value.as_map().is_some_and(|members| members.values().all(Value::is_null)) {
            return Ok(None);
        }
        let part = found.decide(part)?;
        made(part).map(Some).map_err(|missing| super::meaning::required(&path.clone().attribute(missing)))
    };
    Meaning::new(Kind::Object(members(table)), known, show).kept(None)
}

fn cognito(part: Cognito) -> Result<Before, &'static str> {
    Ok(Before::Cognito {
        user_pool_arn: part.user_pool_arn.ok_or("user_pool_arn")?,
        client_id: part.client_id.ok_or("user_pool_client_id")?,
        domain: part.domain.ok_or("user_pool_domain")?,
        session: part.session,
    })
}

fn show_cognito(before: &Option<Before>) -> Value {
    let Some(Before::Cognito { user_pool_arn, client_id, domain, session }) = before.clone() else {
        return Value::Null;
    };
    let (user_pool_arn, client_id, domain) = (Some(user_pool_arn), Some(client_id), Some(domain));
    object(&COGNITO, &Cognito { user_pool_arn, client_id, domain, session })
}

fn oidc(part: Oidc) -> Result<Before, &'static str> {
    Ok(Before::Oidc {
        issuer: part.issuer.ok_or("issuer")?,
        authorization_endpoint: part.authorization_endpoint.ok_or("authorization_endpoint")?,
        token_endpoint: part.token_endpoint.ok_or("token_endpoint")?,
        user_info_endpoint: part.user_info_endpoint.ok_or("user_info_endpoint")?,
        client_id: part.client_id.ok_or("client_id")?,
        session: part.session,
    })
}

fn show_oidc(before: &Option<Before>) -> Value {
    let Some(Before::Oidc {
        issuer,
        authorization_endpoint,
        token_endpoint,
        user_info_endpoint,
        client_id,
        session,
    }) = before.clone()
    else {
        return Value::Null;
    };
    let part = Oidc {
        issuer: Some(issuer),
        authorization_endpoint: Some(authorization_endpoint),
        token_endpoint: Some(token_endpoint),
        user_info_endpoint: Some(user_info_endpoint),
        client_id: Some(client_id),
        secret: None,
        session,
    };
    object(&OIDC, &part)
}

fn jwt(part: Jwt) -> Result<Before, &'static str> {
    Ok(Before::Jwt {
        issuer: part.issuer.ok_or("issuer")?,
        jwks_endpoint: part.jwks_endpoint.ok_or("jwks_endpoint")?,
        claims: part.claims,
    })
}

fn show_jwt(before: &Option<Before>) -> Value {
    let Some(Before::Jwt { issuer, jwks_endpoint, claims }) = before.clone() else { return Value::Null };
    object(&JWT, &Jwt { issuer: Some(issuer), jwks_endpoint: Some(jwks_endpoint), claims })
}

fn transforms() -> Meaning<Vec<Transform>> {
    let known = |path: &AttributePath, value: &Value| {
        let one = |it: Rewriting| {
            let rewrites = vec![Rewrite { regex: it.regex, replace: it.replace }];
            Transform { kind: it.kind, rewrites }
        };
        Ok(items(&TRANSFORM, path, value)?.into_iter().map(one).collect())
    };
    let members: BTreeMap<String, Attribute> = members(&TRANSFORM);
    Meaning::new(Kind::ObjectList(members), known, |transforms: &Vec<Transform>| {
        let each = |it: &Transform| {
            let kind = it.kind.clone();
            let rewriting = move |rewrite: &Rewrite| Rewriting {
                kind: kind.clone(),
                regex: rewrite.regex.clone(),
                replace: rewrite.replace.clone(),
            };
            it.rewrites.iter().map(rewriting).collect::<Vec<_>>()
        };
        Value::list(transforms.iter().flat_map(each).map(|it| object(&TRANSFORM, &it)))
    })
    .kept(Vec::new())
}
