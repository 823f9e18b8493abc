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
    /// `HTTP` or `HTTPS`; both are served as plain HTTP.
    pub protocol: String,
    pub certificates: Vec<String>,
    pub ssl_policy: Option<String>,
    pub default_gates: Vec<Gate>,
    pub default_action: Action,
    pub default_rule_arn: String,
    pub default_rule_tags: Tags,
    pub tags: Tags,
}

impl Listener {
    pub fn json(&self) -> Value {
        let certificates: Option<Vec<Value>> = (self.protocol == "HTTPS")
            .then(|| self.certificates.iter().map(|arn| json!({"CertificateArn": arn})).collect());
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
