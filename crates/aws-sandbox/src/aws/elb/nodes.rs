//! What each load balancer node knows: rules reach it after a delay of its own, targets at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::model::listener::Listener;
use super::model::load_balancer::Kind;
use super::model::policy;
use super::model::rule::Rule;
use super::model::target::Target;
use super::model::target_group::TargetGroup;
use crate::aws::world::{Timer, World};
use crate::seam::{
    Action, GroupView, HealthCheck, ListenerView, Node, ProtocolVersion, RouteTable, RuleView, Tls,
};

impl World {
    /// After any change of rules or listeners: associations, then the nodes.
    pub(crate) fn routing_changed(&mut self, now: Duration, listener: &str) {
        self.reassociate(now);
        self.propagate(now, listener);
    }

    /// Works out anew which load balancer each target group hangs on.
    fn reassociate(&mut self, now: Duration) {
        let mut owners: BTreeMap<String, String> = BTreeMap::new();
        for listener in self.state.elb.listeners.values() {
            for (group, _) in listener.default_action.groups() {
                owners.insert(group.clone(), listener.load_balancer.clone());
            }
        }
        for rule in self.state.elb.rules.values() {
            let Some(listener) = self.state.elb.listeners.get(&rule.listener) else { continue };
            for (group, _) in rule.action.groups() {
                owners.insert(group.clone(), listener.load_balancer.clone());
            }
        }
        for group in self.state.elb.target_groups.values_mut() {
            let owner = owners.remove(&group.arn);
            if group.load_balancer.is_none() && owner.is_some() {
                group.associated_since = now;
                group.targets.values_mut().for_each(Target::forget_health);
            }
            group.load_balancer = owner;
        }
    }

    pub(crate) fn listener_view(&self, arn: &str) -> Option<ListenerView> {
        let listener = self.state.elb.listeners.get(arn)?;
        let load_balancer = self.state.elb.load_balancers.get(&listener.load_balancer)?;
        if load_balancer.kind == Kind::Network {
            return None;
        }
        let mut rules: Vec<RuleView> = self.state.elb.rules_of(arn).into_iter().map(Rule::view).collect();
        rules.push(RuleView {
            arn: listener.default_rule_arn.clone(),
            priority: None,
            conditions: Vec::new(),
            gates: listener.default_gates.iter().map(|gate| gate.view.clone()).collect(),
            transforms: Vec::new(),
            action: listener.default_action.view(),
        });
        let arn = arn.to_owned();
        let tls = self.tls_view(listener, load_balancer.http2());
        let idle_timeout = load_balancer.idle_timeout();
        Some(ListenerView { arn, port: listener.port, idle_timeout, tls, rules })
    }

    fn tls_view(&self, listener: &Listener, http2: bool) -> Option<Tls> {
        let versions = policy::versions(listener.ssl_policy.as_deref()?)?;
        let certificates = listener.all_certificates().filter_map(|arn| self.state.acm.certificates.get(arn));
        let certificates = certificates.map(|it| it.issued.keyed.clone()).collect();
        Some(Tls { versions, http2, certificates })
    }

    /// Sends a listener's present rules on their way to every node.
    pub(crate) fn propagate(&mut self, now: Duration, listener: &str) {
        let view = self.listener_view(listener).map(Arc::new);
        let bound = self.faults.propagation(now).unwrap_or(self.settings.propagation);
        for node in 0..self.nodes.len() {
            let delay = self.dice.seconds(0.0, bound.as_secs_f64());
            let Some(known) = self.nodes.get_mut(node) else { continue };
            let last = known.coming.back().map_or(Duration::ZERO, |(at, ..)| *at);
            let at = last.max(now + delay);
            known.coming.push_back((at, listener.to_owned(), view.clone()));
            self.set_timer(at, Timer::Node(node));
        }
    }

    /// What has arrived at a node by now.
    pub(crate) fn arrived(&mut self, now: Duration, node: Node) {
        let Some(known) = self.nodes.get_mut(node) else { return };
        while known.coming.front().is_some_and(|(at, ..)| *at <= now) {
            match known.coming.pop_front() {
                Some((_, arn, Some(view))) => known.listeners.insert(arn, view),
                Some((_, arn, None)) => known.listeners.remove(&arn),
                None => break,
            };
            self.version += 1;
        }
    }

    /// Seconds until every node knows every rule; zero if they do.
    pub fn behind(&self, now: Duration, node: Node) -> Duration {
        let last = self.nodes.get(node).and_then(|known| known.coming.back());
        last.map_or(Duration::ZERO, |(at, ..)| at.saturating_sub(now))
    }

    /// One node's whole view. Changes only when `version` does.
    pub fn view(&self, node: Node) -> RouteTable {
        let Some(known) = self.nodes.get(node) else { return RouteTable::default() };
        let listeners: Vec<ListenerView> =
            known.listeners.values().map(|view| ListenerView::clone(view)).collect();
        let mut named: BTreeSet<&str> = listeners
            .iter()
            .flat_map(|listener| &listener.rules)
            .filter_map(|rule| match &rule.action {
                Action::Forward { groups, .. } => Some(groups),
                _ => None,
            })
            .flatten()
            .map(|(arn, _)| arn.as_str())
            .collect();
        named.extend(
            self.state
                .elb
                .target_groups
                .values()
                .filter(|it| it.load_balancer.is_some())
                .map(|it| it.arn.as_str()),
        );
        let mut table = RouteTable::default();
        for arn in named {
            let Some(group) = self.state.elb.target_groups.get(arn) else { continue };
            let check = &group.check;
            let sticky = group.attribute("stickiness.enabled") == "true";
            let seconds = group.attribute("stickiness.lb_cookie.duration_seconds").parse().unwrap_or(86_400);
            let view = GroupView {
                arn: arn.to_owned(),
                health_check: HealthCheck {
                    path: check.path.clone(),
                    port: check.port,
                    interval: Duration::from_secs(check.interval),
                    timeout: Duration::from_secs(check.timeout),
                    matcher: codes(group),
                },
                version: match group.protocol_version.as_deref() {
                    _ if group.is_grpc() => ProtocolVersion::Grpc,
                    Some("HTTP2") => ProtocolVersion::Http2,
                    _ => ProtocolVersion::Http1,
                },
                stickiness: sticky.then(|| Duration::from_secs(seconds)),
                targets: group
                    .targets
                    .values()
                    .filter(|target| !target.outside)
                    .map(|target| target.view(node))
                    .collect(),
            };
            table.groups.insert(arn.to_owned(), view);
        }
        table.listeners = listeners;
        table
    }
}

/// Any answer to a network's check will do. Tasks here speak HTTP only: what answers 200 counts as a gRPC server that does
/// not know the method (code 12), which is what AWS looks for by default.
fn codes(group: &TargetGroup) -> Vec<(u16, u16)> {
    let matches = &group.check.matcher.1;
    if group.check.protocol == "TCP" {
        vec![(100, 599)]
    } else if !group.is_grpc() {
        matches.clone()
    } else if matches.iter().any(|(low, high)| (*low..=*high).contains(&12)) {
        vec![(200, 200)]
    } else {
        Vec::new()
    }
}
