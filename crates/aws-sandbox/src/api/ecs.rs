//! ECS on the wire: awsJson1.1.

use hyper::header::HeaderMap;
use serde_json::{Value, json};

use super::{Reply, malformed, reply, request};
use crate::world::Request;
use crate::world::error::{Answer, ApiError};
use crate::world::params::Api;

const TARGET: &str = "AmazonEC2ContainerServiceV20141113.";

pub fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Request, ApiError> {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target
        .strip_prefix(TARGET)
        .ok_or_else(|| malformed("UnknownOperationException", format!("Unknown target '{target}'")))?;
    let params: Value = if body.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(body)
            .map_err(|error| malformed("SerializationException", error.to_string()))?
    };
    if !params.is_object() {
        return Err(malformed("SerializationException", "the body must be a JSON object"));
    }
    Ok(request(Api::Ecs, operation, params))
}

pub fn write(_operation: &str, answer: &Answer, id: &str) -> Reply {
    let (status, body) = match answer {
        Ok(value) => (200, without_nulls(value)),
        Err(error) => (error.status, json!({"__type": error.code, "message": error.message})),
    };
    reply(status, "application/x-amz-json-1.1", id, body.to_string())
}

/// AWS leaves unset members out.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let set = members.iter().filter(|(_, member)| !member.is_null());
            set.map(|(name, member)| (name.clone(), without_nulls(member))).collect()
        }
        Value::Array(values) => values.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
