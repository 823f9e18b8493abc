//! Make it so, and say what exists afterwards.

use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostics;
use crate::value::Value;

/// What to apply.
#[derive(Clone, Default)]
pub struct ApplyRequest {
    /// The object as it was; null on create.
    pub prior: Value,
    /// The object to be, unknown where the plan said so; null on delete.
    pub planned: Value,
    /// What the user wrote; null on delete.
    pub config: Value,
    /// What the plan handed over.
    pub private: Vec<u8>,
    /// Cancelled when the call should end.
    pub stop: CancellationToken,
    /// Cancelled when the host is gone: what this answers gets into no state.
    pub gone: CancellationToken,
}

/// What an apply is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// There is no object yet.
    Create,
    /// There is one, and it stays.
    Update,
    /// There is one, and it goes.
    Delete,
}

impl ApplyRequest {
    /// What is to be done.
    pub fn action(&self) -> Action {
        if self.planned.is_null() {
            Action::Delete
        } else if self.prior.is_null() {
            Action::Create
        } else {
            Action::Update
        }
    }
}

/// What exists after an apply, whether it succeeded or not.
///
/// What Terraform makes of it:
///
/// | state | errors | what is stored |
/// |---|---|---|
/// | a value | none | the value, which must agree with the plan wherever that was known |
/// | a value | some | the value, as it is; after a create the object is tainted and replaced next time |
/// | null | some | what was there before: after a create nothing |
/// | null | none | nothing, which only a delete may say |
///
/// After a failed update never return the planned object: the next plan would find nothing to do.
#[derive(Clone, Default)]
pub struct ApplyResponse {
    /// The object as it is now; null when there is none.
    pub state: Value,
    /// Stored beside it.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}
