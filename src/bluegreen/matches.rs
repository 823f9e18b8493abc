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

    /// How many values it has, of which one rule has room for five.
    pub fn count(&self) -> usize {
        let headers = self.headers.iter().map(|header| header.values.len() + header.regexes.len());
        let queries = self.queries.iter().map(|query| query.0.len());
        self.hosts.len()
            + self.host_regexes.len()
            + self.paths.len()
            + self.path_regexes.len()
            + self.sources.len()
            + self.methods.len()
            + headers.sum::<usize>()
            + queries.sum::<usize>()
    }

    /// The same with these hosts and paths.
    pub fn at(self, hosts: &BTreeSet<String>, paths: &BTreeSet<String>) -> Matches {
        Matches { hosts: hosts.clone(), paths: paths.clone(), ..self }
    }

    /// Which requests, for people.
    pub fn said(&self) -> String {
        let mut parts = Vec::new();
        let mut part = |name: &str, values: Vec<String>| {
            if !values.is_empty() {
                parts.push(format!("{name} {}", values.join(", ")));
            }
        };
        part("host", self.hosts.iter().cloned().collect());
        part("path", self.paths.iter().cloned().collect());
        part("source", self.sources.iter().map(ToString::to_string).collect());
        if self.narrowed() {
            parts.push("further conditions".to_owned());
        }
        if parts.is_empty() { "no conditions known".to_owned() } else { parts.join("; ") }
    }

    /// Whatever is no plain host or path, for people.
    pub fn words(&self) -> Vec<String> {
        let listed = |values: &BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join(", ");
        let mut words = Vec::new();
        let mut several = |what: &str, values: String| {
            if !values.is_empty() {
                words.push(format!("{what} {values}"));
            }
        };
        several("hosts like", listed(&self.host_regexes));
        several("paths like", listed(&self.path_regexes));
        several("source", self.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
        several("method", listed(&self.methods));
        // What a header must say may be a secret.
        words.extend(self.headers.iter().map(|header| format!("header {}", header.name)));
        let pair = |(key, value): &(Option<String>, String)| {
            key.as_ref().map_or_else(|| value.clone(), |key| format!("{key}={value}"))
        };
        let query = |query: &Query| query.0.iter().map(pair).collect::<Vec<_>>().join(" or ");
        words.extend(self.queries.iter().map(|it| format!("query string {}", query(it))));
        words.extend(self.unknown.iter().cloned());
        words
    }

    /// Every request it matches, `standing` asks no more of. Hosts and paths are not looked at.
    pub fn as_strict_as(&self, standing: &Matches) -> bool {
        let inside = |mine: &BTreeSet<String>, theirs: &BTreeSet<String>| {
            theirs.is_empty() || (!mine.is_empty() && mine.is_subset(theirs))
        };
        let source = |mine: &IpNet| standing.sources.iter().any(|theirs| theirs.contains(mine));
        inside(&self.host_regexes, &standing.host_regexes)
            && inside(&self.path_regexes, &standing.path_regexes)
            && inside(&self.methods, &standing.methods)
            && standing.headers.is_subset(&self.headers)
            && standing.queries.is_subset(&self.queries)
            && standing.unknown.is_empty()
            && (standing.sources.is_empty() || (!self.sources.is_empty() && self.sources.iter().all(source)))
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
