//! Data sources: is the configuration one to look with, and what is found?

use super::blame::locate;
use super::{Rpc, encode, object};
use crate::diagnostics::Diagnostic;
use crate::kinds::{DataSource, Provider};
use crate::value::AttributePath;
use crate::wire::tfplugin6 as wire;

pub(super) async fn validate(
    rpc: &Rpc,
    request: wire::validate_data_resource_config::Request,
) -> wire::validate_data_resource_config::Response {
    let type_name = request.type_name.clone();
    let result = rpc.run("ValidateDataResourceConfig", &type_name, async move |provider, _| {
        let source = source(&*provider, &request.type_name)?;
        let config = object(request.config.as_ref(), source.schema())?;
        Ok(locate(source.validate(&config), source.schema()))
    });
    let diagnostics = result.await.unwrap_or_else(|diagnostic| vec![diagnostic.into()]);
    wire::validate_data_resource_config::Response { diagnostics }
}

pub(super) async fn read(
    rpc: &Rpc,
    request: wire::read_data_source::Request,
) -> wire::read_data_source::Response {
    let type_name = request.type_name.clone();
    let result = rpc.run("ReadDataSource", &type_name, async move |provider, stop| {
        let source = source(&*provider, &request.type_name)?;
        let schema = source.schema();
        let config = object(request.config.as_ref(), schema)?;
        let found = source.read(config, stop).await;
        let failed = found.diagnostics.has_errors();
        let state = if failed { None } else { Some(encode(&found.state, schema)?) };
        Ok(wire::read_data_source::Response { state, diagnostics: locate(found.diagnostics, schema) })
    });
    result.await.unwrap_or_else(|diagnostic| wire::read_data_source::Response {
        diagnostics: vec![diagnostic.into()],
        ..Default::default()
    })
}

fn source<'a>(provider: &'a dyn Provider, type_name: &str) -> Result<&'a dyn DataSource, Diagnostic> {
    provider.data_source(type_name).ok_or_else(|| {
        let detail = format!("The provider has no data source {type_name:?}.");
        Diagnostic::error(AttributePath::root(), "Unknown data source", detail)
    })
}

pub(super) fn schemas(
    provider: &dyn Provider,
    response: &mut wire::get_provider_schema::Response,
) -> Result<(), Diagnostic> {
    for name in provider.data_source_names() {
        let schema = source(provider, &name)?.schema().into();
        response.data_source_schemas.insert(name, schema);
    }
    Ok(())
}
