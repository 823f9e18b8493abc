//! The provider takes its configuration.

use super::blame::locate;
use super::{Rpc, object};
use crate::wire::tfplugin6 as wire;

pub(super) async fn configure(
    rpc: &Rpc,
    request: wire::configure_provider::Request,
) -> wire::configure_provider::Response {
    let result = rpc.run("ConfigureProvider", "", async move |provider, _| {
        let config = object(request.config.as_ref(), provider.schema())?;
        Ok(locate(provider.configure(&config, &request.terraform_version).await, provider.schema()))
    });
    let diagnostics = result.await.unwrap_or_else(|diagnostic| vec![diagnostic.into()]);
    wire::configure_provider::Response { diagnostics }
}
