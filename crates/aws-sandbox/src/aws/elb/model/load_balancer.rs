//! Application load balancers.

use std::time::Duration;

use serde_json::{Value, json};

use super::attributes::Attributes;
use crate::aws::place::Place;
use crate::aws::tags::Tags;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Application,
    /// It is there, with listeners and groups, and no traffic goes through it.
    Network,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Network => "network",
        }
    }
}

#[derive(Clone, Debug)]
pub struct LoadBalancer {
    pub arn: String,
    pub name: String,
    pub kind: Kind,
    pub dns_name: String,
    pub created: Duration,
    /// When it stops being `provisioning`.
    pub active_at: Duration,
    pub scheme: String,
    pub vpc_id: String,
    pub subnets: Vec<String>,
    /// Availability zones, one for each subnet.
    pub zones: Vec<String>,
    pub security_groups: Vec<String>,
    pub attributes: Attributes,
    pub tags: Tags,
}

impl LoadBalancer {
    pub fn idle_timeout(&self) -> Duration {
        let value = self.attributes.get("idle_timeout.timeout_seconds");
        Duration::from_secs(value.and_then(|text| text.parse().ok()).unwrap_or(60))
    }

    /// Whether it offers HTTP/2 to clients of secure listeners.
    pub fn http2(&self) -> bool {
        self.attributes.get("routing.http2.enabled").is_none_or(|text| text == "true")
    }

    pub fn json(&self, place: &Place, now: Duration) -> Value {
        let zones: Vec<Value> = self
            .subnets
            .iter()
            .zip(&self.zones)
            .map(|(subnet, zone)| json!({"ZoneName": zone, "SubnetId": subnet, "LoadBalancerAddresses": []}))
            .collect();
        json!({
            "LoadBalancerArn": self.arn,
            "DNSName": self.dns_name,
            "CanonicalHostedZoneId": "Z32O12XQLNTSW2",
            "CreatedTime": place.iso(self.created),
            "LoadBalancerName": self.name,
            "Scheme": self.scheme,
            "VpcId": self.vpc_id,
            "State": {"Code": if now < self.active_at { "provisioning" } else { "active" }},
            "Type": self.kind.word(),
            "AvailabilityZones": zones,
            "SecurityGroups": self.security_groups,
            "IpAddressType": "ipv4",
        })
    }
}
