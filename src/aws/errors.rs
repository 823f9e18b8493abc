//! What went wrong, and all matching on AWS's error codes and message texts.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// A call that AWS refused or that never got through. Holds no credentials.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation}: {message}")]
pub struct Error {
    /// As IAM spells it: `ecs:UpdateService`.
    pub operation: &'static str,
    pub kind: Kind,
    pub message: String,
    #[source]
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was asked for does not exist.
    NotFound,
    /// Somebody, perhaps we in an earlier attempt, was there first. Look again.
    Conflict,
    Throttled,
    /// No credentials, wrong ones, or ones that may not.
    Denied,
    /// AWS will never accept this.
    Invalid,
    /// No answer, or an answer that AWS cannot serve now.
    Unreachable,
    /// Something this needs is still coming or going.
    NotReady,
    /// Not sent: the run was told to stop.
    Stopped,
    Other,
}

impl Kind {
    /// Looking again and going on may help.
    pub fn worth_retrying(self) -> bool {
        matches!(self, Kind::Conflict | Kind::Throttled | Kind::Unreachable | Kind::NotReady)
    }
}

impl Error {
    pub(super) fn new(operation: &'static str, kind: Kind, message: impl Into<String>) -> Self {
        Error { operation, kind, message: message.into(), source: None }
    }

    /// Something that was seen a moment ago is not there any more.
    pub(super) fn gone(operation: &'static str, what: impl std::fmt::Display) -> Self {
        Error::new(operation, Kind::Conflict, format!("{what} is no longer there"))
    }

    /// A call shared with others ended without an answer.
    pub(super) fn lost(operation: &'static str) -> Self {
        Error::new(operation, Kind::Unreachable, "the answer held nothing for what was asked")
    }

    /// A request that could not even be put together.
    pub(super) fn unbuilt(
        operation: &'static str,
    ) -> impl Fn(aws_smithy_types::error::operation::BuildError) -> Self {
        move |error| Error::new(operation, Kind::Invalid, error.to_string())
    }

    pub(super) fn not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// While acting on what was just seen, "not found" means that it has changed since: look again. Only what
    /// the user names, cluster and listener, is an error to report.
    pub(super) fn since_looked(self) -> Self {
        let users =
            self.message.starts_with("ClusterNotFound") || self.message.starts_with("ListenerNotFound");
        if self.kind == Kind::NotFound && !users { Error { kind: Kind::Conflict, ..self } } else { self }
    }
}

/// Puts an SDK answer into our words.
pub(super) trait Explain<T> {
    fn explain(self, operation: &'static str) -> Result<T, Error>;
}

impl<T, E> Explain<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn explain(self, operation: &'static str) -> Result<T, Error> {
        self.map_err(|error| explain(operation, error))
    }
}

fn explain<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let (kind, message) = match &error {
        SdkError::ServiceError(refusal) => {
            let (code, text) = (refusal.err().code(), refusal.err().message().unwrap_or_default());
            (classify(code, text, status), said(code, text, status))
        }
        SdkError::ResponseError(_) => {
            let status = status.map_or_else(|| "no status".to_owned(), |status| format!("HTTP {status}"));
            (Kind::Unreachable, format!("an answer that cannot be read ({status})"))
        }
        SdkError::TimeoutError(_) => (Kind::Unreachable, "no answer in time".to_owned()),
        other => undelivered(&DisplayErrorContext(other).to_string()),
    };
    Error { operation, kind, message, source: Some(Arc::new(error)) }
}

fn said(code: Option<&str>, text: &str, status: Option<u16>) -> String {
    match (code, text, status) {
        (Some(code), "", _) => code.to_owned(),
        (Some(code), text, _) => format!("{code}: {text}"),
        (None, "", Some(status)) => format!("HTTP {status}"),
        (None, text, _) => text.to_owned(),
    }
}

/// A request that never got out, by the text of its chain of causes.
fn undelivered(chain: &str) -> (Kind, String) {
    const NONE: &str = "no AWS credentials were found: neither access key and secret key in the settings or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor a profile (AWS_PROFILE), single sign-on, a web identity, a container role or an instance role";
    // DisplayErrorContext ends with a debug rendering in parentheses, which is for nobody.
    let plain = chain.split_once(" (DispatchFailure").or_else(|| chain.split_once(" (ConstructionFailure"));
    let plain = plain.map_or(chain, |(plain, _)| plain).trim_end();
    if [
        "no providers in chain provided credentials",
        "CredentialsNotLoaded",
        "credential provider was not enabled",
    ]
    .iter()
    .any(|text| chain.contains(text))
    {
        (Kind::Denied, NONE.to_owned())
    } else if chain.contains("credentials") || chain.contains("Credentials") {
        (Kind::Denied, format!("AWS credentials could not be loaded: {plain}"))
    } else if chain.starts_with("failed to construct request") {
        (Kind::Invalid, plain.to_owned())
    } else {
        (Kind::Unreachable, plain.to_owned())
    }
}

