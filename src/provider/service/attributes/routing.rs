//! Which requests belong to the service, and where its rules stand.

use super::meaning::{Complaint, Meaning, number, texts};
use super::row::{Table, rows};
use crate::bluegreen::audience::VALUES_PER_RULE;
use crate::bluegreen::spec::Spec;
use terraform_plugin::Value;

pub const PRIORITIES: std::ops::RangeInclusive<i64> = 1..=50_000;

pub static ROWS: Table<Spec> = rows! { Spec {
    /// Priority of the production rule. Default {default}.
    "production_priority": number(PRIORITIES).default(100) => production_priority;
    /// Priority of the canary rule, lower than `production_priority`. Default {default}.
    "canary_priority": number(PRIORITIES).default(99) => canary_priority;
}};

/// What a rule matches besides source addresses.
pub static MATCHES: Table<Spec> = rows! { Spec {
    /// Host names that belong to this service; `*` and `?` are wildcards. At least one of `host_headers` and
    /// `path_patterns` must have a value.
    "host_headers": values(host) => hosts;
    /// Paths that belong to this service; `*` and `?` are wildcards.
    "path_patterns": values(path) => paths;
}};

fn values(check: fn(&str) -> Result<(), Complaint>) -> Meaning<std::collections::BTreeSet<String>> {
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
