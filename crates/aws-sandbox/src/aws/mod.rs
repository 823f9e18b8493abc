//! The pure world: everything AWS knows and does, with time and reports passed in and orders and views passed out. No IO,
//! no tokio; the same seed and inputs give the same world.
//!
//! A call comes in at `acting` and is handed to its service by `services`; time and reports come in at `passing`. Each
//! service has a folder: `model` is what it keeps, `requests` reads and checks parameters, `reads` answers from a state
//! that may as well be an old copy, `writes` changes the world, `quotas` says how often.

pub(crate) mod acm;
mod acting;
pub(crate) mod ecs;
pub(crate) mod elb;
mod history;
mod passing;
pub mod place;
mod quotas;
mod s3;
mod scene;
pub(crate) mod services;
mod state;
mod sts;
mod tags;
mod traffic;
pub mod witness;
mod world;

pub use tags::Tags;
pub use world::{Settings, World};
