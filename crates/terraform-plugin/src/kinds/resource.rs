//! One type of resource: what it looks like, and its life from validation to import.

use async_trait::async_trait;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::{
    ApplyRequest, ApplyResponse, ImportResponse, MoveRequest, MoveResponse, PlanRequest, PlanResponse,
    ReadRequest, ReadResponse,
};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::{IdentitySchema, Schema};
use crate::value::{AttributePath, Value};

/// One type of resource. Values are objects of [`Resource::schema`], already checked against it.
///
/// A call may run at the same time as any other. `stop` is cancelled when the user interrupts or
/// Terraform goes away; the call must then return soon, with what really exists. A call that panics
/// becomes an error diagnostic, and Terraform keeps what it had.
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
    fn upgrade(&self, _version: i64, state: Json) -> Result<Json, Diagnostics> {
        Ok(state)
    }

    /// Says what the object will be; of a destroy there is only [`plan_destroy`](Resource::plan_destroy). Must be a pure function of the
    /// request: Terraform asks again during apply and fails if the answer differs.
    ///
    /// [`planning::draft`](crate::planning::draft) does the part that is the same for every resource.
    fn plan(&self, request: PlanRequest) -> PlanResponse;

    /// What speaks against destroying the object with this state, or is to be known before. An error stops the
    /// plan. Terraform does not ask where a destroy is part of a replacement.
    fn plan_destroy(&self, _prior: &Value, _private: &[u8]) -> Diagnostics {
        Diagnostics::new()
    }

    /// Looks at the real object.
    async fn read(&self, request: ReadRequest) -> ReadResponse;

    /// Creates, updates or deletes the object.
    async fn apply(&self, request: ApplyRequest) -> ApplyResponse;

    /// Finds an existing object by what the user calls it. A read follows.
    async fn import(&self, id: String, _stop: CancellationToken) -> ImportResponse {
        let detail = format!("This resource cannot be imported (id {id:?}).");
        Diagnostic::error(AttributePath::root(), "Import is not supported", detail).into()
    }

    /// What tells one object of this type from all others, wherever its state is kept. With it come
    /// [`identity`](Resource::identity) and
    /// [`import_by_identity`](Resource::import_by_identity). Terraform and OpenTofu 1.12 and newer ask for it.
    fn identity_schema(&self) -> Option<&IdentitySchema> {
        None
    }

    /// The identity of the object with this state, which is wholly known. It must not change in the
    /// object's life. Null while the state does not say enough: Terraform then keeps the one it has,
    /// but after a create or a read that succeeds there must be one.
    fn identity(&self, _state: &Value) -> Value {
        Value::Null
    }

    /// Turns a stored identity of an older version of the identity schema into the present one's.
    fn upgrade_identity(&self, _version: i64, identity: Json) -> Result<Json, Diagnostics> {
        Ok(identity)
    }

    /// Finds an existing object by its identity. Attributes that are optional for import may be null.
    async fn import_by_identity(&self, _identity: Value, _stop: CancellationToken) -> ImportResponse {
        let detail = "This resource can be imported by its id only.";
        Diagnostic::error(AttributePath::root(), "Import by identity is not supported", detail).into()
    }

    /// The full names of the resource types, other providers' or our own, whose objects a `moved` block
    /// may make this type's.
    fn moves_from(&self) -> &[&str] {
        &[]
    }

    /// Takes over an object of one of the types that [`moves_from`](Resource::moves_from) names. The
    /// provider is not configured yet, so this only maps attributes; the read that follows completes it.
    fn move_from(&self, request: MoveRequest) -> MoveResponse {
        let detail = format!("A {} cannot be moved here.", request.type_name);
        Diagnostic::error(AttributePath::root(), "Move is not supported", detail).into()
    }
}
