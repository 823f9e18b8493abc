//! Listener rules: finding and changing them.

mod carried;
mod expand;
pub(super) mod flatten;
mod sort;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use aws_sdk_elasticloadbalancingv2::types as elb;

use super::connect::Aws;
use super::errors::{Error, Explain, Kind};
use super::limit::Quota;
use super::ownership::Ownership;
use super::tags::{Tags, expand_elb};
use crate::bluegreen::carried::Secret;
use crate::bluegreen::names::OWNER_TAG;
use crate::bluegreen::routing::{Rule, RuleWish};
use crate::bluegreen::side::Pair;

pub(super) use flatten::forwards_to;
pub(super) use sort::{Seen, sort};

const DESCRIBE: &str = "elasticloadbalancing:DescribeRules";
const CREATE: &str = "elasticloadbalancing:CreateRule";
const MODIFY: &str = "elasticloadbalancing:ModifyRule";
const DELETE: &str = "elasticloadbalancing:DeleteRule";
const SET_PRIORITIES: &str = "elasticloadbalancing:SetRulePriorities";

impl Aws {
    /// By listener; a listener that does not exist has none.
    pub(super) async fn find_rules(
        &self,
        whose: &Ownership,
    ) -> Result<BTreeMap<String, Option<Arc<Vec<elb::Rule>>>>, Error> {
        self.shared.rules.ask_all(whose.listeners()).await
    }

    /// What a creation meets under its name may be in use on a listener that it has nothing to do with.
    pub(super) async fn find_rules_behind(
        &self,
        whose: &Ownership,
        groups: &Pair<Option<Arc<elb::TargetGroup>>>,
    ) -> Result<BTreeMap<String, Option<Arc<Vec<elb::Rule>>>>, Error> {
        let met = [&groups.blue, &groups.green].into_iter().flatten().filter(|group| {
            whose.creates && group.target_group_arn.as_ref().is_some_and(|arn| !whose.known.contains(arn))
        });
        let balancers: BTreeSet<&String> =
            met.flat_map(|group| group.load_balancer_arns.iter().flatten()).collect();
        let mut listeners = BTreeSet::new();
        for balancer in balancers {
            match self.find_listeners(balancer).await {
                Err(error) if error.not_found() => {}
                found => listeners.extend(found?),
            }
        }
        let unread = listeners.difference(&whose.listeners()).cloned().collect::<Vec<_>>();
        self.shared.rules.ask_all(unread).await
    }

