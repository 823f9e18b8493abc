//! Listener rules: create, modify, delete, order.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::actions::{self, Action};
use super::conditions::{self, Condition};
use super::error::{Answer, ApiError, validation};
use super::load_balancers::bad_marker;
use super::pages::page;
use super::params::{Api, Params};
use super::state::State;
use super::tags::{self, Tags};
use super::{World, attributes, target_groups};

#[derive(Clone, Debug)]
pub struct Rule {
    pub arn: String,
    pub listener: String,
    pub priority: u32,
    pub conditions: Vec<Condition>,
    pub action: Action,
    pub tags: Tags,
    pub created: Duration,
}

fn not_found() -> ApiError {
    ApiError::new("RuleNotFound", "One or more rules not found")
}

fn in_use(priority: u32) -> ApiError {
    ApiError::new("PriorityInUse", format!("Priority '{priority}' is currently in use"))
}

fn not_permitted(message: &str) -> ApiError {
    ApiError::new("OperationNotPermitted", message)
}

impl Rule {
    pub fn json(&self) -> Value {
        let conditions: Vec<Value> = self.conditions.iter().map(Condition::json).collect();
        json!({
            "RuleArn": self.arn,
            "Priority": self.priority.to_string(),
            "Conditions": conditions,
            "Actions": self.action.json(),
            "IsDefault": false,
        })
    }
}

impl State {
    fn default_rule_json(&self, listener: &str) -> Option<Value> {
        let it = self.listeners.get(listener)?;
        Some(json!({
            "RuleArn": it.default_rule_arn,
            "Priority": "default",
            "Conditions": [],
            "Actions": it.default_action.json(),
            "IsDefault": true,
        }))
    }

    pub fn describe_rules(&self, params: &Params) -> Answer {
        let arns = params.texts("RuleArns")?.unwrap_or_default();
        let of = params.text("ListenerArn")?.filter(|arn| !arn.is_empty());
        let size = params.within("PageSize", 1, 400)?.unwrap_or(400) as usize;
        let items: Vec<(String, Value)> = match of {
            Some(_) if !arns.is_empty() => {
                return Err(validation("A listener ARN and rule ARNs cannot be specified together"));
            }
            Some(listener) => {
                self.listener(listener)?;
                let rules = self.rules_of(listener);
                let numbered = rules.iter().map(|rule| (format!("{:05}", rule.priority), rule.json()));
                numbered
                    .chain(self.default_rule_json(listener).map(|it| ("default".to_owned(), it)))
                    .collect()
            }
            None if arns.is_empty() => {
                return Err(validation("You must specify either listener rule ARNs or a listener ARN"));
            }
            None => {
                let found = arns.iter().collect::<BTreeSet<_>>().into_iter().map(|arn| {
                    let own = self.rules.get(*arn).map(Rule::json);
                    let any = own.or_else(|| self.default_rule_json(&self.default_rule(arn)?.arn));
                    any.map(|it| ((*arn).to_string(), it)).ok_or_else(not_found)
                });
                found.collect::<Result<_, _>>()?
            }
        };
        let (found, next) = page(items, params.text("Marker")?, size).map_err(|()| bad_marker())?;
        Ok(json!({"Rules": found, "NextMarker": next}))
    }
}

impl World {
    /// Whether a load balancer may use this action; `before` are the groups it had in this place.
    pub(super) fn check_action(
        &self,
        load_balancer: &str,
        action: &Action,
        before: &[(String, u32)],
    ) -> Result<(), ApiError> {
        let Action::Forward { groups, stickiness } = action else { return Ok(()) };
        let vpc = &self.state.load_balancer(load_balancer)?.vpc_id;
        for (arn, _) in groups {
            let group = self.state.target_groups.get(arn).ok_or_else(target_groups::not_found)?;
            if group.vpc_id != *vpc {
                return Err(attributes::invalid_configuration(format!(
                    "The target group '{arn}' and the load balancer '{load_balancer}' must be in the same VPC"
                )));
            }
            if group.load_balancer.as_ref().is_some_and(|it| it != load_balancer) {
                return Err(ApiError::new(
                    "TargetGroupAssociationLimit",
                    format!(
                        "The following target groups cannot be associated with more than one load balancer: {arn}"
                    ),
                ));
            }
            if groups.len() > 1 && stickiness.is_none() && group.attribute("stickiness.enabled") == "true" {
                return Err(attributes::invalid_configuration(
                    "You must enable group stickiness on a rule if you enabled target stickiness on one of its \
                     target groups",
                ));
            }
        }
        let used =
            self.state.target_groups.values().filter(|it| it.load_balancer.as_deref() == Some(load_balancer));
        let new = groups.iter().filter(|(arn, _)| {
            !before.iter().any(|(old, _)| old == arn)
                && self.state.target_groups.get(arn).is_some_and(|it| it.load_balancer.is_none())
        });
        if used.count() + new.count() > self.settings.groups_per_load_balancer {
            return Err(ApiError::new(
                "TooManyUniqueTargetGroupsPerLoadBalancer",
                "You have reached the maximum number of unique target groups that you can associate with a load balancer",
            ));
        }
        Ok(())
    }

