//! Make it so. Whatever happens on the way, what exists afterwards is reported.
//!
//! The contract: the answer always has a state. The resource's own, if it can be encoded; as much of it as
//! can be, with an error beside it; and what was there before, if the call came to nothing. A gRPC error in
//! its place would make Terraform forget an object that a create has just made.

use super::blame::locate;
use super::{Rpc, identity, object_or_null, resource};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::kinds::ApplyRequest;
use crate::schema::Schema;
use crate::value::{Type, Value, codec};
use crate::wire::tfplugin6 as wire;

pub(super) async fn apply(
    rpc: &Rpc,
    request: wire::apply_resource_change::Request,
) -> wire::apply_resource_change::Response {
    let (prior_state, planned_private) = (request.prior_state.clone(), request.planned_private.clone());
    let planned_identity = request.planned_identity.clone();
    let type_name = request.type_name.clone();
    let gone = rpc.calls.gone();
    let result = rpc.run("ApplyResourceChange", &type_name, async move |provider, stop| {
        let resource = resource(&*provider, &request.type_name)?;
        let schema = resource.schema();
        let prior = object_or_null(request.prior_state.as_ref(), schema)?;
        let planned = object_or_null(request.planned_state.as_ref(), schema)?;
        let config = object_or_null(request.config.as_ref(), schema)?;
        let applied = resource
            .apply(ApplyRequest { prior, planned, config, private: request.planned_private, stop, gone })
            .await;
        let mut diagnostics = applied.diagnostics;
        let known = request.planned_identity;
        let new_identity =
            identity::beside(resource, &applied.state, known.clone()).unwrap_or_else(|diagnostic| {
                diagnostics.push(diagnostic);
                known
            });
        Ok(wire::apply_resource_change::Response {
            new_state: Some(encode_what_exists(applied.state, schema, &mut diagnostics)),
            private: applied.private,
            new_identity,
            diagnostics: locate(diagnostics, schema),
        })
    });
    // A panic or a malformed call. For a create the prior state is null, and the object, if one was made,
    // is lost to Terraform: there is nothing here that knows of it.
    result.await.unwrap_or_else(|diagnostic| wire::apply_resource_change::Response {
        new_state: prior_state,
        private: planned_private,
        new_identity: planned_identity,
        diagnostics: vec![diagnostic.into()],
    })
}

/// Encodes as much of the state as can be: an object that exists must not be forgotten because one
/// of its attributes is wrong.
fn encode_what_exists(
    mut state: Value,
    schema: &Schema,
    diagnostics: &mut Diagnostics,
) -> wire::DynamicValue {
    let kind = schema.object_type();
    let mut unknown = Vec::new();
    state.walk(&mut |path, leaf| {
        if leaf.is_unknown() {
            unknown.push(path.to_string());
        }
    });
    // Terraform stores no unknown value. After an error it is no surprise that something was not found out.
    if !unknown.is_empty() {
        forget_unknown(&mut state);
        if !diagnostics.has_errors() {
            diagnostics.push(bug(format!("Not known after apply: {}.", unknown.join(", "))));
        }
    }
    let error = match codec::encode(&state, &kind) {
        Ok(encoded) => return encoded,
        Err(error) => error,
    };
    diagnostics.push(bug(format!("Does not agree with the schema at {}: {error}.", error.path())));
    // Attribute by attribute: those that are right are kept, the others become null.
    let mut rest = schema.null_object();
    if let (Value::Map(members), Type::Object(attributes), Value::Map(rest)) = (state, &kind, &mut rest) {
        for (name, kind) in attributes {
            if let Some(member) = members.get(name).filter(|member| codec::encode(member, kind).is_ok()) {
                rest.insert(name.clone(), member.clone());
            }
        }
    }
    codec::encode(&rest, &kind).unwrap_or_default()
}

fn forget_unknown(value: &mut Value) {
    match value {
        Value::Unknown => *value = Value::Null,
        Value::List(elements) => elements.iter_mut().for_each(forget_unknown),
        Value::Map(members) => members.values_mut().for_each(forget_unknown),
        _ => {}
    }
}

fn bug(detail: String) -> Diagnostic {
    let detail = format!("The provider returned a state that Terraform cannot store as it is. {detail}");
    Diagnostic::bug(detail)
}
