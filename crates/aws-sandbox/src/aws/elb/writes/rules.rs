//! CreateRule, ModifyRule, DeleteRule.

use std::time::Duration;

use serde_json::json;

use crate::aws::elb::model::action::Action;
use crate::aws::elb::model::gate::Gate;
use crate::aws::elb::model::load_balancer::Kind;
use crate::aws::elb::model::rule::Rule;
use crate::aws::elb::refusals::{
    bad_action, in_use, invalid_configuration, not_permitted, rule_not_found, target_group_not_found,
    validation,
};
use crate::aws::elb::requests::actions::check_gates;
use crate::aws::elb::requests::{actions, conditions, tags, transforms};
use crate::aws::witness::Change;
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl World {
    /// Whether a load balancer may use this action; `before` are the groups it had in this place.
    pub(crate) fn check_action(
        &self,
        load_balancer: &str,
        protocol: &str,
        action: &Action,
        before: &[(String, u32)],
    ) -> Result<(), ApiError> {
        let it = self.state.elb.load_balancer(load_balancer)?;
        let (vpc, network) = (&it.vpc_id, it.kind == Kind::Network);
        let Action::Forward { groups, stickiness } = action else {
            if network {
                return Err(bad_action("Network Load Balancers support forward actions only"));
            }
            return Ok(());
        };
        for (arn, _) in groups {
            let group = self.state.elb.target_groups.get(arn).ok_or_else(target_group_not_found)?;
            if group.vpc_id != *vpc {
                return Err(invalid_configuration(format!(
                    "The target group '{arn}' and the load balancer '{load_balancer}' must be in the same VPC"
                )));
            }
            if group.is_network() != network {
                let (kind, spoken) = (it.kind.word(), &group.protocol);
                let text =
                    format!("A {kind} load balancer does not support target groups with protocol '{spoken}'");
                return Err(ApiError::new("IncompatibleProtocols", text));
            }
            // Only HTTPS clients can speak HTTP/2, so that all others would get 464. The text is AWS's own
            // (https://github.com/aws/copilot-cli/issues/4551); its code is not told there.
            let version = group.protocol_version.as_deref().unwrap_or("HTTP1");
            if protocol == "HTTP" && version != "HTTP1" {
                return Err(validation(format!(
                    "Listener protocol 'HTTP' is not supported with a target group with the protocol-version '{version}'"
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
                return Err(invalid_configuration(
                    "You must enable group stickiness on a rule if you enabled target stickiness on one of its \
                     target groups",
                ));
            }
        }
        let used = self
            .state
            .elb
            .target_groups
            .values()
            .filter(|it| it.load_balancer.as_deref() == Some(load_balancer));
        let new = groups.iter().filter(|(arn, _)| {
            !before.iter().any(|(old, _)| old == arn)
                && self.state.elb.target_groups.get(arn).is_some_and(|it| it.load_balancer.is_none())
        });
        if used.count() + new.count() > self.settings.groups_per_load_balancer {
            return Err(ApiError::new(
                "TooManyUniqueTargetGroupsPerLoadBalancer",
                "You have reached the maximum number of unique target groups that you can associate with a load balancer",
            ));
        }
        Ok(())
    }

    /// Logins and tokens are for HTTPS listeners only
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html>).
    fn check_gates(&self, listener: &str, gates: &[Gate]) -> Result<(), ApiError> {
        check_gates(&self.state.elb.listener(listener)?.protocol, gates)
    }

    pub(crate) fn create_rule(&mut self, now: Duration, params: &Params) -> Answer {
        let listener = params.needed("ListenerArn")?.to_owned();
        let conditions =
            conditions::parse(params, "Conditions")?.ok_or_else(|| params.missing("Conditions"))?;
        let priority =
            params.within("Priority", 1, 50_000)?.ok_or_else(|| params.missing("Priority"))? as u32;
        let actions = actions::parse(params, "Actions", &[])?.ok_or_else(|| params.missing("Actions"))?;
        let tags = tags::parse(params)?;
        let transforms = transforms::parse(params)?.unwrap_or_default();
        let (load_balancer, protocol) = {
            let it = self.state.elb.listener(&listener)?;
            (it.load_balancer.clone(), it.protocol.clone())
        };
        if self.state.elb.load_balancer(&load_balancer)?.kind == Kind::Network {
            return Err(invalid_configuration("Rules are supported for Application Load Balancers only"));
        }
        if self.state.elb.rules_of(&listener).iter().any(|rule| rule.priority == priority) {
            return Err(in_use(priority));
        }
        let path = load_balancer.replacen(":loadbalancer/", ":listener-rule/", 1) + "/";
        if self.state.elb.rules.range(path.clone()..).take_while(|(arn, _)| arn.starts_with(&path)).count()
            >= self.settings.rules_per_load_balancer
        {
            return Err(ApiError::new(
                "TooManyRules",
                "You have reached the maximum number of rules for this load balancer",
            ));
        }
        self.check_gates(&listener, &actions.gates)?;
        self.check_action(&load_balancer, &protocol, &actions.routing, &[])?;
        let path = listener.replacen(":listener/", ":listener-rule/", 1);
        let rule = Rule {
            arn: format!("{path}/{}", self.dice.hex16()),
            listener: listener.clone(),
            priority,
            conditions,
            gates: actions.gates,
            transforms,
            action: actions.routing,
            tags,
            created: now,
        };
        let answer = json!({"Rules": [rule.json()]});
        self.changes.push(Change::Rule { before: None, after: rule.view().into() });
        self.state.elb.rules.insert(rule.arn.clone(), rule);
        self.routing_changed(now, &listener);
        Ok(answer)
    }

    pub(super) fn own_rule(&self, arn: &str, refusal: &str) -> Result<&Rule, ApiError> {
        if self.state.elb.default_rule(arn).is_some() {
            return Err(not_permitted(refusal));
        }
        self.state.elb.rules.get(arn).ok_or_else(rule_not_found)
    }

    pub(crate) fn modify_rule(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("RuleArn")?;
        let conditions = conditions::parse(params, "Conditions")?;
        let old = self.own_rule(arn, "Default rules cannot be modified; modify the listener")?.clone();
        let actions = actions::parse(params, "Actions", &old.gates)?;
        let transforms = transforms::parse(params)?;
        let reset = params.boolean("ResetTransforms")? == Some(true);
        if reset && transforms.is_some() {
            return Err(validation("You cannot specify both transforms and their reset"));
        }
        if conditions.is_none() && actions.is_none() && transforms.is_none() && !reset {
            return Err(validation("You must specify at least one of actions, conditions or transforms"));
        }
        let mut rule = old.clone();
        if let Some(actions) = actions {
            let (load_balancer, protocol) = {
                let it = self.state.elb.listener(&rule.listener)?;
                (it.load_balancer.clone(), it.protocol.clone())
            };
            self.check_gates(&rule.listener, &actions.gates)?;
            self.check_action(&load_balancer, &protocol, &actions.routing, old.action.groups())?;
            (rule.gates, rule.action) = (actions.gates, actions.routing);
        }
        if reset {
            rule.transforms.clear();
        }
        if let Some(transforms) = transforms {
            rule.transforms = transforms;
        }
        if let Some(conditions) = conditions {
            rule.conditions = conditions;
        }
        let answer = json!({"Rules": [rule.json()]});
        self.changes.push(Change::Rule { before: Some(old.view().into()), after: rule.view().into() });
        let listener = rule.listener.clone();
        self.state.elb.rules.insert(rule.arn.clone(), rule);
        self.routing_changed(now, &listener);
        Ok(answer)
    }

    pub(crate) fn delete_rule(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("RuleArn")?;
        let listener = self.own_rule(arn, "Default rules cannot be deleted")?.listener.clone();
        self.state.elb.rules.remove(arn);
        self.routing_changed(now, &listener);
        Ok(json!({}))
    }
}
