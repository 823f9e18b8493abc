//! Take over an object that already exists.
//!
//! One object or none: the protocol has room for several, and Terraform refuses them. A read follows at
//! once, so what is answered need only be enough for that.

use super::{Rpc, encode, identity, resource};
use crate::value::AttributePath;
use crate::wire::tfplugin6 as wire;

pub(super) async fn import(
    rpc: &Rpc,
    request: wire::import_resource_state::Request,
) -> wire::import_resource_state::Response {
    let type_name = request.type_name.clone();
    let result = rpc.run("ImportResourceState", &type_name, async move |provider, stop| {
        let resource = resource(&*provider, &request.type_name)?;
        let mut import = match &request.identity {
            Some(identity) if request.id.is_empty() => {
                let identity = identity::decode(identity, resource, &request.type_name)?;
                resource.import_by_identity(identity, stop).await
            }
            _ => resource.import(request.id, stop).await,
        };
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
                    identity: identity::beside(resource, &import.state, request.identity)?,
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
