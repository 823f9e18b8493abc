//! Which requests belong to the service, and where its rules stand.

use std::collections::BTreeSet;

use super::meaning::{Complaint, Meaning, number, set, texts};
use super::row::{Table, rows};
use crate::bluegreen::audience::VALUES_PER_RULE;
use crate::bluegreen::spec::Spec;
use terraform_plugin::Value;

pub const PRIORITIES: std::ops::RangeInclusive<i64> = 1..=50_000;

pub static ROWS: Table<Spec> = rows! { Spec {
    /// Priority of the production rule. Default {default}.
    "production_priority": number(PRIORITIES).default(100) => production_priority;
    /// Priority of the canary rule, lower than `production_priority`. Default `production_priority` − 1.
    "canary_priority": number(PRIORITIES).derived("production_priority", just_above) => canary_priority;
}};

/// What a rule matches besides source addresses.
pub static MATCHES: Table<Spec> = rows! { Spec {
    /// Host names that belong to this service; `*` and `?` are wildcards, and case means nothing. At least one of
    /// `host_headers` and `path_patterns` must have a value.
    "host_headers": hosts().default(Value::List(Vec::new())) => hosts;
    /// Paths that belong to this service; `*` and `?` are wildcards.
    "path_patterns": values(path) => paths;
}};

/// The number of the rule that is evaluated just before one with the number `production`. What is wrong with a
/// production rule that has none before it is said there.
fn just_above(production: &Value) -> Value {
    production.as_i64().map_or(Value::Null, |number| Value::from((number - 1).max(1)))
}

/// Kept in lower case: load balancers compare hosts without case.
fn hosts() -> Meaning<BTreeSet<String>> {
    let show = |hosts: &BTreeSet<String>| Value::list(hosts.iter().map(String::as_str));
    set(0..=usize::MAX, |text| host(text).map(|()| text.to_ascii_lowercase()), show)
}

fn values(check: fn(&str) -> Result<(), Complaint>) -> Meaning<BTreeSet<String>> {
    // How many fit, the two share: that is checked where they come together.
    texts(0..=usize::MAX, check).default(Value::List(Vec::new()))
}

fn host(host: &str) -> Result<(), Complaint> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-.*?_".contains(c);
    let top = host.rsplit_once('.').map(|(_, top)| top);
    let right = host.len() <= 128
        && host.chars().all(allowed)
        && top.is_some_and(|top| {
            top.chars().all(|c| c.is_ascii_alphabetic() || "*?".contains(c)) && !top.is_empty()
        });
    if !right {
        let detail = format!(
            "\"{host}\" is no host a rule can match: at most 128 letters, digits, \"-\", \".\", with a dot and \
             only letters after the last one; \"*\" and \"?\" are wildcards. Ports and IP addresses cannot be \
             matched."
        );
        return Err(("Invalid host header", detail));
    }
    if host.to_ascii_lowercase().ends_with(".invalid") {
        let detail = format!(
            "\"{host}\" ends in .invalid, which no client can ever ask for. Use the name your clients use."
        );
        return Err(("Reserved host header", detail));
    }
    Ok(())
}

fn path(path: &str) -> Result<(), Complaint> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(c);
    if (1..=128).contains(&path.len()) && path.chars().all(allowed) && path.starts_with(['/', '*', '?']) {
        return Ok(());
    }
    let detail = format!(
        "\"{path}\" is no path a rule can match: it starts with \"/\" or a wildcard and has at most 128 letters, \
         digits and _-.$/~\"'@:+& characters; \"*\" and \"?\" are wildcards."
    );
    Err(("Invalid path pattern", detail))
}

/// Wildcards in all values of a rule, and how many may be there.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>
pub fn too_many_wildcards<'a>(values: impl Iterator<Item = &'a str>) -> Option<usize> {
    let wildcards: usize = values.map(|text| text.chars().filter(|c| "*?".contains(*c)).count()).sum();
    (wildcards > VALUES_PER_RULE).then_some(wildcards)
}
