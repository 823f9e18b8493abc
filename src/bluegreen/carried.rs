//! What a rule does beside forwarding: the logins before the forward, and the rewrites of the request.
//! Plain data; a password is never in it, because AWS never tells one.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

/// An OpenID client's secret, which nothing prints.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.into())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.expose() == other.expose()
    }
}

impl Secret {
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Everything between a rule's conditions and its forward.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Carried {
    /// In the order they are taken.
    pub before: Vec<Before>,
    pub transforms: Vec<Transform>,
}

/// An action before the forward. <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Before {
    Cognito {
        user_pool_arn: String,
        client_id: String,
        domain: String,
        session: Session,
    },
    Oidc {
        issuer: String,
        authorization_endpoint: String,
        token_endpoint: String,
        user_info_endpoint: String,
        client_id: String,
        session: Session,
    },
    Jwt {
        issuer: String,
        jwks_endpoint: String,
        claims: Vec<Claim>,
    },
    /// An action this version has never heard of, by AWS's name. Never written anew.
    Unknown(String),
}

/// The kinds of [`Before`] that are known, each of which a rule has at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    Jwt,
    Cognito,
    Oidc,
}

impl Login {
    pub const ALL: [Login; 3] = [Login::Jwt, Login::Cognito, Login::Oidc];
}

impl Before {
    pub fn login(&self) -> Option<Login> {
        match self {
            Before::Jwt { .. } => Some(Login::Jwt),
            Before::Cognito { .. } => Some(Login::Cognito),
            Before::Oidc { .. } => Some(Login::Oidc),
            Before::Unknown(_) => None,
        }
    }

    /// For people.
    pub fn words(&self) -> String {
        match self {
            Before::Jwt { issuer, .. } => format!("the check of tokens by {issuer}"),
            Before::Cognito { domain, .. } => format!("the login with Cognito ({domain})"),
            Before::Oidc { issuer, .. } => format!("the login with {issuer}"),
            Before::Unknown(kind) => format!("the action {kind}"),
        }
    }
}

impl Carried {
    /// For people, each thing it carries.
    pub fn words(&self) -> Vec<String> {
        let rewrites = self.transforms.iter().flat_map(|transform| {
            let kind = &transform.kind;
            transform.rewrites.iter().map(move |it| format!("the {kind} of {} to {}", it.regex, it.replace))
        });
        self.before.iter().map(Before::words).chain(rewrites).collect()
    }

    pub fn has(&self, login: Login) -> bool {
        self.before.iter().any(|before| before.login() == Some(login))
    }

    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.before.iter().filter_map(|before| match before {
            Before::Unknown(kind) => Some(kind.as_str()),
            _ => None,
        })
    }
}

/// How a login is kept, and what becomes of those without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    pub cookie_name: Option<String>,
    pub scope: Option<String>,
    /// Seconds.
    pub timeout: Option<i64>,
    /// `authenticate`, `allow` or `deny`.
    pub on_unauthenticated_request: Option<String>,
    pub extra_parameters: BTreeMap<String, String>,
}

/// What a token must say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub name: String,
    /// `single-string`, `string-array` or `space-separated-values`.
    pub format: String,
    pub values: Vec<String>,
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transform {
    /// `host-header-rewrite` or `url-rewrite`.
    pub kind: String,
    pub rewrites: Vec<Rewrite>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewrite {
    pub regex: String,
    pub replace: String,
}
