//! Stored state, perhaps of an older schema, into a value of the present one. Terraform asks this
//! every time it takes an object out of its state, also of the present version, and before it configures
//! the provider.
//!
//! Decoding is lenient here and nowhere else: a version that added an attribute need not be a new schema
//! version.

use super::{Rpc, encode, malformed, resource};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::value::{AttributePath, codec};
use crate::wire::tfplugin6 as wire;

pub(super) async fn upgrade(
    rpc: &Rpc,
    request: wire::upgrade_resource_state::Request,
) -> wire::upgrade_resource_state::Response {
    let type_name = request.type_name.clone();
    let result = rpc.run("UpgradeResourceState", &type_name, async move |provider, _| {
        let resource = resource(&*provider, &request.type_name)?;
        let schema = resource.schema();
        if request.version > schema.version {
            return Err(state_error(format!(
                "The state has schema version {}, this provider knows versions up to {}. A newer version of the \
                 provider wrote it; use that one.",
                request.version, schema.version
            )));
        }
        let mut state = stored(request.raw_state.unwrap_or_default())?;
        if request.version < schema.version {
            match resource.upgrade(request.version, state) {
                Ok(upgraded) => state = upgraded,
                Err(diagnostics) => return Ok((None, diagnostics)),
            }
        }
        let state = codec::decode_state(&state, &schema.object_type())?;
        Ok((Some(encode(&state, schema)?), Diagnostics::new()))
    });
    let (upgraded_state, diagnostics) = result.await.unwrap_or_else(|diagnostic| (None, diagnostic.into()));
    wire::upgrade_resource_state::Response { upgraded_state, diagnostics: diagnostics.into() }
}

/// The JSON of what was stored.
pub(super) fn stored(state: wire::RawState) -> Result<serde_json::Value, Diagnostic> {
    if state.json.is_empty() && !state.flatmap.is_empty() {
        return Err(state_error(
            "The state is in the format of Terraform 0.11, before this provider.".into(),
        ));
    }
    if state.json.len() > codec::MAX_BYTES {
        return Err(state_error(format!("The state is longer than {} bytes.", codec::MAX_BYTES)));
    }
    serde_json::from_slice(&state.json).map_err(|_| malformed("the stored state is no JSON"))
}

fn state_error(detail: String) -> Diagnostic {
    Diagnostic::error(AttributePath::root(), "Unusable state", detail)
}
