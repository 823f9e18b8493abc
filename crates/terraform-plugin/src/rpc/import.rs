//! Take over an object that already exists.

use super::{Rpc, encode, resource};
use crate::diagnostics::Diagnostic;
use crate::path::AttributePath;
use crate::proto::tfplugin6 as wire;

pub(super) async fn import(
    rpc: &Rpc,
    request: wire::import_resource_state::Request,
) -> wire::import_resource_state::Response {
    let type_name = request.type_name.clone();
    let result = rpc.run("ImportResourceState", &type_name, async move |provider, stop| {
        let resource = resource(&*provider, &request.type_name)?;
        let mut import = resource.import(request.id, stop).await;
        let mut imported_resources = Vec::new();
        if !import.diagnostics.has_errors() {
            if import.state.is_null() {
                import.diagnostics.error(
                    AttributePath::root(),
                    "Nothing to import",
                    "There is no object with that id.",
                );
            } else {
                imported_resources.push(wire::import_resource_state::ImportedResource {
                    type_name: request.type_name,
                    state: Some(encode(&import.state, resource.schema())?),
                    private: import.private,
                    identity: None,
                });
            }
        }
        Ok(wire::import_resource_state::Response {
            imported_resources,
            diagnostics: import.diagnostics.into(),
        })
    });
    result.await.unwrap_or_else(|diagnostic| wire::import_resource_state::Response {
        diagnostics: vec![diagnostic.into()],
        ..Default::default()
    })
}

/// `moved` blocks between resource types. We do not announce that we can, so nobody should ask.
pub(super) fn refuse_move(
    request: &wire::move_resource_state::Request,
) -> wire::move_resource_state::Response {
    let detail = format!(
        "{} cannot be moved to {}. Import the object instead, and remove the old one from the state.",
        request.source_type_name, request.target_type_name
    );
    let diagnostic = Diagnostic::error(AttributePath::root(), "Move is not supported", detail);
    wire::move_resource_state::Response { diagnostics: vec![diagnostic.into()], ..Default::default() }
}
