//! Listeners: a port of a load balancer and what it does when no rule matches.

use serde_json::{Value, json};

use super::action::Action;
use super::gate::Gate;
use crate::aws::tags::Tags;

#[derive(Clone, Debug)]
pub struct Listener {
    pub arn: String,
    pub load_balancer: String,
    pub port: u16,
    pub protocol: String,
    /// The default one's ARN, if it is a secure listener.
    pub certificate: Option<String>,
    /// ARNs of further ones, among which the server name chooses.
    pub certificate_list: Vec<String>,
    pub ssl_policy: Option<String>,
    pub default_gates: Vec<Gate>,
    pub default_action: Action,
    pub default_rule_arn: String,
    pub default_rule_tags: Tags,
    pub tags: Tags,
}

impl Listener {
    /// The default certificate's ARN, then those of the list.
    pub fn all_certificates(&self) -> impl Iterator<Item = &String> {
        self.certificate.iter().chain(&self.certificate_list)
    }

    pub fn json(&self) -> Value {
        let certificates = self.certificate.as_ref().map(|arn| json!([{"CertificateArn": arn}]));
        json!({
            "ListenerArn": self.arn,
            "LoadBalancerArn": self.load_balancer,
            "Port": self.port,
            "Protocol": self.protocol,
            "Certificates": certificates,
            "SslPolicy": self.ssl_policy,
            "DefaultActions": self.default_action.json(&self.default_gates),
        })
    }
}
