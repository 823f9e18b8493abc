//! Values into msgpack: the same value always gives the same bytes.

use rmp::encode::{
    ByteBuf, write_array_len, write_bool, write_f64, write_map_len, write_nil, write_sint, write_str,
    write_uint,
};

use super::{CodecError, sort_set};
use crate::value::number::Repr;
use crate::value::{Number, Step, Type, Value};

pub(super) fn encode(value: &Value, kind: &Type) -> Result<Vec<u8>, CodecError> {
    let mut bytes = ByteBuf::new();
    write(&mut bytes, value, kind)?;
    Ok(bytes.into_vec())
}

// The results of rmp's functions are dropped throughout: writing to memory cannot fail.
fn write(out: &mut ByteBuf, value: &Value, kind: &Type) -> Result<(), CodecError> {
    match (value, kind) {
        (Value::Null, _) => {
            let _ = write_nil(out);
        }
        // fixext1, extension 0: what Terraform itself sends for an unknown value.
        (Value::Unknown, _) => out.as_mut_vec().extend([0xd4, 0x00, 0x00]),
        (Value::Bool(value), Type::Bool) => {
            let _ = write_bool(out, *value);
        }
        (Value::Number(value), Type::Number) => write_number(out, value),
        (Value::String(value), Type::String) => {
            let _ = write_str(out, value);
        }
        (Value::List(elements), Type::List(element_kind)) => {
            let _ = write_array_len(out, length(elements.len())?);
            for (index, element) in elements.iter().enumerate() {
                write(out, element, element_kind)
                    .map_err(|e| e.under(Step::Index(i64::try_from(index).unwrap_or(i64::MAX))))?;
            }
        }
        (Value::List(elements), Type::Set(element_kind)) => {
            let elements = sort_set(elements.clone());
            let _ = write_array_len(out, length(elements.len())?);
            for element in &elements {
                write(out, element, element_kind)?;
            }
        }
        (Value::Map(members), Type::Map(element_kind)) => {
            let _ = write_map_len(out, length(members.len())?);
            for (key, member) in members {
                let _ = write_str(out, key);
                write(out, member, element_kind).map_err(|e| e.under(Step::Key(key.clone())))?;
            }
        }
        (Value::Map(members), Type::Object(attributes)) => {
            if let Some(name) = members.keys().find(|name| !attributes.contains_key(*name)) {
                return Err(
                    CodecError::new("the schema has no such attribute").under(Step::Attribute(name.clone()))
                );
            }
            let _ = write_map_len(out, length(attributes.len())?);
            for (name, kind) in attributes {
                let _ = write_str(out, name);
                write(out, members.get(name).unwrap_or(&Value::Null), kind)
                    .map_err(|e| e.under(Step::Attribute(name.clone())))?;
            }
        }
        (value, kind) => return Err(CodecError::expected(kind, name(value))),
    }
    Ok(())
}

fn write_number(out: &mut ByteBuf, number: &Number) {
    match number.repr() {
        Repr::Int(number) => {
            let _ = write_sint(out, *number);
        }
        Repr::UInt(number) => {
            let _ = write_uint(out, *number);
        }
        Repr::Float(number) => {
            let _ = write_f64(out, *number);
        }
        Repr::Decimal(text) => {
            let _ = write_str(out, text);
        }
    }
}

fn length(length: usize) -> Result<u32, CodecError> {
    u32::try_from(length).map_err(|_| CodecError::new("the value has too many parts"))
}

/// What a value is, for people.
fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown => "an unknown value",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
    }
}
