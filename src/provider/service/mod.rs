//! `bluegreen_service`: its attributes, and what Terraform asks of it.

pub(super) mod apply;
pub(super) mod attributes;
mod create;
mod decode;
mod explain;
#[cfg(test)]
mod judged;
mod planned;
mod private;
mod rollout;
mod state;
mod validate;