    pub(super) fn create_rule(&mut self, now: Duration, params: &Params) -> Answer {
        let listener = params.needed("ListenerArn")?.to_owned();
        let conditions =
            conditions::parse(params, "Conditions")?.ok_or_else(|| params.missing("Conditions"))?;
        let priority =
            params.within("Priority", 1, 50_000)?.ok_or_else(|| params.missing("Priority"))? as u32;
        let action = actions::parse(params, "Actions")?.ok_or_else(|| params.missing("Actions"))?;
        let tags = tags::parse(Api::Elb, params, "Tags")?;
        if params.objects("Transforms")?.is_some_and(|list| !list.is_empty()) {
            return Err(validation("The sandbox has no rule transforms"));
        }
        let load_balancer = self.state.listener(&listener)?.load_balancer.clone();
        if self.state.rules_of(&listener).iter().any(|rule| rule.priority == priority) {
            return Err(in_use(priority));
        }
        let path = load_balancer.replacen(":loadbalancer/", ":listener-rule/", 1) + "/";
        if self.state.rules.range(path.clone()..).take_while(|(arn, _)| arn.starts_with(&path)).count()
            >= self.settings.rules_per_load_balancer
        {
            return Err(ApiError::new(
                "TooManyRules",
                "You have reached the maximum number of rules for this load balancer",
            ));
        }
        self.check_action(&load_balancer, &action, &[])?;
        let path = listener.replacen(":listener/", ":listener-rule/", 1);
        let rule = Rule {
            arn: format!("{path}/{}", self.dice.hex16()),
            listener: listener.clone(),
            priority,
            conditions,
            action,
            tags,
            created: now,
        };
        let answer = json!({"Rules": [rule.json()]});
        self.saw_rule(None, &rule);
        self.state.rules.insert(rule.arn.clone(), rule);
        self.routing_changed(now, &listener);
        Ok(answer)
    }

    fn own_rule(&self, arn: &str, refusal: &str) -> Result<&Rule, ApiError> {
        if self.state.default_rule(arn).is_some() {
            return Err(not_permitted(refusal));
        }
        self.state.rules.get(arn).ok_or_else(not_found)
    }

    pub(super) fn modify_rule(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("RuleArn")?;
        let conditions = conditions::parse(params, "Conditions")?;
        let action = actions::parse(params, "Actions")?;
        let old = self.own_rule(arn, "Default rules cannot be modified; modify the listener")?.clone();
        let transforms = params.objects("Transforms")?;
        if transforms.as_ref().is_some_and(|list| !list.is_empty()) {
            return Err(validation("The sandbox has no rule transforms"));
        }
        if conditions.is_none()
            && action.is_none()
            && transforms.is_none()
            && params.boolean("ResetTransforms")?.is_none()
        {
            return Err(validation("You must specify at least one of actions, conditions or transforms"));
        }
        let mut rule = old.clone();
        if let Some(action) = action {
            let load_balancer = self.state.listener(&rule.listener)?.load_balancer.clone();
            self.check_action(&load_balancer, &action, old.action.groups())?;
            rule.action = action;
        }
        if let Some(conditions) = conditions {
            rule.conditions = conditions;
        }
        let answer = json!({"Rules": [rule.json()]});
        self.saw_rule(Some(&old), &rule);
        let listener = rule.listener.clone();
        self.state.rules.insert(rule.arn.clone(), rule);
        self.routing_changed(now, &listener);
        Ok(answer)
    }

    pub(super) fn delete_rule(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("RuleArn")?;
        let listener = self.own_rule(arn, "Default rules cannot be deleted")?.listener.clone();
        self.state.rules.remove(arn);
        self.routing_changed(now, &listener);
        Ok(json!({}))
    }

    pub(super) fn set_rule_priorities(&mut self, now: Duration, params: &Params) -> Answer {
        let pairs = params.objects("RulePriorities")?.ok_or_else(|| params.missing("RulePriorities"))?;
        let mut wanted: Vec<(String, u32)> = Vec::new();
        for pair in pairs {
            let arn = pair.needed("RuleArn")?;
            let priority =
                pair.within("Priority", 1, 50_000)?.ok_or_else(|| pair.missing("Priority"))? as u32;
            if wanted.iter().any(|(known, _)| known == arn) {
                return Err(validation(format!("The rule '{arn}' is specified more than once")));
            }
            wanted.push((arn.to_owned(), priority));
        }
        if wanted.is_empty() {
            return Err(validation("A rule priority must be specified"));
        }
        let mut listeners = BTreeSet::new();
        for (arn, _) in &wanted {
            let refusal = "The priority of a default rule cannot be changed";
            listeners.insert(self.own_rule(arn, refusal)?.listener.clone());
        }
        for listener in &listeners {
            let mut taken = BTreeSet::new();
            for rule in self.state.rules_of(listener) {
                let moved = wanted.iter().find(|(arn, _)| *arn == rule.arn).map(|(_, priority)| *priority);
                if moved.is_none() {
                    taken.insert(rule.priority);
                }
            }
            for (arn, priority) in &wanted {
                let here = self.state.rules.get(arn).is_some_and(|rule| rule.listener == *listener);
                if here && !taken.insert(*priority) {
                    return Err(in_use(*priority));
                }
            }
        }
        let mut changed = Vec::new();
        for (arn, priority) in &wanted {
            if let Some(rule) = self.state.rules.get_mut(arn) {
                rule.priority = *priority;
                changed.push(rule.json());
            }
        }
        for listener in &listeners {
            self.routing_changed(now, listener);
        }
        Ok(json!({"Rules": changed}))
    }
}
