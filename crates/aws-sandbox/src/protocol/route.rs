//! Which service a request is for: by its protocol, then by target prefix (JSON), `Version` and signing name (query), or
//! signing name alone (REST).

use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::http::request::Parts;

use super::{json, query, rest};
use crate::call::dialect::{Dialect, Protocol, unknown};
use crate::call::error::ApiError;
use crate::call::request::Request;

/// A request that found its service, or what to answer it.
pub struct Routed {
    pub protocol: Protocol,
    pub request: Result<Request, ApiError>,
}

/// The namespace of errors that no service gives.
const NOBODY: &str = "http://webservices.amazon.com/AWSFault/2005-15-09";

pub fn route(head: &Parts, body: &[u8], dialects: impl Iterator<Item = &'static Dialect> + Clone) -> Routed {
    let headers = &head.headers;
    let rest = |it: &&'static Dialect| {
        matches!(it.protocol, Protocol::RestXml { .. }) && signing_name(headers) == Some(it.signing_name)
    };
    if let Some(dialect) = dialects.clone().find(rest) {
        let (operation, params) = rest::read(head, body);
        return Routed {
            protocol: dialect.protocol,
            request: Ok(Request { service: dialect.service, operation, params }),
        };
    }
    let target = headers.get("x-amz-target").map(|value| value.to_str().unwrap_or_default());
    match target {
        Some(target) => by_target(target, body, dialects),
        None => by_version(signing_name(headers), body, dialects),
    }
}

fn by_target(target: &str, body: &[u8], mut dialects: impl Iterator<Item = &'static Dialect>) -> Routed {
    let (prefix, operation) = target.rsplit_once('.').unwrap_or((target, ""));
    let found = dialects.find(|it| matches!(it.protocol, Protocol::Json11 { target } if target == prefix));
    let Some(dialect) = found else {
        let protocol = Protocol::Json11 { target: "" };
        return Routed { protocol, request: Err(unknown(protocol, target)) };
    };
    let request = json::parameters(body).map(|params| Request {
        service: dialect.service,
        operation: operation.to_owned(),
        params,
    });
    Routed { protocol: dialect.protocol, request }
}

/// Services share versions, so the signing name comes first; what is unsigned goes by its version.
fn by_version(
    signing_name: Option<&str>,
    body: &[u8],
    dialects: impl Iterator<Item = &'static Dialect> + Clone,
) -> Routed {
    let nobody = |version: &'static str| Protocol::Query { version, namespace: NOBODY };
    let (action, version, params) = match query::read(body) {
        Ok(read) => read,
        Err(error) => return Routed { protocol: nobody(""), request: Err(error) },
    };
    let of_version = |it: &&'static Dialect| match it.protocol {
        Protocol::Query { version: own, .. } => version.as_ref().is_none_or(|version| version == own),
        Protocol::Json11 { .. } | Protocol::RestXml { .. } => false,
    };
    let mut candidates = dialects.filter(of_version);
    let found = match signing_name {
        Some(name) => candidates.find(|it| it.signing_name == name),
        None => candidates.next(),
    };
    let Some(dialect) = found else {
        let version = version.unwrap_or_default();
        let text = format!("Could not find operation {action} for version {version}");
        return Routed { protocol: nobody(""), request: Err(ApiError::new("InvalidAction", text)) };
    };
    let request = Request { service: dialect.service, operation: action, params };
    Routed { protocol: dialect.protocol, request: Ok(request) }
}

/// Whether a request is by a protocol that has other methods than POST.
pub fn takes_any_method(headers: &HeaderMap, mut dialects: impl Iterator<Item = &'static Dialect>) -> bool {
    dialects.any(|it| {
        matches!(it.protocol, Protocol::RestXml { .. }) && signing_name(headers) == Some(it.signing_name)
    })
}

/// The service in a signature's credential scope, `KEY/DATE/REGION/SERVICE/aws4_request`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
fn signing_name(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let scope = text.split("Credential=").nth(1)?.split([',', ' ']).next()?;
    scope.split('/').nth(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::services::dialects;

    fn check(target: &str, scope: &str, body: &str, expected: &str) {
        let mut request = hyper::Request::new(());
        let headers = request.headers_mut();
        if !target.is_empty() {
            headers.insert("x-amz-target", target.parse().unwrap());
        }
        if !scope.is_empty() {
            let text = format!(
                "AWS4-HMAC-SHA256 Credential=key/20260101/eu-west-1/{scope}/aws4_request, Signature=x"
            );
            headers.insert(AUTHORIZATION, text.parse().unwrap());
        }
        let found = match route(&request.into_parts().0, body.as_bytes(), dialects()).request {
            Ok(request) => format!("{:?} {}", request.service, request.operation),
            Err(error) => error.code,
        };
        assert_eq!(found, expected, "{target} {scope} {body}");
    }

    #[test]
    fn a_call_finds_its_service_or_is_refused_in_its_protocols_words() {
        check("AmazonEC2ContainerServiceV20141113.ListClusters", "ecs", "{}", "Ecs ListClusters");
        check("AmazonEC2ContainerServiceV20141113.ListClusters", "", "[]", "SerializationException");
        check("Nobody_20200101.ListThings", "nobody", "{}", "UnknownOperationException");
        check("", "elasticloadbalancing", "Action=DescribeRules&Version=2015-12-01", "Elb DescribeRules");
        check("", "", "Action=DescribeRules&Version=2015-12-01", "Elb DescribeRules");
        check("", "", "Action=DescribeRules", "Elb DescribeRules");
        // The Classic Load Balancer signs with the same name and has another version.
        check("", "elasticloadbalancing", "Action=DescribeLoadBalancers&Version=2012-06-01", "InvalidAction");
        check("", "sts", "Action=GetCallerIdentity&Version=2011-06-15", "Sts GetCallerIdentity");
        check("", "sts", "Action=GetCallerIdentity&Version=2015-12-01", "InvalidAction");
        check("", "rds", "Action=DescribeRules&Version=2015-12-01", "InvalidAction");
        check("", "", "Version=2015-12-01", "MissingAction");
    }
}
