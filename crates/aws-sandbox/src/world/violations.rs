//! What should never have happened, as the sandbox saw it: invariants broken by callers, and
//! requests the balancer could not serve.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use super::actions::Action;
use super::conditions::parked;
use super::operations::Request;
use super::params::{Api, Params};
use super::rules::Rule;
use super::services::Service;
use super::tags::Tags;
use crate::seam::{self, Report};

/// Entries kept of each kind.
const MOST: usize = 1000;
/// The tag by which a caller marks what is its own.
const OWNER: &str = "bluegreen:resource";

#[derive(Debug, Default)]
pub struct Violations {
    broken: VecDeque<Broken>,
    unserved: VecDeque<(Duration, Report)>,
    unserved_total: u64,
    unserved_by_reason: BTreeMap<String, u64>,
    served_total: u64,
    served_by_group: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Broken {
    at: Duration,
    call: Option<u64>,
    invariant: &'static str,
    what: String,
}

impl Violations {
    pub(super) fn broke(&mut self, at: Duration, call: Option<u64>, invariant: &'static str, what: String) {
        self.broken.push_back(Broken { at, call, invariant, what });
        if self.broken.len() > MOST {
            self.broken.pop_front();
        }
    }

    pub(super) fn served(&mut self, group: String) {
        self.served_total += 1;
        *self.served_by_group.entry(group).or_default() += 1;
    }

