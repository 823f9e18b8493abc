//! DescribeRules.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::aws::elb::model::Elb;
use crate::aws::elb::model::rule::Rule;
use crate::aws::elb::refusals::{bad_marker, rule_not_found, validation};
use crate::call::error::Answer;
use crate::call::pages::page;
use crate::call::params::Params;

impl Elb {
    fn default_rule_json(&self, listener: &str) -> Option<Value> {
        let it = self.listeners.get(listener)?;
        Some(json!({
            "RuleArn": it.default_rule_arn,
            "Priority": "default",
            "Conditions": [],
            "Actions": it.default_action.json(&it.default_gates),
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
                    any.map(|it| ((*arn).to_string(), it)).ok_or_else(rule_not_found)
                });
                found.collect::<Result<_, _>>()?
            }
        };
        let (found, next) = page(items, params.text("Marker")?, size).map_err(|()| bad_marker())?;
        Ok(json!({"Rules": found, "NextMarker": next}))
    }
}
