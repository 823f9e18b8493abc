//! Msgpack into values, straight along the type.

use std::collections::BTreeMap;

use rmp::Marker;

use super::{CodecError, MAX_BYTES, MAX_VALUES, sort_set};
use crate::value::{Number, Step, Type, Value};

pub(super) fn decode(bytes: &[u8], kind: &Type) -> Result<Value, CodecError> {
    if bytes.len() > MAX_BYTES {
        return Err(CodecError::new(format!("the value is longer than {MAX_BYTES} bytes")));
    }
    let mut reader = Reader { bytes, values_left: MAX_VALUES };
    let value = reader.value(kind)?;
    if reader.bytes.is_empty() {
        Ok(value)
    } else {
        Err(CodecError::new("there are bytes left after the value"))
    }
}

/// What is left to read, and how many values may still come. The limit is on values and not on bytes
/// alone, because a byte on the wire can be dozens in memory.
struct Reader<'a> {
    bytes: &'a [u8],
    values_left: usize,
}

fn cut_short() -> CodecError {
    CodecError::new("the value is cut short")
}

impl<'a> Reader<'a> {
    fn value(&mut self, kind: &Type) -> Result<Value, CodecError> {
        self.values_left =
            self.values_left.checked_sub(1).ok_or_else(|| CodecError::new("the value has too many parts"))?;
        let marker = self.marker()?;
        match marker {
            Marker::Null => return Ok(Value::Null),
            // Whatever the extension's number: it stands for an unknown value, perhaps a refined one.
            Marker::FixExt1 => return self.unknown(1),
            Marker::FixExt2 => return self.unknown(2),
            Marker::FixExt4 => return self.unknown(4),
            Marker::FixExt8 => return self.unknown(8),
            Marker::FixExt16 => return self.unknown(16),
            Marker::Ext8 | Marker::Ext16 | Marker::Ext32 => {
                let length = self.length(marker).ok_or_else(cut_short)?;
                return self.unknown(length);
            }
            _ => {}
        }
        match kind {
            Type::Bool => match marker {
                Marker::True => Ok(Value::Bool(true)),
                Marker::False => Ok(Value::Bool(false)),
                _ => Err(CodecError::expected(kind, name(marker))),
            },
            Type::Number => self.number(marker).map(Value::Number),
            Type::String => self.text(marker, kind).map(|text| Value::String(text.to_owned())),
            Type::List(element) => {
                let length = self.array_length(marker, kind)?;
                let mut elements = Vec::new();
                for index in 0..length {
                    let step = || Step::Index(i64::try_from(index).unwrap_or(i64::MAX));
                    elements.push(self.value(element).map_err(|e| e.under(step()))?);
                }
                Ok(Value::List(elements))
            }
            Type::Set(element) => {
                // Terraform has no way to point at an element of a set; the set itself must do.
                let length = self.array_length(marker, kind)?;
                let mut elements = Vec::new();
                for _ in 0..length {
                    elements.push(self.value(element)?);
                }
                Ok(Value::List(sort_set(elements)))
            }
            Type::Map(element) => self.members(marker, kind, |_| Some(element), Step::Key).map(Value::Map),
            Type::Object(attributes) => {
                let members = self.members(marker, kind, |name| attributes.get(name), Step::Attribute)?;
                match attributes.keys().find(|name| !members.contains_key(*name)) {
                    Some(name) => {
                        Err(CodecError::new("the attribute is missing").under(Step::Attribute(name.clone())))
                    }
                    None => Ok(Value::Map(members)),
                }
            }
        }
    }

