//! Terraform's plugin protocol 6: handshake, RPCs, values, schema, diagnostics, logging.
//!
//! Implement [`Provider`] and [`Resource`], hand the provider to [`serve`].

pub mod codec;
mod controller;
mod debug;
mod diagnostics;
pub mod docs;
mod ending;
pub mod handshake;
mod listener;
mod logging;
mod number;
mod panics;
mod path;
pub mod planning;
mod plugin;
pub mod proto;
mod provider;
mod router;
mod rpc;
mod schema;
mod serve;
mod shape;
mod signals;
mod stop;
pub mod tls;
mod value;

pub use debug::serve_debug;
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use ending::Ending;
pub use number::Number;
pub use path::{AttributePath, Step};
pub use plugin::Plugin;
pub use provider::{
    Action, ApplyRequest, ApplyResponse, ImportResponse, PlanRequest, PlanResponse, Provider, ReadRequest,
    ReadResponse, Resource,
};
pub use schema::{Attribute, Block, Kind, Nesting, Presence, Schema};
pub use serve::{ServeError, ServeOptions, serve, serve_to};
pub use shape::Type;
pub use value::Value;
