//! What the provider has and what it all looks like.

use super::{Rpc, resource};
use crate::proto::tfplugin6 as wire;

/// With the schema optional, Terraform asks one process for it and spares the others.
fn capabilities() -> wire::ServerCapabilities {
    wire::ServerCapabilities { get_provider_schema_optional: true, ..Default::default() }
}

pub(super) async fn names(rpc: &Rpc) -> wire::get_metadata::Response {
    let names = rpc.run("GetMetadata", "", async |provider, _| Ok(provider.resource_names())).await;
    let (names, diagnostics) = match names {
        Ok(names) => (names, Vec::new()),
        Err(diagnostic) => (Vec::new(), vec![diagnostic.into()]),
    };
    let resources = names.into_iter().map(|type_name| wire::get_metadata::ResourceMetadata { type_name });
    wire::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        diagnostics,
        resources: resources.collect(),
    }
}

pub(super) async fn schemas(rpc: &Rpc) -> wire::get_provider_schema::Response {
    let schemas = rpc.run("GetProviderSchema", "", async |provider, _| {
        let mut response = wire::get_provider_schema::Response {
            provider: Some(provider.schema().into()),
            server_capabilities: Some(capabilities()),
            ..Default::default()
        };
        for name in provider.resource_names() {
            let schema = resource(&*provider, &name)?.schema().into();
            response.resource_schemas.insert(name, schema);
        }
        Ok(response)
    });
    schemas.await.unwrap_or_else(|diagnostic| wire::get_provider_schema::Response {
        diagnostics: vec![diagnostic.into()],
        ..Default::default()
    })
}
