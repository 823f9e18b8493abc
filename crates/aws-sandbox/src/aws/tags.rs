//! Tags, and what both of AWS's tagging APIs refuse
//! (<https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>).

use std::collections::BTreeMap;

pub type Tags = BTreeMap<String, String>;

/// Most tags of one resource.
pub const MOST: usize = 50;

/// Why a tag is refused.
pub fn refused(key: &str, value: &str) -> Option<String> {
    if key.is_empty() || key.chars().count() > 128 {
        Some(format!("Tag key '{key}' must be between 1 and 128 characters"))
    } else if value.chars().count() > 256 {
        Some(format!("Tag value of '{key}' must not be longer than 256 characters"))
    } else if key.starts_with("aws:") {
        Some("aws: prefixed tag key names are not allowed for external use.".to_owned())
    } else {
        None
    }
}
