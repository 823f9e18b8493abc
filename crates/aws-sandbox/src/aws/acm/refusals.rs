//! What Certificate Manager refuses with, in its own words where they are known.

use crate::call::error::ApiError;

pub fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationException", message)
}

pub fn not_found(arn: &str) -> ApiError {
    ApiError::new("ResourceNotFoundException", format!("Could not find certificate {arn}."))
}

pub fn in_use(arn: &str, account: &str) -> ApiError {
    ApiError::new("ResourceInUseException", format!("Certificate {arn} in account {account} is in use."))
}

/// <https://github.com/hashicorp/terraform-provider-aws/issues/19400>
pub fn more_than_one() -> ApiError {
    invalid(
        "The certificate field contains more than one certificate. You can specify only one certificate in this \
         field.",
    )
}

pub fn bad_chain() -> ApiError {
    invalid("Could not validate the certificate with the certificate chain.")
}
