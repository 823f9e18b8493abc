//! Reads and checks the login and token actions of a request
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html>).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::elb::model::gate::{COGNITO, Gate, JWT, OIDC};
use crate::aws::elb::refusals::validation;
use crate::call::error::ApiError;
use crate::call::params::Params;
use crate::seam::{self, Claim, ClaimFormat, Unauthenticated};

/// Longest session: seven days, which is also what is meant where none is given.
const LONGEST_SESSION: i64 = 604_800;

/// One action; `before` are those that stood in its place, for their secrets. `None` if it is of another type.
pub fn parse(action: &Params, before: &[Gate]) -> Result<Option<Gate>, ApiError> {
    let config = |member: &str| action.object(member)?.ok_or_else(|| action.missing(member));
    Ok(match action.needed("Type")? {
        COGNITO => Some(cognito(&config("AuthenticateCognitoConfig")?)?),
        OIDC => Some(oidc(&config("AuthenticateOidcConfig")?, before)?),
        JWT => Some(jwt(&config("JwtValidationConfig")?)?),
        _ => None,
    })
}

fn full_url<'a>(config: &Params<'a>, name: &str) -> Result<&'a str, ApiError> {
    let url = config.needed(name)?;
    let rest =
        url.strip_prefix("https://").filter(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace));
    rest.map(|_| url).ok_or_else(|| {
        validation(format!(
            "The {name} '{url}' must be a full URL, including the HTTPS protocol, the domain, and the path"
        ))
    })
}

fn cognito(config: &Params) -> Result<Gate, ApiError> {
    let (pool, client, domain) =
        (config.needed("UserPoolArn")?, config.needed("UserPoolClientId")?, config.needed("UserPoolDomain")?);
    if !pool.starts_with("arn:") || !pool.contains(":cognito-idp:") {
        return Err(validation(format!("'{pool}' is not a valid user pool ARN")));
    }
    let region = pool.split(':').nth(3).unwrap_or_default();
    let host = if domain.contains('.') {
        domain.to_owned()
    } else {
        format!("{domain}.auth.{region}.amazoncognito.com")
    };
    let mut told = json!({"UserPoolArn": pool, "UserPoolClientId": client, "UserPoolDomain": domain});
    let login = login(config, &mut told, pool, client, format!("https://{host}/oauth2/authorize"))?;
    Ok(Gate { kind: COGNITO, member: "AuthenticateCognitoConfig", config: told, secret: None, view: login })
}

fn oidc(config: &Params, before: &[Gate]) -> Result<Gate, ApiError> {
    let endpoint = full_url(config, "AuthorizationEndpoint")?;
    let (issuer, client) = (full_url(config, "Issuer")?, config.needed("ClientId")?);
    let secret = match (config.text("ClientSecret")?, config.boolean("UseExistingClientSecret")?) {
        (Some(_), Some(true)) => {
            return Err(validation(
                "You cannot specify both a client secret and the use of the existing one",
            ));
        }
        (Some(secret), _) if !secret.is_empty() => secret.to_owned(),
        (_, Some(true)) => {
            let known = before.iter().find(|gate| gate.kind == OIDC).and_then(|gate| gate.secret.clone());
            known.ok_or_else(|| validation("There is no existing client secret to use"))?
        }
        _ => return Err(validation("A client secret must be specified for an authenticate-oidc action")),
    };
    let mut told = json!({
        "Issuer": issuer,
        "AuthorizationEndpoint": endpoint,
        "TokenEndpoint": full_url(config, "TokenEndpoint")?,
        "UserInfoEndpoint": full_url(config, "UserInfoEndpoint")?,
        "ClientId": client,
    });
    let view = login(config, &mut told, issuer, client, endpoint.to_owned())?;
    Ok(Gate { kind: OIDC, member: "AuthenticateOidcConfig", config: told, secret: Some(secret), view })
}

