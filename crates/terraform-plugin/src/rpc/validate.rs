//! Is the configuration one the provider can work with?

use super::blame::locate;
use super::{Rpc, object, resource as find};
use crate::wire::tfplugin6 as wire;

pub(super) async fn provider(
    rpc: &Rpc,
    request: wire::validate_provider_config::Request,
) -> wire::validate_provider_config::Response {
    let result = rpc.run("ValidateProviderConfig", "", async move |provider, _| {
        let config = object(request.config.as_ref(), provider.schema())?;
        Ok(locate(provider.validate(&config), provider.schema()))
    });
    let diagnostics = result.await.unwrap_or_else(|diagnostic| vec![diagnostic.into()]);
    wire::validate_provider_config::Response { diagnostics }
}

pub(super) async fn resource(
    rpc: &Rpc,
    request: wire::validate_resource_config::Request,
) -> wire::validate_resource_config::Response {
    let type_name = request.type_name.clone();
    let result = rpc.run("ValidateResourceConfig", &type_name, async move |provider, _| {
        let resource = find(&*provider, &request.type_name)?;
        let config = object(request.config.as_ref(), resource.schema())?;
        Ok(locate(resource.validate(&config), resource.schema()))
    });
    let diagnostics = result.await.unwrap_or_else(|diagnostic| vec![diagnostic.into()]);
    wire::validate_resource_config::Response { diagnostics }
}
