//! An object of another resource type becomes one of ours, by a `moved` block. Terraform asks this before
//! it configures the provider.

use serde_json::Value as Json;

use super::upgrade::stored;
use super::{Rpc, encode, identity, resource};
use crate::diagnostics::Diagnostic;
use crate::kinds::MoveRequest;
use crate::value::AttributePath;
use crate::wire::tfplugin6 as wire;

pub(super) async fn move_state(
    rpc: &Rpc,
    request: wire::move_resource_state::Request,
) -> wire::move_resource_state::Response {
    let target = request.target_type_name.clone();
    let result = rpc.run("MoveResourceState", &target, async move |provider, _| {
        let resource = match resource(&*provider, &request.target_type_name) {
            Ok(resource) if resource.moves_from().contains(&request.source_type_name.as_str()) => resource,
            _ => return Err(refusal(&request)),
        };
        let identity = match request.source_identity.filter(|identity| !identity.json.is_empty()) {
            Some(identity) => stored(identity)?,
            None => Json::Null,
        };
        let mut moved = resource.move_from(MoveRequest {
            provider: request.source_provider_address,
            type_name: request.source_type_name,
            schema_version: request.source_schema_version,
            state: stored(request.source_state.unwrap_or_default())?,
            private: request.source_private,
            identity,
        });
        if moved.diagnostics.has_errors() {
            let diagnostics = moved.diagnostics.into();
            return Ok(wire::move_resource_state::Response { diagnostics, ..Default::default() });
        }
        if moved.state.is_null() {
            moved.diagnostics.push(Diagnostic::bug("Nothing came of the move."));
        }
        Ok(wire::move_resource_state::Response {
            target_state: Some(encode(&moved.state, resource.schema())?),
            target_identity: identity::beside(resource, &moved.state, None)?,
            target_private: moved.private,
            diagnostics: moved.diagnostics.into(),
        })
    });
    result.await.unwrap_or_else(|diagnostic| wire::move_resource_state::Response {
        diagnostics: vec![diagnostic.into()],
        ..Default::default()
    })
}

fn refusal(request: &wire::move_resource_state::Request) -> Diagnostic {
    let detail = format!(
        "{} cannot be moved to {}. Import the object instead, and remove the old one from the state.",
        request.source_type_name, request.target_type_name
    );
    Diagnostic::error(AttributePath::root(), "Move is not supported", detail)
}
