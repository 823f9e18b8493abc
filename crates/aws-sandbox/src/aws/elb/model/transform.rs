//! What a rule changes about a request on its way to the target
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html>).

use serde_json::{Value, json};

use crate::seam::{Rewritten, Transform};

/// As the API writes it.
pub fn json(it: &Transform) -> Value {
    let (kind, member) = match it.what {
        Rewritten::Host => ("host-header-rewrite", "HostHeaderRewriteConfig"),
        Rewritten::Url => ("url-rewrite", "UrlRewriteConfig"),
    };
    json!({"Type": kind, member: {"Rewrites": [{"Regex": it.pattern.text(), "Replace": it.replace}]}})
}
