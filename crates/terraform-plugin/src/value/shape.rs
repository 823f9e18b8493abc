//! The types a value can have, and how Terraform writes them down.

use std::collections::BTreeMap;
use std::fmt;

/// A value's type. Any value may also be null or unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// Any number.
    Number,
    /// UTF-8 text.
    String,
    /// Elements in an order.
    List(Box<Type>),
    /// Elements without order or repetition; encoded sorted.
    Set(Box<Type>),
    /// Elements by key.
    Map(Box<Type>),
    /// A fixed set of attributes, each with its own type.
    Object(BTreeMap<String, Type>),
}

impl Type {
    /// A list of `element`.
    pub fn list(element: Type) -> Type {
        Type::List(Box::new(element))
    }

    /// A set of `element`.
    pub fn set(element: Type) -> Type {
        Type::Set(Box::new(element))
    }

    /// A map of `element`.
    pub fn map(element: Type) -> Type {
        Type::Map(Box::new(element))
    }

    /// Terraform's JSON for the type, such as `["list","string"]`.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Type::Bool => "bool".into(),
            Type::Number => "number".into(),
            Type::String => "string".into(),
            Type::List(element) => vec!["list".into(), element.to_json()].into(),
            Type::Set(element) => vec!["set".into(), element.to_json()].into(),
            Type::Map(element) => vec!["map".into(), element.to_json()].into(),
            Type::Object(attributes) => {
                let attributes: serde_json::Map<_, _> =
                    attributes.iter().map(|(name, kind)| (name.clone(), kind.to_json())).collect();
                serde_json::Value::from(vec!["object".into(), serde_json::Value::Object(attributes)])
            }
        }
    }
}

/// For people: `list of string`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("bool"),
            Type::Number => f.write_str("number"),
            Type::String => f.write_str("string"),
            Type::List(element) => write!(f, "list of {element}"),
            Type::Set(element) => write!(f, "set of {element}"),
            Type::Map(element) => write!(f, "map of {element}"),
            Type::Object(_) => f.write_str("object"),
        }
    }
}
