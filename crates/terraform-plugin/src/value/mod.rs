//! A value of any type, as it passes between Terraform and a resource.

pub mod codec;
mod number;
mod path;
mod shape;

use std::collections::BTreeMap;

pub use number::Number;
pub use path::{AttributePath, Step};
pub use shape::Type;

/// A dynamic value. What type it has, its schema knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Not set.
    #[default]
    Null,
    /// Known only after apply.
    Unknown,
    /// A bool.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// A list or a set. Sets come decoded sorted and without repetition.
    List(Vec<Value>),
    /// A map or an object.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// An object or a map from its members.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// A list (or set) of anything that is a value.
    pub fn list<V: Into<Value>>(elements: impl IntoIterator<Item = V>) -> Value {
        Value::List(elements.into_iter().map(Into::into).collect())
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether it is unknown as a whole.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// Whether nothing in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown => false,
            Value::List(elements) => elements.iter().all(Value::is_wholly_known),
            Value::Map(members) => members.values().all(Value::is_wholly_known),
            _ => true,
        }
    }

    /// The bool, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The number as a double, if it is a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list or set.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members of a map or object.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Value::Map(members) => Some(members),
            _ => None,
        }
    }

    /// A member of a map or object. Null when there is none; unknown when the whole is unknown.
    pub fn get(&self, name: &str) -> &Value {
        match self {
            Value::Map(members) => members.get(name).unwrap_or(&Value::Null),
            Value::Unknown => &Value::Unknown,
            _ => &Value::Null,
        }
    }

    /// What is at `path`: null where nothing is, unknown below something unknown.
    pub fn at(&self, path: impl Into<AttributePath>) -> &Value {
        let path = path.into();
        path.steps().iter().fold(self, |value, step| match step {
            Step::Attribute(name) | Step::Key(name) => value.get(name),
            Step::Index(index) => match value {
                Value::List(elements) => {
                    usize::try_from(*index).ok().and_then(|i| elements.get(i)).unwrap_or(&Value::Null)
                }
                Value::Unknown => &Value::Unknown,
                _ => &Value::Null,
            },
        })
    }

    /// Puts `value` at `path`. Says whether there was a place for it: objects on the way must exist;
    /// the last attribute or key need not.
    pub fn set(&mut self, path: impl Into<AttributePath>, value: impl Into<Value>) -> bool {
        let path = path.into();
        let Some((last, way)) = path.steps().split_last() else {
            *self = value.into();
            return true;
        };
        let mut place = self;
        for step in way {
            let Some(next) = place.step_mut(step) else { return false };
            place = next;
        }
        match (place, last) {
            (Value::Map(members), Step::Attribute(name) | Step::Key(name)) => {
                members.insert(name.clone(), value.into());
                true
            }
            (place, last) => match place.step_mut(last) {
                Some(place) => {
                    *place = value.into();
                    true
                }
                None => false,
            },
        }
    }

    fn step_mut(&mut self, step: &Step) -> Option<&mut Value> {
        match (self, step) {
            (Value::Map(members), Step::Attribute(name) | Step::Key(name)) => members.get_mut(name),
            (Value::List(elements), Step::Index(index)) => elements.get_mut(usize::try_from(*index).ok()?),
            _ => None,
        }
    }

    /// Calls `visit` with every leaf and its path. Null, unknown and empty values are leaves.
    pub fn walk(&self, visit: &mut dyn FnMut(&AttributePath, &Value)) {
        self.walk_from(&AttributePath::root(), visit);
    }

    fn walk_from(&self, path: &AttributePath, visit: &mut dyn FnMut(&AttributePath, &Value)) {
        match self {
            Value::List(elements) if !elements.is_empty() => {
                for (index, element) in elements.iter().enumerate() {
                    element.walk_from(&path.clone().index(index), visit);
                }
            }
            Value::Map(members) if !members.is_empty() => {
                for (name, member) in members {
                    member.walk_from(&path.clone().attribute(name), visit);
                }
            }
            leaf => visit(path, leaf),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Number(value.into())
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Value {
        i64::from(value).into()
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        i64::from(value).into()
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Value {
        Value::Number(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::String(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::String(value)
    }
}

/// `None` is null.
impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl<V: Into<Value>> From<Vec<V>> for Value {
    fn from(values: Vec<V>) -> Value {
        Value::list(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_written_by_path() {
        let mut value = Value::object([
            ("side", Value::object([("image", "nginx:1".into())])),
            ("rules", Value::list([Value::object([("n", Value::from(1))])])),
            ("later", Value::Unknown),
        ]);
        assert_eq!(value.at("side.image").as_str(), Some("nginx:1"));
        assert!(value.at("later.anything").is_unknown());
        assert!(value.at("nowhere.at.all").is_null());
        assert!(value.set("side.image", "nginx:2"));
        assert_eq!(value.get("side").get("image").as_str(), Some("nginx:2"));
        let second = AttributePath::from("rules").index(0).attribute("n");
        assert!(value.set(&second, 5));
        assert_eq!(value.at(&second).as_i64(), Some(5));
        assert!(!value.set("nowhere.deep", 1));
        assert!(!value.is_wholly_known());
    }
}
