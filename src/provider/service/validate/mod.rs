//! What is wrong with a configuration, said with the attribute's path and the way out. What one attribute may be, its
//! row says, and beside the rows stands what only shows in several of their group; here is what concerns rules and
//! audience. Whatever is not known yet is taken as right.

mod release;

use super::attributes::{capacity, health_check, target_group};
use super::decode::Reading;
use super::{attributes, decode, place};
use terraform_plugin::{Diagnostics, Value};

/// All errors of a resource configuration.
pub fn config(config: &Value) -> Diagnostics {
    let mut whole = config.clone();
    attributes::apply_defaults(config, &Value::Null, &mut whole);
    // What is wrong with the attribute that it follows is said there.
    for (path, _) in attributes::followers(config) {
        whole.set(path, Value::Unknown);
    }
    decode::errors(&whole)
}

/// What attributes say together that each alone may say.
pub fn together(reading: &mut Reading<'_>) {
    capacity::together(reading);
    health_check::together(reading);
    target_group::together(reading);
    release::check(reading);
    place::together(reading);
}

#[cfg(test)]
pub(super) mod tests;