    fn members<'t>(
        &mut self,
        marker: Marker,
        kind: &Type,
        member_kind: impl Fn(&str) -> Option<&'t Type>,
        step: fn(String) -> Step,
    ) -> Result<BTreeMap<String, Value>, CodecError> {
        let length = match marker {
            Marker::FixMap(length) => Some(length as usize),
            Marker::Map16 | Marker::Map32 => self.length(marker),
            _ => return Err(CodecError::expected(kind, name(marker))),
        };
        let mut members = BTreeMap::new();
        for _ in 0..length.ok_or_else(cut_short)? {
            let marker = self.marker()?;
            let key = self.text(marker, &Type::String)?.to_owned();
            let under = |e: CodecError| e.under(step(key.clone()));
            let kind = member_kind(&key)
                .ok_or_else(|| under(CodecError::new("the schema has no such attribute")))?;
            let value = self.value(kind).map_err(under)?;
            if members.contains_key(&key) {
                return Err(under(CodecError::new("the same key comes twice")));
            }
            members.insert(key, value);
        }
        Ok(members)
    }

    fn number(&mut self, marker: Marker) -> Result<Number, CodecError> {
        let number = match marker {
            Marker::FixPos(number) => Some(i64::from(number).into()),
            Marker::FixNeg(number) => Some(i64::from(number).into()),
            Marker::U8 => Some(i64::from(u8::from_be_bytes(self.array()?)).into()),
            Marker::U16 => Some(i64::from(u16::from_be_bytes(self.array()?)).into()),
            Marker::U32 => Some(i64::from(u32::from_be_bytes(self.array()?)).into()),
            Marker::U64 => Some(u64::from_be_bytes(self.array()?).into()),
            Marker::I8 => Some(i64::from(i8::from_be_bytes(self.array()?)).into()),
            Marker::I16 => Some(i64::from(i16::from_be_bytes(self.array()?)).into()),
            Marker::I32 => Some(i64::from(i32::from_be_bytes(self.array()?)).into()),
            Marker::I64 => Some(i64::from_be_bytes(self.array()?).into()),
            Marker::F32 => Number::from_f64(f64::from(f32::from_be_bytes(self.array()?))),
            Marker::F64 => Number::from_f64(f64::from_be_bytes(self.array()?)),
            marker => Number::from_decimal(self.text(marker, &Type::Number)?),
        };
        number.ok_or_else(|| CodecError::expected(&Type::Number, "text that is no number"))
    }

    fn text(&mut self, marker: Marker, kind: &Type) -> Result<&'a str, CodecError> {
        let length = match marker {
            Marker::FixStr(length) => Some(length as usize),
            Marker::Str8 | Marker::Str16 | Marker::Str32 => self.length(marker),
            _ => return Err(CodecError::expected(kind, name(marker))),
        };
        let bytes = self.take(length.ok_or_else(cut_short)?)?;
        std::str::from_utf8(bytes).map_err(|_| CodecError::expected(kind, "bytes that are no UTF-8"))
    }

    fn array_length(&mut self, marker: Marker, kind: &Type) -> Result<usize, CodecError> {
        match marker {
            Marker::FixArray(length) => Ok(length as usize),
            Marker::Array16 | Marker::Array32 => self.length(marker).ok_or_else(cut_short),
            _ => Err(CodecError::expected(kind, name(marker))),
        }
    }

    /// Skips an extension's number and payload.
    fn unknown(&mut self, length: usize) -> Result<Value, CodecError> {
        self.take(1)?;
        self.take(length)?;
        Ok(Value::Unknown)
    }

    fn marker(&mut self) -> Result<Marker, CodecError> {
        Ok(Marker::from_u8(u8::from_be_bytes(self.array()?)))
    }

    /// The length that follows such a marker.
    fn length(&mut self, marker: Marker) -> Option<usize> {
        let length = match marker {
            Marker::Str8 | Marker::Ext8 => u32::from(u8::from_be_bytes(self.array().ok()?)),
            Marker::Str16 | Marker::Ext16 | Marker::Array16 | Marker::Map16 => {
                u32::from(u16::from_be_bytes(self.array().ok()?))
            }
            _ => u32::from_be_bytes(self.array().ok()?),
        };
        usize::try_from(length).ok()
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (head, rest) = self.bytes.split_first_chunk().ok_or_else(cut_short)?;
        self.bytes = rest;
        Ok(*head)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], CodecError> {
        let (head, rest) = self.bytes.split_at_checked(length).ok_or_else(cut_short)?;
        self.bytes = rest;
        Ok(head)
    }
}

/// What a marker announces, for people.
fn name(marker: Marker) -> &'static str {
    match marker {
        Marker::True | Marker::False => "a bool",
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => "a string",
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => "a list",
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => "an object",
        Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => "bytes",
        Marker::Reserved => "a reserved byte",
        _ => "a number",
    }
}
