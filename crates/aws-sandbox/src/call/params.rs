//! Typed access to a request's parameters, whichever protocol they came by.

use std::collections::BTreeMap;

use serde_json::Value;

use super::dialect::{Absent, Dialect};
use super::error::ApiError;

/// One structure of a request. Members are absent, or of the type asked for, or an error.
#[derive(Clone, Copy, Debug)]
pub struct Params<'a> {
    dialect: &'static Dialect,
    value: &'a Value,
}

impl<'a> Params<'a> {
    pub fn new(dialect: &'static Dialect, value: &'a Value) -> Self {
        Self { dialect, value }
    }

    pub fn raw(&self) -> &'a Value {
        self.value
    }

    /// A member that is there and not null.
    pub fn get(&self, name: &str) -> Option<&'a Value> {
        self.value.get(name).filter(|value| !value.is_null())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn text(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.malformed(name, "a string")),
        }
    }

    /// A required string; the query protocol also refuses an empty one.
    pub fn needed(&self, name: &str) -> Result<&'a str, ApiError> {
        match self.text(name)? {
            Some(text) if !self.dialect.is_query() || !text.is_empty() => Ok(text),
            _ => Err(self.missing(name)),
        }
    }

    pub fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match (self.dialect.is_query(), self.get(name)) {
            (_, None) => Ok(None),
            (false, Some(value)) => value
                .as_i64()
                .or_else(|| value.as_f64().filter(|number| number.fract() == 0.0).map(|number| number as i64))
                .map(Some)
                .ok_or_else(|| self.malformed(name, "a number")),
            (true, Some(value)) => match value.as_str().map(str::parse) {
                Some(Ok(number)) => Ok(Some(number)),
                _ => Err(self.malformed(name, "a number")),
            },
        }
    }

    /// An integer inside `low..=high`, refused in the words of the API's model validation.
    pub fn within(&self, name: &str, low: i64, high: i64) -> Result<Option<i64>, ApiError> {
        let Some(number) = self.integer(name)? else { return Ok(None) };
        let bound = if number < low {
            format!("greater than or equal to {low}")
        } else if number > high {
            format!("less than or equal to {high}")
        } else {
            return Ok(Some(number));
        };
        let text = format!(
            "1 validation error detected: Value '{number}' at '{}' failed to satisfy constraint: \
             Member must have value {bound}",
            lower_camel(name)
        );
        Err(self.refuse(text))
    }

    pub fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match (self.dialect.is_query(), self.get(name)) {
            (_, None) => Ok(None),
            (false, Some(Value::Bool(flag))) => Ok(Some(*flag)),
            (true, Some(Value::String(text))) if text == "true" => Ok(Some(true)),
            (true, Some(Value::String(text))) if text == "false" => Ok(Some(false)),
            _ => Err(self.malformed(name, "a boolean")),
        }
    }

    pub fn object(&self, name: &str) -> Result<Option<Params<'a>>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(value @ Value::Object(_)) => Ok(Some(Params::new(self.dialect, value))),
            Some(_) => Err(self.malformed(name, "a structure")),
        }
    }

    /// `None` is absent; an empty list is `Some` of nothing (in the query protocol: `Name=`).
    fn values(&self, name: &str) -> Result<Option<&'a [Value]>, ApiError> {
        match (self.dialect.is_query(), self.get(name)) {
            (_, None) => Ok(None),
            (_, Some(Value::Array(values))) => Ok(Some(values)),
            (true, Some(Value::String(text))) if text.is_empty() => Ok(Some(&[])),
            _ => Err(self.malformed(name, "a list")),
        }
    }

    pub fn objects(&self, name: &str) -> Result<Option<Vec<Params<'a>>>, ApiError> {
        let Some(values) = self.values(name)? else { return Ok(None) };
        let each = values.iter().map(|value| match value {
            Value::Object(_) => Ok(Params::new(self.dialect, value)),
            _ => Err(self.malformed(name, "a list of structures")),
        });
        each.collect::<Result<_, _>>().map(Some)
    }

    /// A map, which the query protocol writes as `NAME.entry.N.key` and `.value`.
    pub fn map(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, ApiError> {
        let Some(map) = self.object(name)? else { return Ok(None) };
        let entries = map.object("entry")?.map_or(self.value, |it| it.value);
        let mut found = BTreeMap::new();
        for entry in entries.as_object().into_iter().flat_map(|numbered| numbered.values()) {
            let entry = Params::new(self.dialect, entry);
            found
                .insert(entry.needed("key")?.to_owned(), entry.text("value")?.unwrap_or_default().to_owned());
        }
        Ok(Some(found))
    }

    pub fn texts(&self, name: &str) -> Result<Option<Vec<&'a str>>, ApiError> {
        let Some(values) = self.values(name)? else { return Ok(None) };
        let each = values
            .iter()
            .map(|value| value.as_str().ok_or_else(|| self.malformed(name, "a list of strings")));
        each.collect::<Result<_, _>>().map(Some)
    }

    /// Whether a structure's list named `name` holds `wanted`, as in `include: [TAGS]`.
    pub fn includes(&self, name: &str, wanted: &str) -> Result<bool, ApiError> {
        Ok(self.texts(name)?.unwrap_or_default().contains(&wanted))
    }

    /// One of a closed set of words.
    pub fn word(&self, name: &str, allowed: &[&str]) -> Result<Option<&'a str>, ApiError> {
        match self.text(name)? {
            Some(word) if !allowed.contains(&word) => Err(self.refuse(format!(
                "1 validation error detected: Value '{word}' at '{}' failed to satisfy constraint: \
                 Member must satisfy enum value set: [{}]",
                lower_camel(name),
                allowed.join(", ")
            ))),
            other => Ok(other),
        }
    }

    pub fn missing(&self, name: &str) -> ApiError {
        self.refuse(match self.dialect.absent {
            Absent::CanNotBeBlank => format!("{} can not be blank.", upper_camel(name)),
            Absent::MustNotBeNull => format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must \
                 not be null",
                lower_camel(name)
            ),
        })
    }

    fn refuse(&self, text: String) -> ApiError {
        ApiError::new(self.dialect.invalid, text)
    }

    fn malformed(&self, name: &str, wanted: &str) -> ApiError {
        let code = if self.dialect.is_query() { "MalformedInput" } else { "SerializationException" };
        ApiError::new(code, format!("'{name}' must be {wanted}"))
    }
}

fn lower_camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

fn upper_camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
