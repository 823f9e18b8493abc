//! Target groups: settings, health check, attributes, and which load balancer they hang on.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};

use super::attributes::Attributes;
use super::target::Target;
use crate::aws::tags::Tags;

#[derive(Clone, Debug)]
pub struct TargetGroup {
    pub arn: String,
    pub name: String,
    pub protocol: String,
    /// `HTTP1`, `HTTP2` or `GRPC`; of groups of an Application Load Balancer only.
    pub protocol_version: Option<String>,
    pub port: u16,
    pub vpc_id: String,
    pub target_type: String,
    pub check: Check,
    pub attributes: Attributes,
    pub tags: Tags,
    /// The load balancer whose rules or listeners name this group.
    pub load_balancer: Option<String>,
    pub associated_since: Duration,
    pub targets: BTreeMap<(Ipv4Addr, u16), Target>,
    pub created: Duration,
}

/// The health check settings, as ModifyTargetGroup can change them.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub protocol: String,
    /// `None` is `traffic-port`.
    pub port: Option<u16>,
    pub path: String,
    pub interval: u64,
    pub timeout: u64,
    pub healthy: u32,
    pub unhealthy: u32,
    /// As typed, and its ranges.
    pub matcher: (String, Vec<(u16, u16)>),
}

impl TargetGroup {
    pub fn attribute(&self, key: &str) -> &str {
        self.attributes.get(key).map(String::as_str).unwrap_or_default()
    }

    pub fn deregistration_delay(&self) -> Duration {
        Duration::from_secs(self.attribute("deregistration_delay.timeout_seconds").parse().unwrap_or(300))
    }

    pub fn is_grpc(&self) -> bool {
        self.protocol_version.as_deref() == Some("GRPC")
    }

    /// Whether a Network Load Balancer's.
    pub fn is_network(&self) -> bool {
        !["HTTP", "HTTPS"].contains(&self.protocol.as_str())
    }

    pub fn json(&self) -> Value {
        let check = &self.check;
        let http = check.protocol != "TCP";
        let codes = if self.is_grpc() { "GrpcCode" } else { "HttpCode" };
        json!({
            "TargetGroupArn": self.arn,
            "TargetGroupName": self.name,
            "Protocol": self.protocol,
            "ProtocolVersion": self.protocol_version,
            "Port": self.port,
            "VpcId": self.vpc_id,
            "HealthCheckProtocol": check.protocol,
            "HealthCheckPort": check.port.map_or_else(|| "traffic-port".to_owned(), |port| port.to_string()),
            "HealthCheckEnabled": true,
            "HealthCheckIntervalSeconds": check.interval,
            "HealthCheckTimeoutSeconds": check.timeout,
            "HealthyThresholdCount": check.healthy,
            "UnhealthyThresholdCount": check.unhealthy,
            "HealthCheckPath": http.then_some(&check.path),
            "Matcher": http.then(|| json!({codes: check.matcher.0})),
            "LoadBalancerArns": self.load_balancer.as_slice(),
            "TargetType": self.target_type,
            "IpAddressType": "ipv4",
        })
    }
}
