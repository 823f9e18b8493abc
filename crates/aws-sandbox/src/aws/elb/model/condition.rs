//! The conditions of rules, as the API writes them and as the balancer sees them.

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::pattern::Pattern;
use crate::seam;

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Host(Vec<String>),
    Path(Vec<String>),
    /// As typed, and as meant.
    SourceIp(Vec<(String, IpNet)>),
    Method(Vec<String>),
    Header {
        name: String,
        values: Vec<String>,
    },
    Query(Vec<(Option<String>, String)>),
    HostRegex(Vec<Pattern>),
    PathRegex(Vec<Pattern>),
    HeaderRegex {
        name: String,
        patterns: Vec<Pattern>,
    },
}

fn texts(patterns: &[Pattern]) -> Vec<String> {
    patterns.iter().map(|it| it.text().to_owned()).collect()
}

impl Condition {
    pub fn field(&self) -> &'static str {
        match self {
            Self::Host(_) | Self::HostRegex(_) => "host-header",
            Self::Path(_) | Self::PathRegex(_) => "path-pattern",
            Self::SourceIp(_) => "source-ip",
            Self::Method(_) => "http-request-method",
            Self::Header { .. } | Self::HeaderRegex { .. } => "http-header",
            Self::Query(_) => "query-string",
        }
    }

    pub fn values(&self) -> Vec<String> {
        match self {
            Self::Host(values) | Self::Path(values) | Self::Method(values) | Self::Header { values, .. } => {
                values.clone()
            }
            Self::HostRegex(patterns) | Self::PathRegex(patterns) | Self::HeaderRegex { patterns, .. } => {
                texts(patterns)
            }
            Self::SourceIp(nets) => nets.iter().map(|(text, _)| text.clone()).collect(),
            Self::Query(pairs) => {
                pairs.iter().map(|(key, value)| key.clone().unwrap_or_default() + value).collect()
            }
        }
    }

    pub fn json(&self) -> Value {
        let field = self.field();
        match self {
            Self::Host(values) => {
                json!({"Field": field, "Values": values, "HostHeaderConfig": {"Values": values}})
            }
            Self::Path(values) => {
                json!({"Field": field, "Values": values, "PathPatternConfig": {"Values": values}})
            }
            Self::HostRegex(patterns) => {
                let texts = texts(patterns);
                json!({"Field": field, "RegexValues": texts, "HostHeaderConfig": {"RegexValues": texts}})
            }
            Self::PathRegex(patterns) => {
                let texts = texts(patterns);
                json!({"Field": field, "RegexValues": texts, "PathPatternConfig": {"RegexValues": texts}})
            }
            Self::HeaderRegex { name, patterns } => json!({
                "Field": field,
                "HttpHeaderConfig": {"HttpHeaderName": name, "RegexValues": texts(patterns)},
            }),
            Self::SourceIp(_) => json!({"Field": field, "SourceIpConfig": {"Values": self.values()}}),
            Self::Method(values) => json!({"Field": field, "HttpRequestMethodConfig": {"Values": values}}),
            Self::Header { name, values } => {
                json!({"Field": field, "HttpHeaderConfig": {"HttpHeaderName": name, "Values": values}})
            }
            Self::Query(pairs) => {
                let pairs: Vec<Value> =
                    pairs.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
                json!({"Field": field, "QueryStringConfig": {"Values": pairs}})
            }
        }
    }

    pub fn view(&self) -> seam::Condition {
        match self.clone() {
            Self::Host(values) => seam::Condition::Host(values),
            Self::Path(values) => seam::Condition::Path(values),
            Self::SourceIp(nets) => seam::Condition::SourceIp(nets.into_iter().map(|(_, net)| net).collect()),
            Self::Method(values) => seam::Condition::Method(values),
            Self::Header { name, values } => seam::Condition::Header { name, values },
            Self::Query(pairs) => seam::Condition::Query(pairs),
            Self::HostRegex(patterns) => seam::Condition::HostRegex(patterns),
            Self::PathRegex(patterns) => seam::Condition::PathRegex(patterns),
            Self::HeaderRegex { name, patterns } => seam::Condition::HeaderRegex { name, patterns },
        }
    }
}
