//! What will the object be?

use crate::diagnostics::Diagnostics;
use crate::value::{AttributePath, Value};

/// What to plan from.
#[derive(Clone, Default)]
pub struct PlanRequest {
    /// The object as last read; null when there is none.
    pub prior: Value,
    /// Terraform's merge: the configuration, and for computed attributes not configured the prior.
    pub proposed: Value,
    /// What the user wrote, null where nothing.
    pub config: Value,
    /// What the last read or apply stored beside the state.
    pub private: Vec<u8>,
}

/// A plan.
#[derive(Clone, Default)]
pub struct PlanResponse {
    /// The object to be.
    pub planned: Value,
    /// Attributes whose change needs a new object. Terraform then asks again for the plan of a creation.
    pub requires_replace: Vec<AttributePath>,
    /// Goes to apply. Not to be relied on: Terraform before 1.16 plans again in the process that applies,
    /// and hands over what that plan said.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}
