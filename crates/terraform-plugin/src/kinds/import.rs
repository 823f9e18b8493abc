//! An object that exists already, found by what the user calls it.

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::value::Value;

/// What was found for an import.
#[derive(Clone, Default)]
pub struct ImportResponse {
    /// As much of the object as a read needs, wholly known; null when there is no such object.
    pub state: Value,
    /// Stored beside it.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

impl From<Diagnostic> for ImportResponse {
    fn from(diagnostic: Diagnostic) -> ImportResponse {
        ImportResponse { diagnostics: diagnostic.into(), ..ImportResponse::default() }
    }
}
