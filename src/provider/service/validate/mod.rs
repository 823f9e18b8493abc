//! What is wrong with a configuration, said with the attribute's path and the way out. Whatever is not known
//! yet is taken as right.

mod names;
mod ranges;
mod release;

use terraform_plugin::{AttributePath, Diagnostics, Value};

/// All errors of a resource configuration.
pub fn config(config: &Value) -> Diagnostics {
    let mut check = Check { config, found: Diagnostics::new() };
    names::check(&mut check);
    ranges::check(&mut check);
    release::check(&mut check);
    check.found
}

/// A configuration being checked.
struct Check<'a> {
    config: &'a Value,
    found: Diagnostics,
}

impl<'a> Check<'a> {
    fn wrong(&mut self, path: impl Into<AttributePath>, summary: &str, detail: impl Into<String>) {
        self.found.error(path, summary, detail);
    }

    /// A string that is set and known.
    fn text(&self, path: &str) -> Option<&'a str> {
        self.config.at(path).as_str()
    }

    /// A whole number that is set and known; a fraction is an error.
    fn whole(&mut self, path: &str) -> Option<i64> {
        let value = self.config.at(path);
        let number = value.as_i64();
        if number.is_none() && value.as_f64().is_some() {
            self.wrong(path, "Not a whole number", format!("{path} must be a whole number."));
        }
        number
    }

    /// The known strings of a set or list; `None` when it is not set or not known.
    fn texts(&self, path: &str) -> Option<Vec<&'a str>> {
        Some(self.config.at(path).as_list()?.iter().filter_map(Value::as_str).collect())
    }

    /// How many elements a set or list has, unknown ones included.
    fn length(&self, path: &str) -> Option<usize> {
        self.config.at(path).as_list().map(<[Value]>::len)
    }

    /// Nulls in sets and maps mean nothing to AWS.
    fn no_nulls(&mut self, path: &str) {
        if self.config.at(path).as_list().is_some_and(|elements| elements.iter().any(Value::is_null)) {
            self.wrong(path, "Null element", format!("{path} has an element that is null. Remove it."));
        }
    }
}

#[cfg(test)]
mod tests;
