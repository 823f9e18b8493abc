//! What is the real object like now?

use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostics;
use crate::value::Value;

/// What to read.
#[derive(Clone, Default)]
pub struct ReadRequest {
    /// The object as last known, never null.
    pub state: Value,
    /// What was stored beside it.
    pub private: Vec<u8>,
    /// Cancelled when the call should end.
    pub stop: CancellationToken,
}

/// What was read.
#[derive(Clone, Default)]
pub struct ReadResponse {
    /// The object as it is; null when it is certainly gone. Ignored when there is an error.
    pub state: Value,
    /// Replaces what was stored.
    pub private: Vec<u8>,
    /// Errors and warnings. After an error Terraform keeps what it has.
    pub diagnostics: Diagnostics,
}
