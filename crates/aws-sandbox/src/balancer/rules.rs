//! Which rule a request meets: conditions evaluated per request, in the order of the table.

use std::net::IpAddr;

use hyper::HeaderMap;

use super::wildcard::{Case, matches};
use crate::seam::{Condition, ListenerView, RuleView};

/// What conditions look at.
pub(super) struct Asked<'r> {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Without port.
    pub host: &'r str,
    pub path: &'r str,
    pub query: &'r str,
    pub method: &'r str,
    pub headers: &'r HeaderMap,
    /// The true peer, never X-Forwarded-For (elasticloadbalancing, "Condition types for listener
    /// rules": source IP address conditions).
    pub source: IpAddr,
}

/// The first rule whose conditions all hold.
pub(super) fn met<'t>(listener: &'t ListenerView, asked: &Asked) -> Option<&'t RuleView> {
    listener.rules.iter().find(|rule| rule.conditions.iter().all(|condition| holds(condition, asked)))
}

/// Any of a condition's values suffices. Only paths are case-sensitive
/// (elasticloadbalancing, "Condition types for listener rules").
fn holds(condition: &Condition, asked: &Asked) -> bool {
    match condition {
        Condition::Host(patterns) => patterns.iter().any(|p| matches(p, asked.host, Case::Ignored)),
        Condition::Path(patterns) => patterns.iter().any(|p| matches(p, asked.path, Case::Matters)),
        Condition::SourceIp(networks) => networks.iter().any(|network| network.contains(&asked.source)),
        Condition::Method(methods) => methods.iter().any(|method| method == asked.method),
        Condition::Header { name, values } => asked.headers.get_all(name).iter().any(|header| {
            let text = String::from_utf8_lossy(header.as_bytes());
            values.iter().any(|pattern| matches(pattern, &text, Case::Ignored))
        }),
        Condition::HostRegex(patterns) => patterns.iter().any(|pattern| pattern.matches(asked.host)),
        Condition::PathRegex(patterns) => patterns.iter().any(|pattern| pattern.matches(asked.path)),
        Condition::HeaderRegex { name, patterns } => asked.headers.get_all(name).iter().any(|header| {
            let text = String::from_utf8_lossy(header.as_bytes());
            patterns.iter().any(|pattern| pattern.matches(&text))
        }),
        Condition::Query(wanted) => wanted.iter().any(|(key, value)| in_query(asked.query, key, value)),
    }
}

fn in_query(query: &str, key: &Option<String>, value: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(k, v)| {
        key.as_ref().is_none_or(|key| matches(key, &k, Case::Ignored)) && matches(value, &v, Case::Ignored)
    })
}

/// A host header or authority without its port.
pub(super) fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        // The colons of a bracketed IPv6 address are not in front of a port.
        Some(colon) if !host[colon..].contains(']') => &host[..colon],
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::Action;
    use std::time::Duration;

    fn listener(rules: Vec<Vec<Condition>>) -> ListenerView {
        let action = Action::Fixed { status: 200, content_type: String::new(), body: String::new() };
        let rule = |(n, conditions): (usize, Vec<Condition>)| RuleView {
            arn: format!("rule/{n}"),
            priority: None,
            conditions,
            gates: Vec::new(),
            transforms: Vec::new(),
            action: action.clone(),
        };
        let rules = rules.into_iter().enumerate().map(rule).collect();
        ListenerView {
            arn: "listener".into(),
            port: 80,
            idle_timeout: Duration::from_secs(60),
            tls: None,
            rules,
        }
    }

    fn check(listener: &ListenerView, host: &str, path: &str, source: &str, expected: &str) {
        let mut headers = HeaderMap::new();
        headers.insert("x-team", "Night Shift".parse().unwrap());
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let source = source.parse().unwrap();
        let host = without_port(host);
        let asked = Asked { scheme: "http", host, path, query, method: "GET", headers: &headers, source };
        assert_eq!(
            met(listener, &asked).map_or("none", |rule| &rule.arn),
            expected,
            "{host} {path} {source}"
        );
    }

    #[test]
    fn a_rule_of_two_conditions_needs_the_host_and_the_source() {
        let host = || Condition::Host(vec!["nginx.example.com".into(), "*.internal.test".into()]);
        let office = Condition::SourceIp(vec!["127.9.0.0/24".parse().unwrap(), "::1/128".parse().unwrap()]);
        let listener = listener(vec![vec![host(), office], vec![host()], vec![]]);
        check(&listener, "NGINX.example.com:8080", "/", "127.9.0.7", "rule/0");
        check(&listener, "nginx.example.com", "/", "127.9.1.7", "rule/1");
        check(&listener, "a.internal.test", "/", "::1", "rule/0");
        check(&listener, "other.example.com", "/", "127.9.0.7", "rule/2");
    }

    #[test]
    fn paths_matter_in_case_headers_and_queries_do_not() {
        let listener = listener(vec![
            vec![Condition::Path(vec!["/img/*".into()])],
            vec![
                Condition::Header { name: "X-Team".into(), values: vec!["night*".into()] },
                Condition::Query(vec![(Some("Version".into()), "v?".into()), (None, "beta".into())]),
            ],
            vec![Condition::Method(vec!["POST".into()])],
        ]);
        check(&listener, "h", "/img/a.png", "127.0.0.1", "rule/0");
        check(&listener, "h", "/IMG/a.png", "127.0.0.1", "none");
        check(&listener, "h", "/?version=V1", "127.0.0.1", "rule/1");
        check(&listener, "h", "/?x=BETA", "127.0.0.1", "rule/1");
        check(&listener, "h", "/?x=alpha", "127.0.0.1", "none");
    }

    #[test]
    fn ports_are_stripped_from_hosts() {
        assert_eq!(without_port("[::1]:80"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
        assert_eq!(without_port("a.b:80"), "a.b");
    }
}
