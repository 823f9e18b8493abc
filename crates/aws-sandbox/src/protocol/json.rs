//! awsJson1.1 (<https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>).

use serde_json::{Value, json};

use crate::call::error::{Answer, ApiError};
use crate::reply::{Reply, reply};

pub fn parameters(body: &[u8]) -> Result<Value, ApiError> {
    let malformed = |text: String| ApiError::new("SerializationException", text);
    let params: Value = match body {
        [] => json!({}),
        body => serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?,
    };
    if params.is_object() { Ok(params) } else { Err(malformed("the body must be a JSON object".to_owned())) }
}

pub fn write(answer: &Answer, id: &str) -> Reply {
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