    /// The rules that may be ours by their tags. Others' rules are asked about once in a process.
    pub(super) fn candidates<'a>(
        &self,
        rules: impl Iterator<Item = &'a elb::Rule>,
        whose: &Ownership,
        groups: &Pair<Option<String>>,
    ) -> BTreeSet<String> {
        let owners = self.shared.owners.lock().unwrap_or_else(PoisonError::into_inner);
        rules
            .filter(|rule| rule.is_default != Some(true))
            .filter_map(|rule| rule.rule_arn.as_ref().map(|arn| (rule, arn)))
            .filter(|(rule, arn)| {
                let foreign = |owner: &Option<String>| !owner.as_ref().is_some_and(|tag| whose.namesake(tag));
                let foreign = owners.get(*arn).is_some_and(foreign);
                !foreign || whose.known.contains(*arn) || forwards_to(rule, groups)
            })
            .map(|(_, arn)| arn.clone())
            .collect()
    }

    pub(super) fn remember_owners(&self, tags: &BTreeMap<String, Option<Arc<Tags>>>) {
        let mut owners = self.shared.owners.lock().unwrap_or_else(PoisonError::into_inner);
        for (arn, tags) in tags.iter().filter(|(arn, _)| arn.contains(":listener-rule/")) {
            if let Some(tags) = tags {
                owners.insert(arn.clone(), tags.get(OWNER_TAG).cloned());
            }
        }
    }

    /// A lost answer ends in `Conflict`: the repeated call finds the priority in use, by the rule it made.
    pub(super) async fn create_rule(
        &self,
        to: &RuleWish,
        tags: Tags,
        groups: &Pair<Option<String>>,
        secret: Option<&Secret>,
    ) -> Result<(), Error> {
        let forward = expand::forward(&to.sends, groups, None).map_err(|why| Error::gone(CREATE, why))?;
        let elb = self.elb_to_write(CREATE).await?;
        elb.create_rule()
            .listener_arn(&to.listener)
            .priority(int(to.priority))
            .set_conditions(Some(expand::conditions(&to.matches)))
            .set_actions(Some(expand::actions(&to.carried, forward, secret)))
            .set_transforms(carried::transforms(&to.carried))
            .set_tags(Some(expand_elb(&tags)))
            .send()
            .await
            .explain(CREATE)?;
        Ok(())
    }

    /// One atomic change of conditions, actions and rewrites. A login without a new secret keeps the one it has.
    ///
    /// AWS has no conditional write. The rule is therefore read once more when the write may be sent at once, and a rule
    /// that asks or carries other things than when it was looked at ends in `Conflict`. What somebody puts on it in
    /// between, for as long as that answer and the write are on their way, is overwritten.
    pub(super) async fn modify_rule(
        &self,
        from: &Rule,
        to: &RuleWish,
        groups: &Pair<Option<String>>,
        secret: Option<&Secret>,
    ) -> Result<(), Error> {
        let arn = from.id.as_str();
        let forward = expand::forward(&to.sends, groups, None).map_err(|why| Error::gone(MODIFY, why))?;
        let elb = self.elb_to_write(MODIFY).await?;
        let raw = self.find_rule(arn).await?;
        if flatten::matches(&raw) != from.matches || carried::flatten(&raw) != from.carried {
            return Err(Error::new(MODIFY, Kind::Conflict, format!("somebody has just changed {arn}")));
        }
        let same = secret.is_none() && carried::flatten(&raw) == to.carried;
        let actions = if same {
            expand::with_forward(&raw, forward)
        } else {
            expand::actions(&to.carried, forward, secret)
        };
        // What stays as it is, is not written: a condition that somebody has just put there is not undone.
        let conditions = (flatten::matches(&raw) != to.matches).then(|| expand::conditions(&to.matches));
        let transforms = if same { None } else { Some(carried::transforms(&to.carried).unwrap_or_default()) };
        self.may_still(MODIFY)?;
        elb.modify_rule()
            .rule_arn(arn)
            .set_conditions(conditions)
            .set_actions(Some(actions))
            .set_transforms(transforms)
            .send()
            .await
            .explain(MODIFY)?;
        Ok(())
    }

    /// Adds our groups to the rule's forward at weight 0, and leaves all else as it is.
    pub(super) async fn attach(&self, arn: &str, groups: &Pair<Option<String>>) -> Result<(), Error> {
        let elb = self.elb_to_write(MODIFY).await?;
        let raw = self.find_rule(arn).await?;
        let sends = flatten::sends(&raw, groups).attached();
        let forward = expand::forward(&sends, groups, flatten::stickiness(&raw))
            .map_err(|why| Error::gone(MODIFY, why))?;
        let actions = expand::with_forward(&raw, forward);
        let request = elb.modify_rule().rule_arn(arn).set_actions(Some(actions));
        self.may_still(MODIFY)?;
        request.send().await.explain(MODIFY)?;
        Ok(())
    }

    pub(super) async fn set_priorities(&self, to: &[(String, u32)]) -> Result<(), Error> {
        let pair = |(arn, priority): &(String, u32)| {
            elb::RulePriorityPair::builder().rule_arn(arn).priority(int(*priority)).build()
        };
        let elb = self.elb_to_write(SET_PRIORITIES).await?;
        let request = elb.set_rule_priorities().set_rule_priorities(Some(to.iter().map(pair).collect()));
        request.send().await.explain(SET_PRIORITIES)?;
        Ok(())
    }

    pub(super) async fn delete_rule(&self, arn: &str) -> Result<(), Error> {
        let elb = self.elb_to_write(DELETE).await?;
        match elb.delete_rule().rule_arn(arn).send().await.explain(DELETE) {
            Err(error) if error.not_found() => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    async fn find_rule(&self, arn: &str) -> Result<elb::Rule, Error> {
        let elb = self.clients.elb(Quota::ElbRead).await;
        let found = elb.describe_rules().rule_arns(arn).send().await.explain(DESCRIBE)?;
        let mut rules = found.rules.unwrap_or_default().into_iter();
        rules.find(|rule| rule.rule_arn.as_deref() == Some(arn)).ok_or_else(|| Error::gone(DESCRIBE, arn))
    }
}

fn int(priority: u32) -> i32 {
    i32::try_from(priority).unwrap_or(i32::MAX)
}
