//! What is the real object like now?
//!
//! The contract: null means gone for certain, and only the resource may say so. Whatever goes wrong here,
//! Terraform gets back what it sent, as an answer without a state would be taken for a deletion, and one
//! without private state or identity would make it forget these.

use super::blame::locate;
use super::{Rpc, encode, identity, object_or_null, resource};
use crate::kinds::ReadRequest;
use crate::schema::Schema;
use crate::wire::tfplugin6 as wire;

pub(super) async fn read(rpc: &Rpc, request: wire::read_resource::Request) -> wire::read_resource::Response {
    // What Terraform has anyway, for the case that nothing better comes of it.
    let (old_state, old_private) = (request.current_state.clone(), request.private.clone());
    let old_identity = request.current_identity.clone();
    let type_name = request.type_name.clone();
    let result = rpc.run("ReadResource", &type_name, async move |provider, stop| {
        let resource = resource(&*provider, &request.type_name)?;
        let schema: &Schema = resource.schema();
        let state = object_or_null(request.current_state.as_ref(), schema)?;
        if state.is_null() {
            return Ok(wire::read_resource::Response {
                new_state: request.current_state,
                private: request.private,
                new_identity: request.current_identity,
                ..Default::default()
            });
        }
        let read = resource.read(ReadRequest { state, private: request.private.clone(), stop }).await;
        let (new_state, private, new_identity) = if read.diagnostics.has_errors() {
            (request.current_state, request.private, request.current_identity)
        } else {
            let identity = identity::beside(resource, &read.state, request.current_identity)?;
            (Some(encode(&read.state, schema)?), read.private, identity)
        };
        Ok(wire::read_resource::Response {
            new_state,
            private,
            new_identity,
            diagnostics: locate(read.diagnostics, schema),
        })
    });
    result.await.unwrap_or_else(|diagnostic| wire::read_resource::Response {
        new_state: old_state,
        private: old_private,
        new_identity: old_identity,
        diagnostics: vec![diagnostic.into()],
    })
}
