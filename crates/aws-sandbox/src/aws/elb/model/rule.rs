//! Listener rules.

use std::time::Duration;

use serde_json::{Value, json};

use super::action::Action;
use super::condition::Condition;
use super::gate::Gate;
use super::transform;
use crate::aws::tags::Tags;
use crate::seam::{RuleView, Transform};

#[derive(Clone, Debug)]
pub struct Rule {
    pub arn: String,
    pub listener: String,
    pub priority: u32,
    pub conditions: Vec<Condition>,
    pub gates: Vec<Gate>,
    pub transforms: Vec<Transform>,
    pub action: Action,
    pub tags: Tags,
    pub created: Duration,
}

impl Rule {
    pub fn json(&self) -> Value {
        let conditions: Vec<Value> = self.conditions.iter().map(Condition::json).collect();
        json!({
            "RuleArn": self.arn,
            "Priority": self.priority.to_string(),
            "Conditions": conditions,
            "Actions": self.action.json(&self.gates),
            "Transforms": self.transforms.iter().map(transform::json).collect::<Vec<_>>(),
            "IsDefault": false,
        })
    }

    /// As the balancer sees it.
    pub fn view(&self) -> RuleView {
        RuleView {
            arn: self.arn.clone(),
            priority: Some(self.priority),
            conditions: self.conditions.iter().map(Condition::view).collect(),
            gates: self.gates.iter().map(|gate| gate.view.clone()).collect(),
            transforms: self.transforms.clone(),
            action: self.action.view(),
        }
    }
}
