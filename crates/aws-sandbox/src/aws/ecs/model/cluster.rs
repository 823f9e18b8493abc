//! Clusters.

use std::time::Duration;

use serde_json::Value;

use crate::aws::tags::Tags;

#[derive(Clone, Debug)]
pub struct Cluster {
    pub arn: String,
    pub name: String,
    pub active: bool,
    pub tags: Tags,
    pub default_strategy: Value,
    pub created: Duration,
}

/// The name inside a cluster's ARN, or the name itself.
pub fn short(given: &str) -> &str {
    if given.starts_with("arn:") { given.rsplit('/').next().unwrap_or_default() } else { given }
}
