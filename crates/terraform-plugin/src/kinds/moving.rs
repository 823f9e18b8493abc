//! An object that was another resource type's until a `moved` block said otherwise.

use serde_json::Value as Json;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::value::Value;

/// What is moved.
#[derive(Clone, Debug, Default)]
pub struct MoveRequest {
    /// The full source address of the provider it comes from. OpenTofu before 1.12.4 sends a wrong one, so
    /// decide by the type's name alone.
    pub provider: String,
    /// The resource type it comes from.
    pub type_name: String,
    /// The version of that type's schema.
    pub schema_version: i64,
    /// The object as that type stored it.
    pub state: Json,
    /// What that type stored beside it.
    pub private: Vec<u8>,
    /// Its identity there; null when it had none.
    pub identity: Json,
}

/// What it becomes.
#[derive(Clone, Default)]
pub struct MoveResponse {
    /// As much of the object as a read needs, wholly known. A read follows.
    pub state: Value,
    /// Stored beside it.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

impl From<Diagnostic> for MoveResponse {
    fn from(diagnostic: Diagnostic) -> MoveResponse {
        MoveResponse { diagnostics: diagnostic.into(), ..MoveResponse::default() }
    }
}
