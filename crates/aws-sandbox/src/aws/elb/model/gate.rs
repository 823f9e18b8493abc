//! What stands before the routing action of a rule and may bar the way: logins and tokens.

use serde_json::Value;

use crate::seam;

/// Type names of such actions.
pub const COGNITO: &str = "authenticate-cognito";
pub const OIDC: &str = "authenticate-oidc";
pub const JWT: &str = "jwt-validation";

#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    pub kind: &'static str,
    /// Its member of an action, and what is described there: all but the secret.
    pub member: &'static str,
    pub config: Value,
    /// Of an OIDC client. Never told.
    pub secret: Option<String>,
    pub view: seam::Gate,
}

impl Gate {
    pub fn json(&self, order: usize) -> Value {
        serde_json::json!({"Type": self.kind, "Order": order, self.member: self.config})
    }
}
