//! Reads, checks and writes out tags as ECS has them.

use serde_json::{Value, json};

use crate::aws::ecs::refusals::invalid;
use crate::aws::tags::{MOST, Tags, refused};
use crate::call::error::ApiError;
use crate::call::params::Params;

pub fn parse(params: &Params) -> Result<Tags, ApiError> {
    let mut tags = Tags::new();
    for tag in params.objects("tags")?.unwrap_or_default() {
        let key = tag.text("key")?.unwrap_or_default();
        let value = tag.text("value")?.unwrap_or_default();
        if let Some(text) = refused(key, value) {
            return Err(invalid(text));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid(format!("Duplicate tag key found: {key}")));
        }
    }
    too_many(&tags)?;
    Ok(tags)
}

pub fn too_many(tags: &Tags) -> Result<(), ApiError> {
    if tags.len() <= MOST { Ok(()) } else { Err(invalid("Tags can not have more than 50 elements.")) }
}

pub fn write(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}
