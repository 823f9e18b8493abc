//! All this test knows of the product, under the names it has there.

pub use bluegreen_provider::aws::{Aws, Settings};
pub use bluegreen_provider::sandbox::bare::{self, Bare};
pub use bluegreen_provider::service::Bluegreen;
pub use bluegreen_provider::terraform::codec::decode_state;
pub use bluegreen_provider::terraform::{
    ApplyRequest, Diagnostics, PlanRequest, PlanResponse, Provider, ReadRequest, Resource, Value,
};
