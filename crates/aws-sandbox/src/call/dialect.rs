//! How a service speaks: the protocol it is called by, and the codes and words it refuses with.

use super::error::ApiError;
use super::request::{Request, Service};

#[derive(Debug)]
pub struct Dialect {
    pub service: Service,
    /// The service in the credential scope of a signature, and in the names of IAM actions
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
    pub signing_name: &'static str,
    pub protocol: Protocol,
    /// Code of a parameter refused.
    pub invalid: &'static str,
    pub absent: Absent,
    pub throttled: &'static str,
    /// Code and HTTP status of what a caller may not do.
    pub denied: (&'static str, u16),
    /// Code of a failure of the service's own.
    pub failed: &'static str,
}

/// Protocols of AWS services (<https://smithy.io/2.0/aws/protocols/index.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The operation is in `X-Amz-Target`, behind this prefix and a dot.
    Json11 { target: &'static str },
    /// The operation is the parameter `Action`; answers are XML of this namespace.
    Query { version: &'static str, namespace: &'static str },
    /// The operation is in method, path and query; answers are XML of this namespace.
    RestXml { namespace: &'static str },
}

/// How a required parameter is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    CanNotBeBlank,
    MustNotBeNull,
}

impl Dialect {
    pub fn is_query(&self) -> bool {
        matches!(self.protocol, Protocol::Query { .. })
    }

    pub fn throttled(&self) -> ApiError {
        match self.protocol {
            // <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
            Protocol::RestXml { .. } => {
                ApiError::new(self.throttled, "Please reduce your request rate.").with_status(503)
            }
            _ => ApiError::new(self.throttled, "Rate exceeded"),
        }
    }

    pub fn denied(&self, account: &str, operation: &str) -> ApiError {
        let (code, status) = self.denied;
        let action = format!("{}:{operation}", self.signing_name);
        let text = format!(
            "User: arn:aws:iam::{account}:user/sandbox is not authorized to perform: {action} on resource: * because \
             no identity-based policy allows the {action} action"
        );
        ApiError::new(code, text).with_status(status)
    }

    /// A failure with what was asked for, and the service's own words for the rest.
    pub fn failure(&self, status: u16, code: Option<&str>, message: Option<&str>) -> ApiError {
        let own = if status == 503 { "ServiceUnavailable" } else { self.failed };
        let message = message.unwrap_or("Service Unavailable. Please try again later.");
        ApiError::new(code.unwrap_or(own), message).with_status(status)
    }

    /// An operation that the service does not have, as each protocol says it
    /// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html>).
    pub fn unknown(&self, request: &Request) -> ApiError {
        unknown(self.protocol, &request.operation)
    }
}

/// An operation that nobody has.
pub fn unknown(protocol: Protocol, operation: &str) -> ApiError {
    match protocol {
        Protocol::Json11 { .. } => {
            ApiError::new("UnknownOperationException", format!("The sandbox has no operation '{operation}'"))
        }
        Protocol::Query { version, .. } => ApiError::new(
            "InvalidAction",
            format!("Could not find operation {operation} for version {version}"),
        ),
        Protocol::RestXml { .. } => {
            ApiError::new("NotImplemented", format!("The sandbox has no operation '{operation}'"))
                .with_status(501)
        }
    }
}
