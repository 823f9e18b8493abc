//! What Elastic Load Balancing keeps, and how one thing in it is found.

pub mod action;
pub mod attributes;
pub mod condition;
pub mod gate;
pub mod listener;
pub mod load_balancer;
pub mod node_rules;
pub mod policy;
pub mod rule;
pub mod target;
pub mod target_group;
pub mod transform;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::aws::elb::refusals::{
    listener_not_found, load_balancer_not_found, target_group_not_found, validation,
};
use crate::aws::place::{self, Place};
use crate::call::error::ApiError;
use action::Action;
use listener::Listener;
use load_balancer::LoadBalancer;
use rule::Rule;
use target::TargetHealth;
use target_group::TargetGroup;

#[derive(Clone, Debug)]
pub struct Elb {
    pub place: Place,
    pub load_balancers: BTreeMap<String, LoadBalancer>,
    pub listeners: BTreeMap<String, Listener>,
    /// By ARN, default rules apart (they live in their listener). A rule's ARN starts with its
    /// listener's path, so a listener's rules are neighbours.
    pub rules: BTreeMap<String, Rule>,
    pub target_groups: BTreeMap<String, TargetGroup>,
}

impl Elb {
    pub fn new(place: Place) -> Self {
        Self {
            place,
            load_balancers: BTreeMap::new(),
            listeners: BTreeMap::new(),
            rules: BTreeMap::new(),
            target_groups: BTreeMap::new(),
        }
    }

    /// A listener's rules, default apart, lowest priority number first.
    pub fn rules_of(&self, listener: &str) -> Vec<&Rule> {
        let prefix = listener.replacen(":listener/", ":listener-rule/", 1) + "/";
        let range = self.rules.range(prefix.clone()..);
        let mut rules: Vec<&Rule> =
            range.take_while(|(arn, _)| arn.starts_with(&prefix)).map(|(_, rule)| rule).collect();
        rules.sort_by_key(|rule| rule.priority);
        rules
    }

    /// The listener whose default rule has this ARN.
    pub fn default_rule(&self, arn: &str) -> Option<&Listener> {
        let listener = arn.rsplit_once('/')?.0.replacen(":listener-rule/", ":listener/", 1);
        self.listeners.get(&listener).filter(|it| it.default_rule_arn == arn)
    }

    pub fn listener(&self, arn: &str) -> Result<&Listener, ApiError> {
        if place::kind(arn) != "listener" {
            return Err(validation(format!("'{arn}' is not a valid listener ARN")));
        }
        self.listeners.get(arn).ok_or_else(listener_not_found)
    }

    pub fn load_balancer(&self, arn: &str) -> Result<&LoadBalancer, ApiError> {
        self.load_balancers.get(arn).ok_or_else(|| load_balancer_not_found(arn))
    }

    /// ARNs of a load balancer's listeners.
    pub fn listeners_of(&self, load_balancer: &str) -> Vec<String> {
        let of = self.listeners.values().filter(|it| it.load_balancer == load_balancer);
        of.map(|it| it.arn.clone()).collect()
    }

    pub fn target_group(&self, arn: &str) -> Result<&TargetGroup, ApiError> {
        if place::kind(arn) != "targetgroup" {
            return Err(validation(format!("'{arn}' is not a valid target group ARN")));
        }
        self.target_groups.get(arn).ok_or_else(target_group_not_found)
    }

    /// A rule or listener that weighs this group against others with group stickiness off.
    pub fn weighted_without_stickiness(&self, group: &str) -> Option<String> {
        let bad = |action: &Action| match action {
            Action::Forward { groups, stickiness: None } => {
                groups.len() > 1 && groups.iter().any(|(arn, _)| arn == group)
            }
            _ => false,
        };
        let rule = self.rules.values().find(|it| bad(&it.action)).map(|it| it.arn.clone());
        rule.or_else(|| self.listeners.values().find(|it| bad(&it.default_action)).map(|it| it.arn.clone()))
    }

    /// For callers that know the group to be there.
    pub fn target_states(&self, arn: &str) -> Result<Vec<(Ipv4Addr, u16, TargetHealth)>, ApiError> {
        let group = self.target_groups.get(arn).ok_or_else(target_group_not_found)?;
        let associated = group.load_balancer.is_some();
        Ok(group.targets.values().map(|it| (it.ip, it.port, it.health(associated))).collect())
    }
}
