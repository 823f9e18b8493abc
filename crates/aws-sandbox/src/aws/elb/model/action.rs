//! The actions of rules and listeners, as the API writes them and as the balancer sees them.

use std::time::Duration;

use serde_json::{Value, json};

use super::gate::Gate;
use crate::seam;

/// The one routing action of a rule or of a listener's default.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Forward {
        groups: Vec<(String, u32)>,
        /// Seconds, when group stickiness is on.
        stickiness: Option<u64>,
    },
    Redirect {
        protocol: String,
        host: String,
        port: String,
        path: String,
        query: String,
        status: u16,
    },
    Fixed {
        status: u16,
        content_type: String,
        body: Option<String>,
    },
}

impl Action {
    /// Target groups named, whatever their weight.
    pub fn groups(&self) -> &[(String, u32)] {
        match self {
            Self::Forward { groups, .. } => groups,
            Self::Redirect { .. } | Self::Fixed { .. } => &[],
        }
    }

    /// As the API answers it, behind its gates; the order is told where there are several actions.
    pub fn json(&self, gates: &[Gate]) -> Value {
        let mut action = match self {
            Self::Forward { groups, stickiness } => {
                let tuples: Vec<Value> = groups
                    .iter()
                    .map(|(arn, weight)| json!({"TargetGroupArn": arn, "Weight": weight}))
                    .collect();
                let sticky = json!({"Enabled": stickiness.is_some(), "DurationSeconds": stickiness});
                let config = json!({"TargetGroups": tuples, "TargetGroupStickinessConfig": sticky});
                let only = match groups.as_slice() {
                    [(arn, _)] => Some(arn),
                    _ => None,
                };
                json!({"Type": "forward", "TargetGroupArn": only, "ForwardConfig": config})
            }
            Self::Redirect { protocol, host, port, path, query, status } => json!({
                "Type": "redirect",
                "RedirectConfig": {
                    "Protocol": protocol, "Host": host, "Port": port, "Path": path, "Query": query,
                    "StatusCode": format!("HTTP_{status}"),
                },
            }),
            Self::Fixed { status, content_type, body } => json!({
                "Type": "fixed-response",
                "FixedResponseConfig": {
                    "StatusCode": status.to_string(), "ContentType": content_type, "MessageBody": body,
                },
            }),
        };
        if gates.is_empty() {
            return json!([action]);
        }
        action["Order"] = json!(gates.len() + 1);
        let before = gates.iter().zip(1..).map(|(gate, order)| gate.json(order));
        before.chain([action]).collect()
    }

    pub fn view(&self) -> seam::Action {
        match self.clone() {
            Self::Forward { groups, stickiness } => {
                seam::Action::Forward { groups, stickiness: stickiness.map(Duration::from_secs) }
            }
            Self::Redirect { protocol, host, port, path, query, status } => {
                seam::Action::Redirect { protocol, host, port, path, query, status }
            }
            Self::Fixed { status, content_type, body } => {
                seam::Action::Fixed { status, content_type, body: body.unwrap_or_default() }
            }
        }
    }
}
