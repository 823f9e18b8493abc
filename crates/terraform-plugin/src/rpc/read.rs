//! What is the real object like now?

use super::blame::locate;
use super::{Rpc, encode, object_or_null, resource};
use crate::proto::tfplugin6 as wire;
use crate::provider::ReadRequest;
use crate::schema::Schema;

pub(super) async fn read(rpc: &Rpc, request: wire::read_resource::Request) -> wire::read_resource::Response {
    // What Terraform has anyway, for the case that nothing better comes of it.
    let (old_state, old_private) = (request.current_state.clone(), request.private.clone());
    let type_name = request.type_name.clone();
    let result = rpc.run("ReadResource", &type_name, async move |provider, stop| {
        let resource = resource(&*provider, &request.type_name)?;
        let schema: &Schema = resource.schema();
        let state = object_or_null(request.current_state.as_ref(), schema)?;
        if state.is_null() {
            return Ok(wire::read_resource::Response {
                new_state: request.current_state,
                private: request.private,
                ..Default::default()
            });
        }
        let read = resource.read(ReadRequest { state, private: request.private.clone(), stop }).await;
        let (new_state, private) = if read.diagnostics.has_errors() {
            (request.current_state, request.private)
        } else {
            (Some(encode(&read.state, schema)?), read.private)
        };
        Ok(wire::read_resource::Response {
            new_state,
            private,
            diagnostics: locate(read.diagnostics, schema),
            ..Default::default()
        })
    });
    result.await.unwrap_or_else(|diagnostic| wire::read_resource::Response {
        new_state: old_state,
        private: old_private,
        diagnostics: vec![diagnostic.into()],
        ..Default::default()
    })
}
