//! What the rest of the program implements to be a provider: plain values in, plain values out.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::path::AttributePath;
use super::schema::Schema;
use super::value::Value;

/// A provider: its own configuration and its resources.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The name in front of every resource's, as in `NAME_thing`.
    fn type_name(&self) -> &str;

    /// The provider's own configuration.
    fn schema(&self) -> &Schema;

    /// The resource of that full name.
    fn resource(&self, type_name: &str) -> Option<&dyn Resource>;

    /// The full names of all resources.
    fn resource_names(&self) -> Vec<String>;

    /// Checks the configuration without any outside contact. Anything may be unknown.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Takes the configuration for all later calls. Anything may be unknown during a plan: that is no
    /// error yet. Called before any read, plan, apply or import, but not before validate or upgrade.
    async fn configure(&self, config: &Value, terraform_version: &str) -> Diagnostics;
}

/// One type of resource. Values are objects of [`Resource::schema`], already checked against it.
///
/// A call may run at the same time as any other. `stop` is cancelled when the user interrupts or
/// Terraform goes away; the call must then return soon, with what really exists.
#[async_trait]
pub trait Resource: Send + Sync {
    /// Its attributes.
    fn schema(&self) -> &Schema;

    /// Checks a configuration. Anything may be unknown.
    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// Turns the stored state of an older schema version into the present one's, JSON to JSON.
    /// Afterwards missing attributes become null and superfluous ones are dropped.
    fn upgrade(&self, _version: i64, state: serde_json::Value) -> Result<serde_json::Value, Diagnostics> {
        Ok(state)
    }

    /// Says what the object will be. Never called for a destroy. Must be a pure function of the
    /// request: Terraform asks again during apply and fails if the answer differs.
    fn plan(&self, request: PlanRequest) -> PlanResponse;

    /// Looks at the real object.
    async fn read(&self, request: ReadRequest) -> ReadResponse;

    /// Creates, updates or deletes the object.
    async fn apply(&self, request: ApplyRequest) -> ApplyResponse;

    /// Finds an existing object by what the user calls it. A read follows.
    async fn import(&self, id: String, _stop: CancellationToken) -> ImportResponse {
        Diagnostic::error(
            AttributePath::root(),
            "Import is not supported",
            format!("This resource cannot be imported (id {id:?})."),
        )
        .into()
    }
}

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
    /// Attributes whose change needs a new object.
    pub requires_replace: Vec<AttributePath>,
    /// Goes to apply.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

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
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

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
#[derive(Clone, Default)]
pub struct ApplyResponse {
    /// The object as it is now; null when there is none. With an error: null keeps the prior state, a
    /// value is stored (and after a failed create marks the object tainted).
    pub state: Value,
    /// Stored beside it.
    pub private: Vec<u8>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// What was found for an import.
#[derive(Clone, Default)]
pub struct ImportResponse {
    /// As much of the object as a read needs, wholly known.
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
