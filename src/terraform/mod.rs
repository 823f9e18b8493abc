//! Terraform's plugin protocol 6: handshake, RPCs, values, schema, diagnostics, logging.

pub mod codec;
mod diagnostics;
mod number;
mod path;
pub mod planning;
pub mod proto;
mod provider;
mod schema;
mod shape;
mod value;

pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use number::Number;
pub use path::{AttributePath, Step};
pub use provider::{
    Action, ApplyRequest, ApplyResponse, ImportResponse, PlanRequest, PlanResponse, Provider, ReadRequest,
    ReadResponse, Resource,
};
pub use schema::{Attribute, Block, Kind, Nesting, Presence, Schema};
pub use shape::Type;
pub use value::Value;
