//! `bluegreen_service`: its attributes, and what Terraform asks of it.

pub(super) mod apply;
pub(super) mod attributes;
mod create;
mod decode;
mod explain;
mod import;
mod inputs;
mod listeners;
mod namesakes;
mod naming;
mod place;
mod planned;
mod private;
mod protection;
mod rollout;
mod state;
mod validate;
