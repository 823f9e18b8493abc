//! What is wrong with a configuration, said with the attribute's path and the way out. What one attribute may be, its
//! row says; here is what only shows in several of them together. Whatever is not known yet is taken as right.

mod release;
mod settings;

use super::decode::Reading;
use super::{attributes, decode};
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
    settings::check(reading);
    release::check(reading);
}

#[cfg(test)]
pub(super) mod tests;
