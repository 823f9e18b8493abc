//! awsQuery (<https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>).

use serde_json::{Value, json};

use super::{tree, xml};
use crate::call::error::{Answer, ApiError};
use crate::reply::{Reply, reply};

/// `Action`, `Version` if there is one, and the parameters.
pub fn read(body: &[u8]) -> Result<(String, Option<String>, Value), ApiError> {
    let mut params = tree::parse(body)?;
    let mut take = |name: &str| match params.as_object_mut().and_then(|members| members.remove(name)) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let (version, action) = (take("Version"), take("Action"));
    let missing = || ApiError::new("MissingAction", "No action was supplied with this request");
    Ok((action.ok_or_else(missing)?, version, params))
}

pub fn write(namespace: &str, operation: &str, answer: &Answer, id: &str) -> Reply {
    let (status, body) = match answer {
        Ok(value) => {
            let metadata = json!({"RequestId": id});
            let mut body = xml::open(&format!("{operation}Response"), namespace);
            xml::element(&mut body, &format!("{operation}Result"), value);
            xml::element(&mut body, "ResponseMetadata", &metadata);
            (200, xml::close(body, &format!("{operation}Response")))
        }
        Err(error) => {
            let sender = if error.status < 500 { "Sender" } else { "Receiver" };
            let detail = json!({"Type": sender, "Code": error.code, "Message": error.message});
            let mut body = xml::open("ErrorResponse", namespace);
            xml::element(&mut body, "Error", &detail);
            xml::element(&mut body, "RequestId", &json!(id));
            (error.status, xml::close(body, "ErrorResponse"))
        }
    };
    reply(status, "text/xml", id, body)
}
