//! What a listener rule asks of a request: every kind of condition an Application Load Balancer knows.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html>

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Conditions of one rule. All of them must hold; inside one, any of its values. Empty sets ask nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Matches {
    /// With `*` and `?` as wildcards, in lower case: load balancers compare them without.
    pub hosts: BTreeSet<String>,
    pub host_regexes: BTreeSet<String>,
    /// With `*` and `?` as wildcards, compared with case.
    pub paths: BTreeSet<String>,
    pub path_regexes: BTreeSet<String>,
    /// The address that connects to the load balancer, never what a header says.
    pub sources: BTreeSet<IpNet>,
    pub methods: BTreeSet<String>,
    /// One condition each, so all of them must hold.
    pub headers: BTreeSet<Header>,
    /// One condition each, so all of them must hold.
    pub queries: BTreeSet<Query>,
    /// Fields of conditions this version has never heard of. Never written.
    pub unknown: BTreeSet<String>,
}

/// A header and what it may say.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    pub name: String,
    pub values: BTreeSet<String>,
    pub regexes: BTreeSet<String>,
}

/// Pairs of which the query string must have one. Without a key, any key may have the value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Query(pub BTreeSet<(Option<String>, String)>);

impl Matches {
    /// True when nobody can send such a request.
    pub fn parked(&self) -> bool {
        let hosts = !self.hosts.is_empty() && self.host_regexes.is_empty();
        hosts && self.hosts.iter().all(|host| host.ends_with(".invalid"))
    }

    /// Asks for more than a host, a path and a source address.
    pub fn narrowed(&self) -> bool {
        !(self.host_regexes.is_empty()
            && self.path_regexes.is_empty()
            && self.methods.is_empty()
            && self.headers.is_empty()
            && self.queries.is_empty()
            && self.unknown.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_that_never_resolve_are_parked() {
        let hosts = |hosts: &[&str]| Matches {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            ..Matches::default()
        };
        assert!(hosts(&["x.bluegreen.invalid"]).parked());
        assert!(!hosts(&["x.bluegreen.invalid", "web.example.com"]).parked());
        assert!(!hosts(&[]).parked());
        let regex = ["^web".to_owned()].into();
        assert!(!Matches { host_regexes: regex, ..hosts(&["x.bluegreen.invalid"]) }.parked());
    }
}
