//! Security Token Service, as far as asking who one is
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>). Needs no permission, so that any
//! credentials do.

use std::time::Duration;

use serde_json::json;

use super::quotas::Bucket;
use super::state::State;
use crate::call::dialect::{Absent, Dialect, Protocol};
use crate::call::error::Answer;
use crate::call::params::Params;
use crate::call::request::{Request, Service};

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

pub fn read(state: &State, _now: Duration, operation: &str, _params: &Params) -> Option<Answer> {
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

/// 600 requests a second for an account and region
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub fn buckets(_request: &Request) -> Vec<Bucket> {
    vec![("sts", 600.0, 600.0)]
}