/// What both kinds of login have, added to what is told of one.
fn login(
    config: &Params,
    told: &mut Value,
    issuer: &str,
    client: &str,
    endpoint: String,
) -> Result<seam::Gate, ApiError> {
    let text = |name: &str, default: &'static str| {
        config.text(name).map(|it| it.filter(|it| !it.is_empty()).unwrap_or(default).to_owned())
    };
    let cookie = text("SessionCookieName", "AWSELBAuthSessionCookie")?;
    let scope = text("Scope", "openid")?;
    let session = config.within("SessionTimeout", 1, LONGEST_SESSION)?.unwrap_or(LONGEST_SESSION);
    let otherwise = match config.word("OnUnauthenticatedRequest", &["deny", "allow", "authenticate"])? {
        Some("deny") => Unauthenticated::Deny,
        Some("allow") => Unauthenticated::Allow,
        _ => Unauthenticated::Authenticate,
    };
    let extra: BTreeMap<String, String> = config.map("AuthenticationRequestExtraParams")?.unwrap_or_default();
    if extra.len() > 10 {
        return Err(validation("A login can have up to 10 extra parameters"));
    }
    told["SessionCookieName"] = json!(cookie);
    told["Scope"] = json!(scope);
    told["SessionTimeout"] = json!(session);
    told["OnUnauthenticatedRequest"] = json!(otherwise.word());
    if !extra.is_empty() {
        let entries: Vec<Value> =
            extra.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        told["AuthenticationRequestExtraParams"] = json!({"entry": entries});
    }
    Ok(seam::Gate::Login(seam::Login {
        issuer: issuer.to_owned(),
        client: client.to_owned(),
        endpoint,
        scope,
        extra,
        cookie,
        session: Duration::from_secs(session as u64),
        otherwise,
    }))
}

fn jwt(config: &Params) -> Result<Gate, ApiError> {
    let (keys, issuer) = (full_url(config, "JwksEndpoint")?, config.needed("Issuer")?);
    if keys.len() > 256 || issuer.len() > 256 {
        return Err(validation("The JWKS endpoint and the issuer cannot be longer than '256' characters"));
    }
    let given = config.objects("AdditionalClaims")?.unwrap_or_default();
    if given.len() > 10 {
        return Err(validation("A jwt-validation action can have up to 10 additional claims"));
    }
    let claims: Vec<Claim> = given.iter().map(claim).collect::<Result<_, _>>()?;
    let mut told = json!({"JwksEndpoint": keys, "Issuer": issuer});
    if !claims.is_empty() {
        let each =
            claims.iter().map(|it| json!({"Format": it.format.word(), "Name": it.name, "Values": it.values}));
        told["AdditionalClaims"] = each.collect();
    }
    let view = seam::Gate::Token { issuer: issuer.to_owned(), claims };
    Ok(Gate { kind: JWT, member: "JwtValidationConfig", config: told, secret: None, view })
}

fn claim(given: &Params) -> Result<Claim, ApiError> {
    let format = match given.word("Format", &["single-string", "string-array", "space-separated-values"])? {
        Some("single-string") => ClaimFormat::SingleString,
        Some("string-array") => ClaimFormat::StringArray,
        Some(_) => ClaimFormat::SpaceSeparated,
        None => return Err(given.missing("Format")),
    };
    let name = given.needed("Name")?;
    if ["exp", "iss", "nbf", "iat"].contains(&name) {
        return Err(validation(format!(
            "The claim '{name}' is validated by default and cannot be specified"
        )));
    }
    let values: Vec<String> = given
        .texts("Values")?
        .ok_or_else(|| given.missing("Values"))?
        .into_iter()
        .map(str::to_owned)
        .collect();
    let spaced = format == ClaimFormat::SpaceSeparated && values.iter().any(|value| value.contains(' '));
    if values.is_empty() || values.len() > 10 || values.iter().any(|value| value.len() > 256) || spaced {
        return Err(validation(format!("The values of the claim '{name}' are not valid")));
    }
    Ok(Claim { name: name.to_owned(), format, values })
}
