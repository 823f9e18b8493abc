//! JSON into values: strictly for what Terraform sends, leniently for state stored long ago.

use serde_json::Value as Json;

use super::{CodecError, MAX_BYTES, sort_set};
use crate::value::{Number, Step, Type, Value};

/// Decodes stored state: an attribute that is missing is null, one the schema lacks is ignored.
pub fn decode_state(state: &Json, kind: &Type) -> Result<Value, CodecError> {
    decode(state, kind, true)
}

pub(super) fn decode_strictly(bytes: &[u8], kind: &Type) -> Result<Value, CodecError> {
    if bytes.len() > MAX_BYTES {
        return Err(CodecError::new(format!("the value is longer than {MAX_BYTES} bytes")));
    }
    let json: Json = serde_json::from_slice(bytes)
        .map_err(|e| CodecError::new(format!("the value is no JSON (line {})", e.line())))?;
    decode(&json, kind, false)
}

fn decode(json: &Json, kind: &Type, lenient: bool) -> Result<Value, CodecError> {
    Ok(match (json, kind) {
        (Json::Null, _) => Value::Null,
        (Json::Bool(value), Type::Bool) => Value::Bool(*value),
        (Json::Number(number), Type::Number) => number_from(&number.to_string(), kind)?,
        (Json::String(text), Type::Number) => number_from(text, kind)?,
        (Json::String(text), Type::String) => Value::String(text.clone()),
        (Json::Array(elements), Type::List(element_kind)) => {
            let element = |(index, element)| {
                decode(element, element_kind, lenient).map_err(|e| e.under(Step::Index(index)))
            };
            Value::List((0..).zip(elements).map(element).collect::<Result<_, _>>()?)
        }
        (Json::Array(elements), Type::Set(element_kind)) => {
            let elements: Result<_, _> = elements.iter().map(|e| decode(e, element_kind, lenient)).collect();
            Value::List(sort_set(elements?))
        }
        (Json::Object(members), Type::Map(element_kind)) => {
            let member = |(key, member): (&String, &Json)| match decode(member, element_kind, lenient) {
                Ok(value) => Ok((key.clone(), value)),
                Err(e) => Err(e.under(Step::Key(key.clone()))),
            };
            Value::Map(members.iter().map(member).collect::<Result<_, _>>()?)
        }
        (Json::Object(members), Type::Object(attributes)) => {
            if let Some(name) = members.keys().find(|name| !lenient && !attributes.contains_key(*name)) {
                return Err(
                    CodecError::new("the schema has no such attribute").under(Step::Attribute(name.clone()))
                );
            }
            let attribute = |(name, kind): (&String, &Type)| {
                let under = |e: CodecError| e.under(Step::Attribute(name.clone()));
                match members.get(name) {
                    Some(member) => Ok((name.clone(), decode(member, kind, lenient).map_err(under)?)),
                    None if lenient => Ok((name.clone(), Value::Null)),
                    None => Err(under(CodecError::new("the attribute is missing"))),
                }
            };
            Value::Map(attributes.iter().map(attribute).collect::<Result<_, _>>()?)
        }
        (json, kind) => return Err(CodecError::expected(kind, name(json))),
    })
}

fn number_from(text: &str, kind: &Type) -> Result<Value, CodecError> {
    Number::from_decimal(text)
        .map(Value::Number)
        .ok_or_else(|| CodecError::expected(kind, "text that is no number"))
}

/// What a piece of JSON is, for people.
fn name(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
