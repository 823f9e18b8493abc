//! Logins, token checks and rewrites of a rule, in our words and in AWS's.

use std::collections::HashMap;

use aws_sdk_elasticloadbalancingv2::types as elb;

use super::flatten::forward_action;
use crate::bluegreen::carried::{Before, Carried, Claim, Rewrite, Secret, Session, Transform};

pub(super) fn flatten(raw: &elb::Rule) -> Carried {
    let last = forward_action(raw);
    let mut before: Vec<&elb::Action> = raw
        .actions
        .iter()
        .flatten()
        .filter(|action| last.is_none_or(|last| !std::ptr::eq(*action, last)))
        .collect();
    before.sort_by_key(|action| action.order.unwrap_or(0));
    Carried {
        before: before.into_iter().map(action).collect(),
        transforms: raw.transforms.iter().flatten().map(transform).collect(),
    }
}

fn action(raw: &elb::Action) -> Before {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    if let Some(config) = &raw.authenticate_cognito_config {
        return Before::Cognito {
            user_pool_arn: text(&config.user_pool_arn),
            client_id: text(&config.user_pool_client_id),
            domain: text(&config.user_pool_domain),
            session: Session {
                cookie_name: config.session_cookie_name.clone(),
                scope: config.scope.clone(),
                timeout: config.session_timeout,
                ..session(
                    config.on_unauthenticated_request.as_ref().map(|behaviour| behaviour.as_str()),
                    config.authentication_request_extra_params.as_ref(),
                )
            },
        };
    }
    if let Some(config) = &raw.authenticate_oidc_config {
        return Before::Oidc {
            issuer: text(&config.issuer),
            authorization_endpoint: text(&config.authorization_endpoint),
            token_endpoint: text(&config.token_endpoint),
            user_info_endpoint: text(&config.user_info_endpoint),
            client_id: text(&config.client_id),
            session: Session {
                cookie_name: config.session_cookie_name.clone(),
                scope: config.scope.clone(),
                timeout: config.session_timeout,
                ..session(
                    config.on_unauthenticated_request.as_ref().map(|behaviour| behaviour.as_str()),
                    config.authentication_request_extra_params.as_ref(),
                )
            },
        };
    }
    if let Some(config) = &raw.jwt_validation_config {
        let claim = |claim: &elb::JwtValidationActionAdditionalClaim| Claim {
            name: text(&claim.name),
            format: claim.format.as_ref().map(|format| format.as_str().to_owned()).unwrap_or_default(),
            values: claim.values.clone().unwrap_or_default(),
        };
        return Before::Jwt {
            issuer: text(&config.issuer),
            jwks_endpoint: text(&config.jwks_endpoint),
            claims: config.additional_claims.iter().flatten().map(claim).collect(),
        };
    }
    Before::Unknown(raw.r#type.as_ref().map(|kind| kind.as_str().to_owned()).unwrap_or_default())
}

/// What the SDK has under a type of its own for each kind of login.
fn session(behaviour: Option<&str>, parameters: Option<&HashMap<String, String>>) -> Session {
    let parameters = parameters.into_iter().flatten();
    Session {
        on_unauthenticated_request: behaviour.map(str::to_owned),
        extra_parameters: parameters.map(|(key, value)| (key.clone(), value.clone())).collect(),
        ..Session::default()
    }
}

fn transform(raw: &elb::RuleTransform) -> Transform {
    let host = raw.host_header_rewrite_config.as_ref().and_then(|config| config.rewrites.as_ref());
    let url = raw.url_rewrite_config.as_ref().and_then(|config| config.rewrites.as_ref());
    let rewrite = |raw: &elb::RewriteConfig| Rewrite {
        regex: raw.regex.clone().unwrap_or_default(),
        replace: raw.replace.clone().unwrap_or_default(),
    };
    Transform {
        kind: raw.r#type.as_ref().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        rewrites: host.or(url).into_iter().flatten().map(rewrite).collect(),
    }
}

/// The actions before the forward, in order. An OIDC secret is never among the facts: without one, AWS is told to
/// keep the one that the rule has.
pub(super) fn expand(carried: &Carried, secret: Option<&Secret>) -> Vec<elb::Action> {
    carried.before.iter().zip(1..).filter_map(|(before, order)| action_of(before, order, secret)).collect()
}

fn action_of(before: &Before, order: i32, secret: Option<&Secret>) -> Option<elb::Action> {
    use elb::ActionTypeEnum as Type;
    let builder = elb::Action::builder().order(order);
    let parameters = |session: &Session| {
        let pairs = session.extra_parameters.iter().map(|(key, value)| (key.clone(), value.clone()));
        Some(pairs.collect::<HashMap<_, _>>()).filter(|pairs| !pairs.is_empty())
    };
    match before {
        Before::Cognito { user_pool_arn, client_id, domain, session } => {
            let config = elb::AuthenticateCognitoActionConfig::builder()
                .user_pool_arn(user_pool_arn)
                .user_pool_client_id(client_id)
                .user_pool_domain(domain)
                .set_session_cookie_name(session.cookie_name.clone())
                .set_scope(session.scope.clone())
                .set_session_timeout(session.timeout)
                .set_on_unauthenticated_request(session.on_unauthenticated_request.as_deref().map(Into::into))
                .set_authentication_request_extra_params(parameters(session))
                .build();
            Some(builder.r#type(Type::AuthenticateCognito).authenticate_cognito_config(config).build())
        }
        Before::Oidc {
            issuer,
            authorization_endpoint,
            token_endpoint,
            user_info_endpoint,
            client_id,
            session,
        } => {
            let config = elb::AuthenticateOidcActionConfig::builder()
                .issuer(issuer)
                .authorization_endpoint(authorization_endpoint)
                .token_endpoint(token_endpoint)
                .user_info_endpoint(user_info_endpoint)
                .client_id(client_id)
                .set_client_secret(secret.map(|secret| secret.expose().to_owned()))
                .set_use_existing_client_secret(secret.is_none().then_some(true))
                .set_session_cookie_name(session.cookie_name.clone())
                .set_scope(session.scope.clone())
                .set_session_timeout(session.timeout)
                .set_on_unauthenticated_request(session.on_unauthenticated_request.as_deref().map(Into::into))
                .set_authentication_request_extra_params(parameters(session))
                .build();
            Some(builder.r#type(Type::AuthenticateOidc).authenticate_oidc_config(config).build())
        }
        Before::Jwt { issuer, jwks_endpoint, claims } => {
            let claim = |claim: &Claim| {
                elb::JwtValidationActionAdditionalClaim::builder()
                    .name(&claim.name)
                    .format(claim.format.as_str().into())
                    .set_values(Some(claim.values.clone()))
                    .build()
            };
            let claims: Vec<_> = claims.iter().map(claim).collect();
            let config = elb::JwtValidationActionConfig::builder()
                .issuer(issuer)
                .jwks_endpoint(jwks_endpoint)
                .set_additional_claims(Some(claims).filter(|claims| !claims.is_empty()))
                .build();
            Some(builder.r#type(Type::JwtValidation).jwt_validation_config(config).build())
        }
        Before::Unknown(_) => None,
    }
}

/// `None` where there is nothing to rewrite.
pub(super) fn transforms(carried: &Carried) -> Option<Vec<elb::RuleTransform>> {
    let transform = |transform: &Transform| {
        let rewrite = |rewrite: &Rewrite| {
            elb::RewriteConfig::builder().regex(&rewrite.regex).replace(&rewrite.replace).build()
        };
        let rewrites = Some(transform.rewrites.iter().map(rewrite).collect());
        let builder = elb::RuleTransform::builder().r#type(transform.kind.as_str().into());
        if transform.kind == elb::TransformTypeEnum::HostHeaderRewrite.as_str() {
            let config = elb::HostHeaderRewriteConfig::builder().set_rewrites(rewrites).build();
            builder.host_header_rewrite_config(config).build()
        } else {
            let config = elb::UrlRewriteConfig::builder().set_rewrites(rewrites).build();
            builder.url_rewrite_config(config).build()
        }
    };
    Some(carried.transforms.iter().map(transform).collect::<Vec<_>>()).filter(|all| !all.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            cookie_name: Some("AWSELBAuthSessionCookie".to_owned()),
            scope: Some("openid".to_owned()),
            timeout: Some(3600),
            on_unauthenticated_request: Some("deny".to_owned()),
            extra_parameters: [("prompt".to_owned(), "login".to_owned())].into(),
        }
    }

    #[test]
    fn what_a_rule_carries_is_written_as_it_was_read() {
        let text = str::to_owned;
        let carried = Carried {
            before: vec![
                Before::Jwt {
                    issuer: text("https://id.example.com"),
                    jwks_endpoint: text("https://id.example.com/jwks"),
                    claims: vec![Claim {
                        name: text("team"),
                        format: text("string-array"),
                        values: vec![text("a")],
                    }],
                },
                Before::Cognito {
                    user_pool_arn: text("arn:aws:cognito-idp:eu-west-1:1:userpool/x"),
                    client_id: text("c"),
                    domain: text("d"),
                    session: session(),
                },
                Before::Oidc {
                    issuer: text("https://id.example.com"),
                    authorization_endpoint: text("https://id.example.com/a"),
                    token_endpoint: text("https://id.example.com/t"),
                    user_info_endpoint: text("https://id.example.com/u"),
                    client_id: text("c"),
                    session: session(),
                },
            ],
            transforms: vec![Transform {
                kind: text("url-rewrite"),
                rewrites: vec![Rewrite { regex: text("^/a"), replace: text("/b") }],
            }],
        };
        let forward = elb::Action::builder().r#type(elb::ActionTypeEnum::Forward).order(9).build();
        let raw = elb::Rule::builder()
            .set_actions(Some([expand(&carried, None), vec![forward]].concat()))
            .set_transforms(transforms(&carried))
            .build();
        assert_eq!(flatten(&raw), carried);
        let oidc = raw.actions()[2].authenticate_oidc_config().unwrap();
        assert_eq!((oidc.use_existing_client_secret, &oidc.client_secret), (Some(true), &None));
    }
}
