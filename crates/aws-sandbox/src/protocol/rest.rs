//! restXml as S3 has it (<https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html>): the operation is in method, path
//! and query. Buckets are addressed by path.
//!
//! A request's parameters are `Bucket`, `Key`, `Query` and `Headers` (by names in lower case) and `Body` (base64); an
//! answer's members are `Status`, `Headers`, and one of `Xml` and `Body` (base64).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};

use super::xml;
use crate::call::error::Answer;
use crate::reply::{Reply, reply};

/// Subresources, by the parameter that names them, and whether they are a bucket's or an object's own operation.
const SUBRESOURCES: [&str; 12] = [
    "location",
    "versioning",
    "uploads",
    "uploadId",
    "tagging",
    "acl",
    "policy",
    "lifecycle",
    "delete",
    "versions",
    "encryption",
    "cors",
];

/// Operation and parameters.
pub fn read(head: &Parts, body: &[u8]) -> (String, Value) {
    let path = percent_decoded(head.uri.path().trim_start_matches('/'));
    let (bucket, key) = path.split_once('/').map_or((path.as_str(), ""), |(bucket, key)| (bucket, key));
    let query: Map<String, Value> = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    let headers: Map<String, Value> = head
        .headers
        .iter()
        .filter(|(name, _)| *name != hyper::header::AUTHORIZATION)
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), json!(value.to_str().ok()?))))
        .collect();
    let operation = operation(&head.method, bucket, key, &query, &head.headers);
    let mut params = json!({"Query": query, "Headers": headers});
    for (name, value) in [("Bucket", bucket), ("Key", key)] {
        if !value.is_empty() {
            params[name] = json!(value);
        }
    }
    if !body.is_empty() {
        params["Body"] = json!(STANDARD.encode(body));
    }
    (operation, params)
}

fn operation(
    method: &Method,
    bucket: &str,
    key: &str,
    query: &Map<String, Value>,
    headers: &HeaderMap,
) -> String {
    let sub = SUBRESOURCES.iter().find(|name| query.contains_key(**name));
    let whole = match (method.as_str(), bucket.is_empty(), key.is_empty(), sub) {
        ("GET", true, ..) => "ListBuckets",
        ("GET", false, true, Some(&"location")) => "GetBucketLocation",
        ("GET", false, true, Some(&"versioning")) => "GetBucketVersioning",
        ("GET", false, true, None) if query.get("list-type").is_some_and(|it| it == "2") => "ListObjectsV2",
        ("GET", false, true, None) => "ListObjects",
        ("HEAD", false, true, None) => "HeadBucket",
        ("PUT", false, true, None) => "CreateBucket",
        ("DELETE", false, true, None) => "DeleteBucket",
        ("GET", false, false, None) => "GetObject",
        ("HEAD", false, false, None) => "HeadObject",
        ("PUT", false, false, None) if !headers.contains_key("x-amz-copy-source") => "PutObject",
        ("DELETE", false, false, None) => "DeleteObject",
        (method, _, _, sub) => return format!("{method} {}", sub.unwrap_or(&"")).trim_end().to_owned(),
    };
    whole.to_owned()
}

fn percent_decoded(text: &str) -> String {
    // As one name of a form, in which nothing but escapes means anything.
    let escaped = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

pub fn write(namespace: &str, answer: &Answer, id: &str) -> Reply {
    let mut reply = match answer {
        Ok(answer) => {
            let status = answer["Status"].as_u64().and_then(|it| u16::try_from(it).ok()).unwrap_or(200);
            let mut reply = reply(status, "application/xml", id, String::new());
            if let Some((name, value)) = answer["Xml"].as_object().and_then(|it| it.iter().next()) {
                *reply.body_mut() = xml::document(name, namespace, value).into();
            } else if let Some(body) = answer["Body"].as_str() {
                *reply.body_mut() = STANDARD.decode(body).unwrap_or_default().into();
            }
            for (name, value) in answer["Headers"].as_object().into_iter().flatten() {
                let name = HeaderName::from_bytes(name.as_bytes());
                let value = HeaderValue::from_str(value.as_str().unwrap_or_default());
                if let (Ok(name), Ok(value)) = (name, value) {
                    reply.headers_mut().insert(name, value);
                }
            }
            if reply.status() == StatusCode::NO_CONTENT {
                reply.headers_mut().remove(CONTENT_TYPE);
            }
            reply
        }
        Err(error) => {
            let told =
                json!({"Code": error.code, "Message": error.message, "RequestId": id, "HostId": "sandbox"});
            let body = if error.status == 304 { String::new() } else { xml::document("Error", "", &told) };
            reply(error.status, "application/xml", id, body)
        }
    };
    if let Ok(id) = HeaderValue::from_str(id) {
        reply.headers_mut().insert("x-amz-request-id", id);
        reply.headers_mut().insert("x-amz-id-2", HeaderValue::from_static("sandbox"));
    }
    reply
}
