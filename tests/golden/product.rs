//! All this test knows of the product, under the names it has there.

pub use aws_sandbox::in_process::{self, InProcess};
pub use bluegreen_provider::aws::Aws;
pub use bluegreen_provider::provider::Bluegreen;
pub use terraform_plugin::codec::decode_state;
pub use terraform_plugin::{
    ApplyRequest, Diagnostics, PlanRequest, PlanResponse, Provider, ReadRequest, Resource, Value,
};