/// What a refusal means. Codes are as on the wire: ECS's end in `Exception`, ELB's do not.
fn classify(code: Option<&str>, message: &str, status: Option<u16>) -> Kind {
    let code = code.unwrap_or_default();
    if let Some(kind) = by_message(message) {
        return kind;
    }
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "EC2ThrottledException" => Kind::Throttled,
        "PriorityInUse"
        | "DuplicateTargetGroupName"
        | "ConflictException"
        | "ServiceNotActiveException"
        | "UpdateInProgressException" => Kind::Conflict,
        "DependencyViolation" | "ResourceInUse" | "ResourceInUseException" => Kind::NotReady,
        "ServerException"
        | "InternalFailure"
        | "InternalError"
        | "InternalServerError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "HealthUnavailable" => Kind::Unreachable,
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "UnauthorizedOperation"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "OptInRequired" => Kind::Denied,
        code if code.starts_with("AccessDenied") || code.contains("Signature") => Kind::Denied,
        code if code.contains("NotFound") => Kind::NotFound,
        "" if status.is_some_and(|status| status == 429) => Kind::Throttled,
        "" if status.is_some_and(|status| status == 401 || status == 403) => Kind::Denied,
        "" if status.is_none_or(|status| status < 500) => Kind::Other,
        _ if status.is_some_and(|status| status >= 500) => Kind::Unreachable,
        _ => Kind::Invalid,
    }
}

/// Refusals under general codes (`InvalidParameterException`, `ClientException`) that mean something else than
/// a bad request. Texts from terraform-provider-aws's retry lists and AWS's own pages.
fn by_message(message: &str) -> Option<Kind> {
    let texts: &[(&str, Kind)] = &[
        ("does not have an associated load balancer", Kind::NotReady),
        ("still Draining", Kind::NotReady),
        ("Unable to assume the service linked role", Kind::NotReady),
        ("verify that the ECS service role being passed", Kind::NotReady),
        ("while deployments are active", Kind::NotReady),
        ("has a dependent object", Kind::NotReady),
        ("is currently in use by", Kind::NotReady),
        // A target group that was made a moment ago and that ECS does not know yet.
        ("The target group", Kind::NotReady),
        ("was not idempotent", Kind::Conflict),
        ("Unable to describe task definition", Kind::NotFound),
        ("TaskDefinition not found", Kind::NotFound),
        ("Rate exceeded", Kind::Throttled),
    ];
    let known = texts.iter().find(|(text, _)| message.contains(text)).copied();
    let (text, kind) = known?;
    (text != "The target group" || message.contains("does not exist")).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_by_code_and_text() {
        let cases = [
            (
                "InvalidParameterException",
                "The target group with targetGroupArn arn:x does not have an associated load balancer.",
                Kind::NotReady,
            ),
            (
                "InvalidParameterException",
                "Unable to Start a service that is still Draining.",
                Kind::NotReady,
            ),
            ("InvalidParameterException", "Creation of service was not idempotent.", Kind::Conflict),
            ("InvalidParameterException", "The target group arn:x does not exist.", Kind::NotReady),
            (
                "InvalidParameterException",
                "The target group arn:x has target type instance, which is incompatible with the awsvpc network mode",
                Kind::Invalid,
            ),
            (
                "InvalidParameterException",
                "The container web does not exist in the task definition.",
                Kind::Invalid,
            ),
            (
                "InvalidParameterException",
                "The service cannot be stopped while deployments are active.",
                Kind::NotReady,
            ),
            ("ClientException", "Unable to describe task definition.", Kind::NotFound),
            ("ClusterNotFoundException", "Cluster not found.", Kind::NotFound),
            ("ServiceNotActiveException", "Service was not ACTIVE.", Kind::Conflict),
            ("PriorityInUse", "Priority '10' is currently in use", Kind::Conflict),
            (
                "ResourceInUse",
                "Target group 'arn:x' is currently in use by a listener or a rule",
                Kind::NotReady,
            ),
            ("RuleNotFound", "One or more rules not found", Kind::NotFound),
            ("ThrottlingException", "Rate exceeded", Kind::Throttled),
            ("Throttling", "Rate exceeded", Kind::Throttled),
            ("AccessDenied", "User: x is not authorized", Kind::Denied),
            ("AccessDeniedException", "User: x is not authorized", Kind::Denied),
            ("ValidationError", "Health check interval must be greater than the timeout.", Kind::Invalid),
            ("TooManyRules", "", Kind::Invalid),
            ("ServerException", "", Kind::Unreachable),
        ];
        for (code, message, kind) in cases {
            assert_eq!(classify(Some(code), message, Some(400)), kind, "{code}: {message}");
        }
        assert_eq!(classify(None, "", Some(503)), Kind::Unreachable);
        assert_eq!(classify(Some("Unheard"), "", Some(500)), Kind::Unreachable);
    }

    #[test]
    fn what_vanished_since_the_last_look_is_looked_for_again() {
        let rule = Error::new("x", Kind::NotFound, "RuleNotFound: One or more rules not found");
        assert_eq!(rule.since_looked().kind, Kind::Conflict);
        let cluster = Error::new("x", Kind::NotFound, "ClusterNotFoundException: Cluster not found.");
        assert_eq!(cluster.since_looked().kind, Kind::NotFound);
    }
}
