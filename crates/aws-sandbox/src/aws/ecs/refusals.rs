//! What ECS refuses with, in its own words.

use crate::call::error::ApiError;

pub fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

pub fn client(message: impl Into<String>) -> ApiError {
    ApiError::new("ClientException", message)
}

pub fn cluster_not_found() -> ApiError {
    ApiError::new("ClusterNotFoundException", "Cluster not found.")
}

pub fn bad_token() -> ApiError {
    invalid("Invalid token.")
}

pub fn service_not_found() -> ApiError {
    ApiError::new("ServiceNotFoundException", "Service not found.")
}

pub fn not_active() -> ApiError {
    ApiError::new("ServiceNotActiveException", "Service was not ACTIVE.")
}

pub fn no_network() -> ApiError {
    invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
}

pub const GRACE_ALONE: &str =
    "Health check grace period is only valid for services configured to use load balancers";

pub fn missing_task() -> ApiError {
    invalid("The referenced task was not found.")
}
