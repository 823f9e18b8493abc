//! The rule for names of load balancers and target groups.

use crate::aws::elb::refusals::validation;
use crate::call::error::ApiError;

/// The rule for names of load balancers and target groups: 1–32 letters, digits and inner hyphens.
pub fn check_name(what: &str, name: &str) -> Result<(), ApiError> {
    if name.chars().count() > 32 {
        return Err(validation(format!("{what} name '{name}' cannot be longer than '32' characters")));
    }
    if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') {
        return Err(validation(format!(
            "{what} name '{name}' can only contain characters that are alphanumeric characters or hyphens(-)"
        )));
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err(validation(format!("{what} name '{name}' cannot begin or end with '-'")));
    }
    Ok(())
}
