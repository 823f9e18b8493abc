//! Values on the wire: msgpack both ways, JSON for stored state, always checked against a type.
//!
//! Nothing that arrives is trusted: lengths are checked against the bytes that are really there, the
//! size and the number of values are limited, and recursion is no deeper than the type.
//!
//! A value has one encoding: objects with all their attributes, in order; sets sorted. So the same plan is
//! the same bytes.

mod json;
mod msgpack_read;
mod msgpack_write;

use crate::diagnostics::Diagnostic;
use crate::value::{AttributePath, Step, Type, Value};
use crate::wire::tfplugin6 as wire;

pub use json::decode_state;

/// No single value may be longer than this on the wire.
pub const MAX_BYTES: usize = 16 << 20;
/// No single value may consist of more values than this.
pub const MAX_VALUES: usize = 1 << 20;

/// What is wrong with a value, and where. Never contains the value itself, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct CodecError {
    /// Steps from the inside out.
    steps: Vec<Step>,
    problem: String,
}

impl CodecError {
    fn new(problem: impl Into<String>) -> CodecError {
        CodecError { steps: Vec::new(), problem: problem.into() }
    }

    fn expected(kind: &Type, found: &str) -> CodecError {
        CodecError::new(format!("expected {kind}, found {found}"))
    }

    fn under(mut self, step: Step) -> CodecError {
        self.steps.push(step);
        self
    }

    /// Where the problem is.
    pub fn path(&self) -> AttributePath {
        self.steps.iter().rev().fold(AttributePath::root(), |path, step| match step {
            Step::Attribute(name) => path.attribute(name),
            Step::Key(key) => path.key(key),
            Step::Index(index) => path.index(usize::try_from(*index).unwrap_or(0)),
        })
    }
}

impl From<CodecError> for Diagnostic {
    fn from(error: CodecError) -> Diagnostic {
        Diagnostic::error(error.path(), "Malformed value", format!("{}.", error.problem))
    }
}

/// Decodes what Terraform sent for a value of type `kind`.
pub fn decode(value: &wire::DynamicValue, kind: &Type) -> Result<Value, CodecError> {
    if !value.msgpack.is_empty() {
        return decode_msgpack(&value.msgpack, kind);
    }
    if value.json.is_empty() {
        return Err(CodecError::new("the value is missing"));
    }
    json::decode_strictly(&value.json, kind)
}

/// Decodes msgpack of type `kind`.
pub fn decode_msgpack(bytes: &[u8], kind: &Type) -> Result<Value, CodecError> {
    msgpack_read::decode(bytes, kind)
}

/// Encodes a value of type `kind`. Attributes that an object lacks become null; sets are sorted.
pub fn encode(value: &Value, kind: &Type) -> Result<wire::DynamicValue, CodecError> {
    Ok(wire::DynamicValue { msgpack: msgpack_write::encode(value, kind)?, json: Vec::new() })
}

/// The form in which sets are kept: sorted, known elements once. Two unknown elements may still turn
/// out to differ, so they both stay.
fn sort_set(mut elements: Vec<Value>) -> Vec<Value> {
    elements.sort();
    elements.dedup_by(|a, b| a == b && a.is_wholly_known());
    elements
}

#[cfg(test)]
mod tests;
