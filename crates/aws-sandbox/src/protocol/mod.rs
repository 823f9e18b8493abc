//! How calls look on the wire: which service a request is for, reading it, and writing its answer.

mod json;
mod query;
mod rest;
mod route;
mod tree;
mod xml;

pub use route::{route, takes_any_method};

use crate::call::dialect::Protocol;
use crate::call::error::Answer;
use crate::reply::Reply;

/// An answer in the words of the protocol that the call came by.
pub fn write(protocol: Protocol, operation: &str, answer: &Answer, id: &str) -> Reply {
    match protocol {
        Protocol::Json11 { .. } => json::write(answer, id),
        Protocol::RestXml { namespace } => rest::write(namespace, answer, id),
        Protocol::Query { namespace, .. } => query::write(namespace, operation, answer, id),
    }
}
