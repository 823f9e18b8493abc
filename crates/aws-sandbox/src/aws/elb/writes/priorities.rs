//! SetRulePriorities: several rules at once, or none.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::aws::elb::refusals::{in_use, validation};
use crate::aws::world::World;
use crate::call::error::Answer;
use crate::call::params::Params;

impl World {
    pub(crate) fn set_rule_priorities(&mut self, now: Duration, params: &Params) -> Answer {
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
            for rule in self.state.elb.rules_of(listener) {
                let moved = wanted.iter().find(|(arn, _)| *arn == rule.arn).map(|(_, priority)| *priority);
                if moved.is_none() {
                    taken.insert(rule.priority);
                }
            }
            for (arn, priority) in &wanted {
                let here = self.state.elb.rules.get(arn).is_some_and(|rule| rule.listener == *listener);
                if here && !taken.insert(*priority) {
                    return Err(in_use(*priority));
                }
            }
        }
        let mut changed = Vec::new();
        for (arn, priority) in &wanted {
            if let Some(rule) = self.state.elb.rules.get_mut(arn) {
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