    pub(super) fn unserved(&mut self, at: Duration, report: Report) {
        self.unserved_total += 1;
        if let Report::Unserved { reason, .. } = &report
            && (self.unserved_by_reason.len() < MOST || self.unserved_by_reason.contains_key(reason))
        {
            *self.unserved_by_reason.entry(reason.clone()).or_default() += 1;
        }
        self.unserved.push_back((at, report));
        if self.unserved.len() > MOST {
            self.unserved.pop_front();
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl World {
    pub fn violations_json(&self) -> Value {
        let it = &self.violations;
        let broken: Vec<Value> = it
            .broken
            .iter()
            .map(|broken| {
                json!({
                    "time": broken.at.as_secs_f64(),
                    "invariant": broken.invariant,
                    "what": broken.what,
                    "call": broken.call,
                    "caller": broken.call.and_then(|number| self.journal.caller(number)),
                })
            })
            .collect();
        let unserved: Vec<Value> = it
            .unserved
            .iter()
            .filter_map(|(at, report)| match report {
                Report::Unserved { node, source, host, path, rule, group, status, reason } => Some(json!({
                    "time": at.as_secs_f64(), "node": node, "source": source, "host": host, "path": path,
                    "rule": rule, "group": group, "status": status, "reason": reason,
                })),
                _ => None,
            })
            .collect();
        json!({
            "violations": broken,
            "unserved": unserved,
            "totals": {
                "served": it.served_total,
                "unserved": it.unserved_total,
                "unserved_by_reason": it.unserved_by_reason,
                "served_by_group": it.served_by_group,
            },
        })
    }

    /// I1: a rule that callers can match is pointed at a group without a healthy target.
    pub(super) fn saw_rule(&mut self, old: Option<&Rule>, new: &Rule) {
        if parked(&new.conditions) {
            return;
        }
        let before: &[(String, u32)] = match old {
            Some(old) if !parked(&old.conditions) => old.action.groups(),
            _ => &[],
        };
        let receives =
            |groups: &[(String, u32)], arn: &str| groups.iter().any(|(it, weight)| it == arn && *weight > 0);
        for (arn, weight) in new.action.groups() {
            if *weight == 0 || receives(before, arn) {
                continue;
            }
            let states = self.target_states(arn).unwrap_or_default();
            if states.iter().any(|(.., health)| health.state == "healthy") {
                continue;
            }
            let seen: Vec<String> =
                states.iter().map(|(ip, port, health)| format!("{ip}:{port} {}", health.state)).collect();
            let what = format!(
                "rule {} (priority {}) now sends traffic to {arn}, which has no healthy target (targets: [{}])",
                new.arn,
                new.priority,
                seen.join(", ")
            );
            let now = self.now_of_call();
            self.violations.broke(now, self.current, "I1", what);
        }
    }

    fn now_of_call(&self) -> Duration {
        self.current.and_then(|number| self.journal.time(number)).unwrap_or_default()
    }

    /// I2 and I3: a service loses tasks while a rule, or a node's older view of one, still sends
    /// its group traffic. Groups that no rule names at all are being destroyed on purpose.
    pub(super) fn saw_lowered(&mut self, now: Duration, service: &Service, to: u32, by: &str) {
        for binding in &service.load_balancers {
            let group = &binding.group;
            let associated = self.state.target_groups.get(group).is_some_and(|it| it.load_balancer.is_some());
            let receives =
                |action: &Action| action.groups().iter().any(|(arn, weight)| arn == group && *weight > 0);
            let by_rule =
                self.state.rules.values().find(|rule| !parked(&rule.conditions) && receives(&rule.action));
            let by_default = self.state.listeners.values().find(|it| receives(&it.default_action));
            let serving = by_rule.map(|it| &it.arn).or(by_default.map(|it| &it.default_rule_arn));
            if let Some(rule) = serving.filter(|_| to == 0) {
                let what = format!(
                    "{by} took {} from {} to 0 tasks while {rule} sends it traffic",
                    service.name, service.desired
                );
                self.violations.broke(now, self.current, "I2", what);
            }
            if !associated {
                continue;
            }
            for node in 0..self.nodes.len() {
                if let Some(rule) = self.old_view_sends(node, group) {
                    let what = format!(
                        "{by} took {} from {} to {to} tasks while node {node} still sends it traffic by its older view of {rule}",
                        service.name, service.desired
                    );
                    self.violations.broke(now, self.current, "I3", what);
                }
            }
        }
    }

    /// A rule by which a node sends traffic to a group, and the API's newer version does not.
    fn old_view_sends(&self, node: usize, group: &str) -> Option<String> {
        let known = self.nodes.get(node)?;
        let sends = |action: &seam::Action| match action {
            seam::Action::Forward { groups, .. } => {
                groups.iter().any(|(arn, weight)| arn == group && *weight > 0)
            }
            _ => false,
        };
        let hosts_invalid = |rule: &seam::RuleView| {
            rule.conditions.iter().any(|condition| match condition {
                seam::Condition::Host(hosts) => hosts.iter().all(|host| host.ends_with(".invalid")),
                _ => false,
            })
        };
        for rule in known.listeners.values().flat_map(|listener| &listener.rules) {
            if !sends(&rule.action) || hosts_invalid(rule) {
                continue;
            }
            let newer = self.state.rules.get(&rule.arn).map(|it| it.action.view());
            let newer =
                newer.or_else(|| self.state.default_rule(&rule.arn).map(|it| it.default_action.view()));
            if !newer.is_some_and(|action| sends(&action)) {
                return Some(rule.arn.clone());
            }
        }
        None
    }

    /// I5: what a write touches without its being tagged as owned; said only of callers that have
    /// tagged something as their own before.
    pub(super) fn untagged(&mut self, request: &Request) -> Option<String> {
        let caller =
            self.current.and_then(|number| self.journal.caller(number)).unwrap_or_default().to_owned();
        let params = Params::new(request.api, &request.params);
        let (list, key) = match request.api {
            Api::Ecs => ("tags", "key"),
            Api::Elb => ("Tags", "Key"),
        };
        let tags = params.objects(list).ok().flatten().unwrap_or_default();
        if tags.iter().any(|tag| tag.text(key).ok().flatten() == Some(OWNER)) {
            self.journal.owners.insert(caller);
            return None;
        }
        if !self.journal.owners.contains(&caller) {
            return None;
        }
        let owned = |tags: &Tags| tags.contains_key(OWNER);
        let state = &self.state;
        let text = |name: &str| params.text(name).ok().flatten().unwrap_or_default();
        let (what, mine) = match request.operation.as_str() {
            "ModifyRule" | "DeleteRule" => {
                let arn = text("RuleArn");
                (arn.to_owned(), owned(&state.rules.get(arn)?.tags))
            }
            "SetRulePriorities" => {
                let pairs = params.objects("RulePriorities").ok().flatten()?;
                let arns = pairs.iter().filter_map(|pair| pair.text("RuleArn").ok().flatten());
                let foreign = arns.filter_map(|arn| state.rules.get(arn)).find(|rule| !owned(&rule.tags))?;
                (foreign.arn.clone(), false)
            }
            "ModifyTargetGroup"
            | "ModifyTargetGroupAttributes"
            | "DeleteTargetGroup"
            | "RegisterTargets"
            | "DeregisterTargets" => {
                let arn = text("TargetGroupArn");
                (arn.to_owned(), owned(&state.target_groups.get(arn)?.tags))
            }
            "UpdateService" | "DeleteService" => {
                let service = state.service(&params).ok()?;
                (service.arn.clone(), owned(&service.tags))
            }
            _ => return None,
        };
        (!mine).then(|| format!("{} touched {what}, which has no tag {OWNER}", request.operation))
    }
}
