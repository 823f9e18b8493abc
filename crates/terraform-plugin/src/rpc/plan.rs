//! What will the object be?
//!
//! Terraform asks more than once: for the plan it shows, again in the process that applies it, and for a
//! replacement a third time with nothing before. It compares the answers, so the same request must give the
//! same bytes; sorting is part of that.

use super::blame::locate;
use super::{Rpc, encode, object, object_or_null, resource};
use crate::kinds::PlanRequest;
use crate::wire::tfplugin6 as wire;

pub(super) async fn plan(
    rpc: &Rpc,
    request: wire::plan_resource_change::Request,
) -> wire::plan_resource_change::Response {
    let type_name = request.type_name.clone();
    let result = rpc.run("PlanResourceChange", &type_name, async move |provider, _| {
        let resource = resource(&*provider, &request.type_name)?;
        let schema = resource.schema();
        let proposed = object_or_null(request.proposed_new_state.as_ref(), schema)?;
        if proposed.is_null() {
            // The plan of a destroy is always null; there may be something to say about it.
            let prior = object_or_null(request.prior_state.as_ref(), schema)?;
            let diagnostics = resource.plan_destroy(&prior, &request.prior_private);
            return Ok(wire::plan_resource_change::Response {
                planned_state: request.proposed_new_state,
                planned_private: request.prior_private,
                planned_identity: request.prior_identity,
                diagnostics: locate(diagnostics, schema),
                ..Default::default()
            });
        }
        let prior = object_or_null(request.prior_state.as_ref(), schema)?;
        let config = object(request.config.as_ref(), schema)?;
        let mut plan = resource.plan(PlanRequest { prior, proposed, config, private: request.prior_private });
        plan.requires_replace.sort();
        plan.requires_replace.dedup();
        Ok(wire::plan_resource_change::Response {
            planned_state: Some(encode(&plan.planned, schema)?),
            requires_replace: plan.requires_replace.iter().map(Into::into).collect(),
            planned_private: plan.private,
            // An identity never changes; that of an object to be is told when it is there.
            planned_identity: request.prior_identity,
            diagnostics: locate(plan.diagnostics, schema),
        })
    });
    result.await.unwrap_or_else(|diagnostic| wire::plan_resource_change::Response {
        diagnostics: vec![diagnostic.into()],
        ..Default::default()
    })
}
