//! Security Token Service: who one is, and roles taken on
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html>). Any credentials do, and any role may be taken on:
//! the sandbox has no policies.

mod requests;

use std::time::Duration;

use serde_json::{Value, json};

use super::quotas::Bucket;
use super::state::State;
use super::world::{Settings, World};
use crate::call::dialect::{Absent, Dialect, Protocol};
use crate::call::error::Answer;
use crate::call::params::Params;
use crate::call::request::{Request, Service};
use requests::{Assumption, Role};

pub const DIALECT: Dialect = Dialect {
    service: Service::Sts,
    signing_name: "sts",
    protocol: Protocol::Query {
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    },
    invalid: "ValidationError",
    absent: Absent::MustNotBeNull,
    throttled: "Throttling",
    denied: ("AccessDenied", 403),
    failed: "InternalFailure",
};

pub fn read(state: &State, _: &Settings, _: Duration, operation: &str, _: &Params) -> Option<Answer> {
    let account = &state.ecs.place.account;
    match operation {
        "GetCallerIdentity" => Some(Ok(json!({
            "Arn": format!("arn:aws:iam::{account}:user/sandbox"),
            "UserId": "AIDASANDBOXSANDBOX001",
            "Account": account,
        }))),
        _ => None,
    }
}

pub fn write(world: &mut World, now: Duration, operation: &str, params: &Params) -> Option<Answer> {
    match operation {
        "AssumeRole" => Some(world.assume_role(now, params)),
        "AssumeRoleWithWebIdentity" => Some(world.assume_role_with_web_identity(now, params)),
        _ => None,
    }
}

impl World {
    fn assume_role(&mut self, now: Duration, params: &Params) -> Answer {
        let asked = requests::assumption(params)?;
        Ok(self.session(now, &asked))
    }

    fn assume_role_with_web_identity(&mut self, now: Duration, params: &Params) -> Answer {
        let asked = requests::assumption(params)?;
        let unix = self.settings.place.seconds(now);
        let token = requests::token(params.needed("WebIdentityToken")?, unix)?;
        let mut answer = self.session(now, &asked);
        answer["SubjectFromWebIdentityToken"] = json!(token.subject);
        answer["Audience"] = json!(token.audience);
        answer["Provider"] = json!(token.issuer);
        Ok(answer)
    }

    /// Temporary credentials, which are as good as any.
    fn session(&mut self, now: Duration, asked: &Assumption) -> Value {
        let Role { account, name } = &asked.role;
        let id = format!("AROA{}", self.dice.hex16().to_uppercase());
        let key = format!("ASIA{}", self.dice.hex16().to_uppercase());
        json!({
            "AssumedRoleUser": {
                "AssumedRoleId": format!("{id}:{}", asked.session),
                "Arn": format!("arn:aws:sts::{account}:assumed-role/{name}/{}", asked.session),
            },
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": self.dice.hex32(),
                "SessionToken": format!("{}{}", self.dice.hex32(), self.dice.hex32()),
                "Expiration": self.settings.place.iso(now + asked.duration),
            },
        })
    }
}

/// 600 requests a second for an account and region
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub fn buckets(_request: &Request) -> Vec<Bucket> {
    vec![("sts", 600.0, 600.0)]
}
