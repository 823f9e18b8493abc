//! Amazon Resource Names of the sandbox's one account and region, and instants as the APIs write them.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Where and when the world is.
#[derive(Clone, Debug)]
pub struct Place {
    pub region: String,
    pub account: String,
    /// Unix seconds at sandbox time zero.
    pub epoch: f64,
}

impl Place {
    pub fn ecs(&self, resource: &str) -> String {
        format!("arn:aws:ecs:{}:{}:{resource}", self.region, self.account)
    }

    pub fn elb(&self, resource: &str) -> String {
        format!("arn:aws:elasticloadbalancing:{}:{}:{resource}", self.region, self.account)
    }

    pub fn acm(&self, resource: &str) -> String {
        format!("arn:aws:acm:{}:{}:{resource}", self.region, self.account)
    }

    /// The availability zone of the n-th subnet of anything.
    pub fn zone(&self, index: usize) -> String {
        format!("{}{}", self.region, ["a", "b", "c"][index % 3])
    }

    /// As awsJson writes instants: Unix seconds with milliseconds.
    pub fn seconds(&self, at: Duration) -> f64 {
        ((self.epoch + at.as_secs_f64()) * 1000.0).round() / 1000.0
    }

    /// As HTTP headers write instants.
    pub fn http_date(&self, at: Duration) -> String {
        let since = Duration::from_secs_f64(self.seconds(at).max(0.0));
        httpdate::fmt_http_date(std::time::UNIX_EPOCH + since)
    }

    /// As awsQuery writes instants: ISO 8601.
    pub fn iso(&self, at: Duration) -> String {
        let nanos = (self.seconds(at) * 1e3) as i128 * 1_000_000;
        let instant = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        instant.format(&Rfc3339).unwrap_or_default()
    }
}

/// The resource type inside an ARN: `targetgroup`, `listener-rule`, `service` …
pub fn kind(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    resource.split(['/', ':']).next().unwrap_or_default()
}
