//! Terraform's plugin protocol 6, for providers written in Rust.
//!
//! A provider is a [`Provider`] with a [`Resource`] for each of its types, and a [`DataSource`] where it has
//! any; [`serve`] is all that `main` has to do. `examples/note.rs` is a whole one in under a hundred lines:
//!
//! ```no_run
//! use std::{process::ExitCode, sync::Arc};
//! use terraform_plugin::{Provider, Resource, Schema, ServeOptions, serve};
//!
//! struct Note(Schema);
//!
//! impl Provider for Note {
//!     fn type_name(&self) -> &str {
//!         "note"
//!     }
//!     fn schema(&self) -> &Schema {
//!         &self.0
//!     }
//!     fn resource_names(&self) -> Vec<String> {
//!         vec![]
//!     }
//!     fn resource(&self, _type_name: &str) -> Option<&dyn Resource> {
//!         None
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     serve(Arc::new(Note(Schema::new(0, "Notes."))), &ServeOptions::new("Start me with terraform."))
//! }
//! ```
//!
//! # What is guaranteed
//!
//! - **Who gets in.** Only the host that started the process: the certificate it names is pinned, byte for
//!   byte, and the socket is in a folder nobody else may enter. If the certificate cannot be read, nobody is
//!   served.
//! - **Ctrl-C.** A terminal sends it to the plugin too, which ignores it. Terraform's own word then cancels
//!   the `stop` token of every call that is running, and of none that begins later.
//! - **The end.** When Terraform asks, when SIGTERM comes, and when Terraform or its connection is gone, all
//!   calls are stopped and waited for, then the process ends. How long it waits depends on who asks: Terraform
//!   kills two seconds after it has asked; nobody else does.
//! - **Calls** run in tasks of their own, at the same time as others. One goes on without the connection it
//!   came by. One that panics is answered with an error that names the place, and Terraform keeps what it had.
//! - **What exists is not forgotten.** Nothing is ever answered with a gRPC error, which would make Terraform
//!   drop what an apply has made. A state with one attribute that is wrong is stored without that one.
//! - **Values** arrive checked against the schema, with [`Value::Unknown`] wherever something is not known
//!   yet, and numbers as they were written. Sizes are limited before memory is taken.
//! - **Plans.** Sets are sorted and encodings are canonical, so a plan that is a pure function of its request
//!   is the same bytes every time.
//! - **Diagnostics** carry the path of an attribute, and are shown at the user's line as far as Terraform can
//!   follow.
//! - **Private state** is bytes beside the state, kept from call to call.
//! - **Old states** are upgraded, JSON to JSON, by [`Resource::upgrade`]; those of newer versions refused.
//! - **Import** is by id or by identity, and `moved` blocks bring objects of other types, if a resource says
//!   that it can.
//!
//! # Testing
//!
//! The feature `host` has Terraform's own rules and a host that keeps them, in the module `host`; the feature
//! `testing` has the same and more for tests, in the module `testing`.

#![warn(missing_docs)]

mod diagnostics;
pub mod docs;
#[cfg(all(unix, feature = "host"))]
pub mod host;
mod kinds;
pub mod planning;
mod process;
mod rpc;
mod schema;
#[cfg(all(unix, feature = "testing"))]
pub mod testing;
mod value;
pub mod wire;

pub use async_trait::async_trait;
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use kinds::{
    Action, ApplyRequest, ApplyResponse, DataResponse, DataSource, ImportResponse, MoveRequest, MoveResponse,
    PlanRequest, PlanResponse, Provider, ReadRequest, ReadResponse, Resource,
};
pub use process::{ServeOptions, serve, serve_debug};
pub use schema::{
    Attribute, Block, Count, IdentityAttribute, IdentitySchema, Kind, Nesting, Presence, Schema,
};
pub use value::{AttributePath, Number, Step, Type, Value, codec};
