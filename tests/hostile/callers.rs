//! What callers would meet at each node at one moment: a judge of its own, from the nodes' views alone.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use aws_sandbox::seam::{Action, Condition, NodeHealth, RouteTable, RuleView, TargetView};

pub const HOST: &str = "nginx.example.com";
pub const PUBLIC: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
pub const OFFICE: Ipv4Addr = Ipv4Addr::new(127, 0, 99, 7);
pub const OFFICE_CIDR: &str = "127.0.99.0/24";

/// What becomes of requests of one caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Met {
    /// Nobody has this host yet.
    Nobody,
    /// Groups by ARN, each with the targets that one of its requests may reach.
    Sent(Vec<(String, Vec<TargetView>)>),
    Refused(String),
}

fn holds(condition: &Condition, host: &str, source: Ipv4Addr) -> bool {
    match condition {
        Condition::Host(hosts) => hosts.iter().any(|pattern| pattern == host),
        Condition::Path(paths) => paths.iter().any(|path| path == "/" || path == "/*"),
        Condition::SourceIp(nets) => nets.iter().any(|net| net.contains(&IpAddr::V4(source))),
        _ => false,
    }
}

fn rule<'a>(table: &'a RouteTable, port: u16, host: &str, source: Ipv4Addr) -> Option<&'a RuleView> {
    let listener = table.listeners.iter().find(|listener| listener.port == port)?;
    listener.rules.iter().find(|rule| rule.conditions.iter().all(|condition| holds(condition, host, source)))
}

pub fn meet(table: &RouteTable, port: u16, host: &str, source: Ipv4Addr) -> Met {
    let Some(rule) = rule(table, port, host, source).filter(|rule| rule.priority.is_some()) else {
        return Met::Nobody;
    };
    let Action::Forward { groups, .. } = &rule.action else {
        return Met::Refused(format!("{:?}", rule.action));
    };
    let chosen = groups.iter().filter(|(_, weight)| *weight > 0);
    let sent: Vec<_> = chosen
        .map(|(arn, _)| {
            let targets = table.groups.get(arn).map(|group| group.targets.as_slice()).unwrap_or_default();
            let with = |right: fn(NodeHealth) -> bool| -> Vec<TargetView> {
                targets.iter().filter(|target| right(target.health)).cloned().collect()
            };
            let healthy = with(|health| health == NodeHealth::Healthy);
            let open = with(|health| health != NodeHealth::Draining);
            (arn.clone(), if healthy.is_empty() { open } else { healthy })
        })
        .collect();
    if sent.is_empty() { Met::Refused("all weights are 0".to_owned()) } else { Met::Sent(sent) }
}

/// The sides that groups belong to, by their names.
pub fn sides(met: &Met) -> BTreeSet<&'static str> {
    let Met::Sent(groups) = met else { return BTreeSet::new() };
    groups.iter().map(|(arn, _)| if arn.contains("-green-") { "green" } else { "blue" }).collect()
}
