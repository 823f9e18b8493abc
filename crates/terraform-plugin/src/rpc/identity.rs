//! What tells one object from all others: the schemas, identities stored by older versions, and the
//! identity that goes with the answers to other calls.

use super::upgrade::stored;
use super::{Rpc, resource};
use crate::diagnostics::Diagnostic;
use crate::kinds::Resource;
use crate::schema::IdentitySchema;
use crate::value::{AttributePath, Value, codec};
use crate::wire::tfplugin6 as wire;

pub(super) async fn schemas(rpc: &Rpc) -> wire::get_resource_identity_schemas::Response {
    let schemas = rpc.run("GetResourceIdentitySchemas", "", async |provider, _| {
        let mut response = wire::get_resource_identity_schemas::Response::default();
        for name in provider.resource_names() {
            if let Some(schema) = resource(&*provider, &name)?.identity_schema() {
                response.identity_schemas.insert(name, schema.into());
            }
        }
        Ok(response)
    });
    schemas.await.unwrap_or_else(|diagnostic| wire::get_resource_identity_schemas::Response {
        diagnostics: vec![diagnostic.into()],
        ..Default::default()
    })
}

pub(super) async fn upgrade(
    rpc: &Rpc,
    request: wire::upgrade_resource_identity::Request,
) -> wire::upgrade_resource_identity::Response {
    let type_name = request.type_name.clone();
    let result = rpc.run("UpgradeResourceIdentity", &type_name, async move |provider, _| {
        let resource = resource(&*provider, &request.type_name)?;
        let schema = schema(resource, &request.type_name)?;
        if request.version > schema.version {
            let detail = format!(
                "The identity has version {}, this provider knows versions up to {}. A newer version of the \
                 provider wrote it; use that one.",
                request.version, schema.version
            );
            return Err(Diagnostic::error(AttributePath::root(), "Unusable identity", detail));
        }
        let mut identity = stored(request.raw_identity.unwrap_or_default())?;
        if request.version < schema.version {
            match resource.upgrade_identity(request.version, identity) {
                Ok(upgraded) => identity = upgraded,
                Err(diagnostics) => return Ok((None, diagnostics.into())),
            }
        }
        let identity = codec::decode_state(&identity, &schema.object_type())?;
        Ok((Some(encode(&identity, schema)?), Vec::new()))
    });
    let (upgraded_identity, diagnostics) =
        result.await.unwrap_or_else(|diagnostic| (None, vec![diagnostic.into()]));
    wire::upgrade_resource_identity::Response { upgraded_identity, diagnostics }
}

/// The identity to answer with beside `state`: the state's own, and while that does not say enough the
/// one Terraform `knows`. Leaving it out would make Terraform forget it.
pub(super) fn beside(
    resource: &dyn Resource,
    state: &Value,
    known: Option<wire::ResourceIdentityData>,
) -> Result<Option<wire::ResourceIdentityData>, Diagnostic> {
    let Some(schema) = resource.identity_schema() else { return Ok(None) };
    if state.is_null() || !state.is_wholly_known() {
        return Ok(known);
    }
    match resource.identity(state) {
        Value::Null => Ok(known),
        identity if identity.is_wholly_known() => encode(&identity, schema).map(Some),
        // Terraform refuses an identity that is not wholly known, and with it the whole answer.
        _ => Ok(known),
    }
}

/// The identity in a call.
pub(super) fn decode(
    identity: &wire::ResourceIdentityData,
    resource: &dyn Resource,
    type_name: &str,
) -> Result<Value, Diagnostic> {
    let kind = schema(resource, type_name)?.object_type();
    let data = identity.identity_data.as_ref().ok_or_else(|| super::malformed("the identity is missing"))?;
    Ok(codec::decode(data, &kind)?)
}

fn schema<'a>(resource: &'a dyn Resource, type_name: &str) -> Result<&'a IdentitySchema, Diagnostic> {
    resource.identity_schema().ok_or_else(|| {
        let detail = format!("Objects of the type {type_name} have no identity.");
        Diagnostic::error(AttributePath::root(), "No identity", detail)
    })
}

fn encode(identity: &Value, schema: &IdentitySchema) -> Result<wire::ResourceIdentityData, Diagnostic> {
    let encoded = codec::encode(identity, &schema.object_type()).map_err(|error| {
        let path = error.path();
        let detail =
            format!("The provider made an identity that its schema does not allow at {path}: {error}.");
        Diagnostic::bug(detail)
    })?;
    Ok(wire::ResourceIdentityData { identity_data: Some(encoded) })
}
