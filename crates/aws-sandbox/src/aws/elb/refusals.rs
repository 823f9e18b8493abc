//! What Elastic Load Balancing refuses with, in its own words.

use crate::aws::place;
use crate::call::error::ApiError;

pub fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", message)
}

pub fn load_balancer_not_found(what: &str) -> ApiError {
    ApiError::new("LoadBalancerNotFound", format!("Load balancers '[{what}]' not found"))
}

pub fn bad_marker() -> ApiError {
    validation("The marker is not valid")
}

pub fn listener_not_found() -> ApiError {
    ApiError::new("ListenerNotFound", "One or more listeners not found")
}

pub fn certificate_not_found(arn: &str) -> ApiError {
    ApiError::new("CertificateNotFound", format!("Certificate '{arn}' not found"))
}

/// What is also said of a certificate that is not issued yet
/// (<https://github.com/hashicorp/terraform-provider-aws/issues/41789>).
pub fn unsupported_certificate(arn: &str) -> ApiError {
    let text = format!(
        "The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported key \
         size."
    );
    ApiError::new("UnsupportedCertificate", text)
}

pub fn rule_not_found() -> ApiError {
    ApiError::new("RuleNotFound", "One or more rules not found")
}

pub fn in_use(priority: u32) -> ApiError {
    ApiError::new("PriorityInUse", format!("Priority '{priority}' is currently in use"))
}

pub fn not_permitted(message: &str) -> ApiError {
    ApiError::new("OperationNotPermitted", message)
}

pub fn target_group_not_found() -> ApiError {
    ApiError::new("TargetGroupNotFound", "One or more target groups not found")
}

pub fn invalid_configuration(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidConfigurationRequest", message)
}

pub fn bad_action(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidLoadBalancerAction", message)
}

pub fn no_group() -> ApiError {
    validation("A target group ARN must be specified")
}

/// What ELBv2 says of an ARN of this kind that it does not know.
pub fn unknown_arn(arn: &str) -> ApiError {
    match place::kind(arn) {
        "loadbalancer" => ApiError::new("LoadBalancerNotFound", "One or more load balancers not found"),
        "listener" => ApiError::new("ListenerNotFound", "One or more listeners not found"),
        "listener-rule" => ApiError::new("RuleNotFound", "One or more rules not found"),
        _ => ApiError::new("TargetGroupNotFound", "One or more target groups not found"),
    }
}
