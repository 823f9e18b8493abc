//! DescribeTags.

use serde_json::{Value, json};

use crate::aws::elb::model::Elb;
use crate::aws::elb::refusals::{unknown_arn, validation};
use crate::aws::place;
use crate::aws::tags::Tags;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

fn elb(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

impl Elb {
    pub fn elb_tags(&self, arn: &str) -> Result<&Tags, ApiError> {
        let found = match place::kind(arn) {
            "loadbalancer" => self.load_balancers.get(arn).map(|it| &it.tags),
            "listener" => self.listeners.get(arn).map(|it| &it.tags),
            "listener-rule" => match self.rules.get(arn) {
                None => self.default_rule(arn).map(|listener| &listener.default_rule_tags),
                Some(rule) => Some(&rule.tags),
            },
            "targetgroup" => self.target_groups.get(arn).map(|it| &it.tags),
            _ => {
                return Err(validation(format!(
                    "'{arn}' is not a valid load balancer, target group, listener or rule ARN"
                )));
            }
        };
        found.ok_or_else(|| unknown_arn(arn))
    }

    pub fn describe_tags(&self, params: &Params) -> Answer {
        let arns = params.texts("ResourceArns")?.ok_or_else(|| params.missing("ResourceArns"))?;
        if arns.len() > 20 {
            return Err(validation("Up to 20 resources can be described in one call"));
        }
        let mut found = Vec::new();
        for arn in arns {
            found.push(json!({"ResourceArn": arn, "Tags": elb(self.elb_tags(arn)?)}));
        }
        Ok(json!({"TagDescriptions": found}))
    }
}
