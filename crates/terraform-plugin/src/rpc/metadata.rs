//! What the provider has and what it all looks like.

use super::{Rpc, data, resource};
use crate::kinds::Provider;
use crate::wire::tfplugin6 as wire;

/// With the schema optional, Terraform asks one process for it and spares the others.
fn capabilities(provider: &dyn Provider) -> wire::ServerCapabilities {
    let names = provider.resource_names();
    let mut resources = names.iter().filter_map(|name| provider.resource(name));
    wire::ServerCapabilities {
        get_provider_schema_optional: true,
        plan_destroy: true,
        move_resource_state: resources.any(|resource| !resource.moves_from().is_empty()),
        ..Default::default()
    }
}

pub(super) async fn names(rpc: &Rpc) -> wire::get_metadata::Response {
    let names = rpc.run("GetMetadata", "", async |provider, _| {
        let resource = |type_name| wire::get_metadata::ResourceMetadata { type_name };
        let source = |type_name| wire::get_metadata::DataSourceMetadata { type_name };
        Ok(wire::get_metadata::Response {
            server_capabilities: Some(capabilities(&*provider)),
            resources: provider.resource_names().into_iter().map(resource).collect(),
            data_sources: provider.data_source_names().into_iter().map(source).collect(),
            diagnostics: Vec::new(),
        })
    });
    names.await.unwrap_or_else(|diagnostic| wire::get_metadata::Response {
        diagnostics: vec![diagnostic.into()],
        ..Default::default()
    })
}

pub(super) async fn schemas(rpc: &Rpc) -> wire::get_provider_schema::Response {
    let schemas = rpc.run("GetProviderSchema", "", async |provider, _| {
        let mut response = wire::get_provider_schema::Response {
            provider: Some(provider.schema().into()),
            server_capabilities: Some(capabilities(&*provider)),
            ..Default::default()
        };
        for name in provider.resource_names() {
            let schema = resource(&*provider, &name)?.schema().into();
            response.resource_schemas.insert(name, schema);
        }
        data::schemas(&*provider, &mut response)?;
        Ok(response)
    });
    schemas.await.unwrap_or_else(|diagnostic| wire::get_provider_schema::Response {
        diagnostics: vec![diagnostic.into()],
        ..Default::default()
    })
}
