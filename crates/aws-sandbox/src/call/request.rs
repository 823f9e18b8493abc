//! A call as it was parsed, and what is known of its sender.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The AWS services that the sandbox has, by the names they sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Service {
    #[serde(rename = "ecs")]
    Ecs,
    #[serde(rename = "elasticloadbalancing", alias = "elb", alias = "elbv2")]
    Elb,
    #[serde(rename = "sts")]
    Sts,
    #[serde(rename = "acm")]
    Acm,
    #[serde(rename = "s3")]
    S3,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub service: Service,
    pub operation: String,
    pub params: Value,
}

impl Request {
    /// Whether it could change anything, by its name.
    pub fn writes(&self) -> bool {
        !["Describe", "List", "Get", "Head"].iter().any(|read| self.operation.starts_with(read))
    }
}

/// What is known of a call besides the request itself.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    /// Access key id from the signature.
    pub caller: String,
    pub user_agent: String,
    /// From `amz-sdk-request`.
    pub attempt: Option<u32>,
}
