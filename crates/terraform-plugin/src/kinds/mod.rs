//! What a provider consists of: the traits to implement, and what Terraform asks of each and is told.
//!
//! Plain values in, plain values out. Nothing here knows how a call travels.

mod apply;
mod data;
mod import;
mod moving;
mod plan;
mod provider;
mod read;
mod resource;

pub use apply::{Action, ApplyRequest, ApplyResponse};
pub use data::{DataResponse, DataSource};
pub use import::ImportResponse;
pub use moving::{MoveRequest, MoveResponse};
pub use plan::{PlanRequest, PlanResponse};
pub use provider::Provider;
pub use read::{ReadRequest, ReadResponse};
pub use resource::Resource;
