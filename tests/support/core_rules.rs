//! Terraform's own rules, under the names these tests know.

#![allow(dead_code, unused_imports, reason = "each test uses its own part")]

use std::collections::BTreeMap;

use terraform_plugin::testing::rules;
use terraform_plugin::{Attribute, Schema, Value};

pub type Attributes = BTreeMap<String, Attribute>;

fn schema(attributes: &Attributes) -> Schema {
    Schema { attributes: attributes.clone(), ..Schema::default() }
}

pub fn proposed_new(attributes: &Attributes, prior: &Value, config: &Value) -> Value {
    rules::proposed_new(&schema(attributes), prior, config)
}

pub fn assert_plan_valid(attributes: &Attributes, prior: &Value, config: &Value, planned: &Value, _at: &str) {
    rules::assert_plan_valid(&schema(attributes), prior, config, planned);
}

pub fn assert_compatible(attributes: &Attributes, planned: &Value, actual: &Value, _at: &str) {
    rules::assert_compatible(&schema(attributes), planned, actual);
}
