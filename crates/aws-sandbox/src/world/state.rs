//! Everything the two APIs can be asked about. Reads are methods on this and never change it, so a
//! read can as well be answered from an older copy.

use std::collections::BTreeMap;

use super::arn::Place;
use super::clusters::Cluster;
use super::listeners::Listener;
use super::load_balancers::LoadBalancer;
use super::rules::Rule;
use super::services::Service;
use super::target_groups::TargetGroup;
use super::task_definitions::TaskDefinition;
use super::tasks::Task;

#[derive(Clone, Debug)]
pub struct State {
    pub place: Place,
    /// By name.
    pub clusters: BTreeMap<String, Cluster>,
    /// By ARN.
    pub task_definitions: BTreeMap<String, TaskDefinition>,
    /// By ARN. An INACTIVE service stays until its name is taken again.
    pub services: BTreeMap<String, Service>,
    /// By the 32 digits.
    pub tasks: BTreeMap<String, Task>,
    pub load_balancers: BTreeMap<String, LoadBalancer>,
    pub listeners: BTreeMap<String, Listener>,
    /// By ARN, default rules apart (they live in their listener). A rule's ARN starts with its
    /// listener's path, so a listener's rules are neighbours.
    pub rules: BTreeMap<String, Rule>,
    pub target_groups: BTreeMap<String, TargetGroup>,
}

impl State {
    pub fn new(place: Place) -> Self {
        Self {
            place,
            clusters: BTreeMap::new(),
            task_definitions: BTreeMap::new(),
            services: BTreeMap::new(),
            tasks: BTreeMap::new(),
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
}
