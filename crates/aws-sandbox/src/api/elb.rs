//! Elastic Load Balancing on the wire: awsQuery, XML answers.

use hyper::header::HeaderMap;
use serde_json::{Value, json};

use super::{Reply, malformed, query, reply, request, xml};
use crate::world::Request;
use crate::world::error::{Answer, ApiError};
use crate::world::params::Api;

const NAMESPACE: &str = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";

pub fn parse(_headers: &HeaderMap, body: &[u8]) -> Result<Request, ApiError> {
    let mut params = query::parse(body)?;
    let action = params.as_object_mut().and_then(|members| {
        members.remove("Version");
        members.remove("Action")
    });
    match action {
        Some(Value::String(action)) if !action.is_empty() => Ok(request(Api::Elb, &action, params)),
        _ => Err(malformed("MissingAction", "No action was supplied with this request")),
    }
}

pub fn write(operation: &str, answer: &Answer, id: &str) -> Reply {
    let (status, body) = match answer {
        Ok(value) => {
            let metadata = json!({"RequestId": id});
            let mut body = xml::open(&format!("{operation}Response"), NAMESPACE);
            xml::element(&mut body, &format!("{operation}Result"), value);
            xml::element(&mut body, "ResponseMetadata", &metadata);
            (200, xml::close(body, &format!("{operation}Response")))
        }
        Err(error) => {
            let sender = if error.status < 500 { "Sender" } else { "Receiver" };
            let detail = json!({"Type": sender, "Code": error.code, "Message": error.message});
            let mut body = xml::open("ErrorResponse", NAMESPACE);
            xml::element(&mut body, "Error", &detail);
            xml::element(&mut body, "RequestId", &json!(id));
            (error.status, xml::close(body, "ErrorResponse"))
        }
    };
    reply(status, "text/xml", id, body)
}
