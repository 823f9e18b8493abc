//! `PlanResourceChange`: what the object will be, and the steps to it. Pure: the same request gives the same
//! answer, because Terraform asks again when applying and compares.

use std::time::Duration;

use super::attributes::logins;
use super::decode::Undecided;
use super::{attributes, decode, listeners, naming, place, private, protection};
use crate::bluegreen::gate::Gate;
use crate::bluegreen::layout::{Layout, short_task_definition};
use crate::bluegreen::observed::Observed;
use crate::bluegreen::phase::Phase;
use crate::bluegreen::preflight::{self, Problem};
use crate::bluegreen::routing::Role;
use crate::bluegreen::side::Side;
use crate::bluegreen::step::{Step, Why};
use crate::bluegreen::{plan as planner, tell};
use crate::duration;
use terraform_plugin::planning;
use terraform_plugin::{AttributePath, Diagnostics, PlanRequest, PlanResponse, Value};

/// Each side's ARNs.
const SIDES: [(Side, &str, &str); 2] = [
    (Side::Blue, "blue_service_arn", "blue_target_group_arn"),
    (Side::Green, "green_service_arn", "green_target_group_arn"),
];

pub fn plan(request: &PlanRequest) -> PlanResponse {
    let mut planned = planned_inputs(request);
    let replaced = replaced(&request.prior, &planned);
    let creating = request.prior.is_null();
    // Nothing has been looked at before a create; before an update, Read has.
    let observed = if creating { Some(Observed::default()) } else { private::decode(&request.private) };
    let mut diagnostics = Diagnostics::new();
    let layout = match decode::wish(&planned, &request.config, &request.prior) {
        Ok(spec) => {
            let id = request.prior.get("creation_id").as_str().unwrap_or_default().to_owned();
            Some(Layout { id, ..Layout::of(&spec) })
        }
        Err(Undecided::Unknown(_)) => None,
        // Also what `ignore_changes` put together, which no validation has seen.
        Err(Undecided::Wrong(wrong)) => {
            diagnostics.extend(wrong);
            None
        }
    };
    diagnostics.extend(naming::renamed(&request.prior, &planned, observed.as_ref()));
    diagnostics.extend(protection::replacement(&request.prior, &replaced, observed.as_ref()));
    if replaced.is_empty() {
        diagnostics.extend(listeners::refused(&request.prior, &planned));
        diagnostics.extend(listeners::told(&request.prior, &planned));
    }
    let steps = match (&layout, &observed) {
        (Some(layout), Some(observed)) => Some(story(observed, layout, creating)),
        _ => None,
    };
    if let (Some(layout), Some(observed), Some(steps)) = (&layout, &observed, &steps) {
        warn(observed, layout, steps, &mut diagnostics);
        too_short(&planned, creating, layout, steps, &mut diagnostics);
        diagnostics.extend(problems(observed, layout));
    }
    let id = request.prior.get("creation_id").clone();
    planned.set("creation_id", id.clone());
    computed(request, &mut planned, observed.as_ref(), layout.as_ref(), steps.as_deref());
    // Whatever an apply changes of what was taken over, it draws an id.
    if id.is_null() && planned != request.prior {
        planned.set("creation_id", Value::Unknown);
    }
    PlanResponse { planned, requires_replace: replaced, private: request.private.clone(), diagnostics }
}

/// The steps of the apply. Of what was taken over as somebody else had made it, an apply draws an id first; and what is
/// not yet tagged, nor on the rule with its other group, is so for its own sake only.
fn story(observed: &Observed, layout: &Layout, creating: bool) -> Vec<Step> {
    if creating || !layout.id.is_empty() {
        return planner::story(observed, layout);
    }
    let steps = planner::story(observed, &Layout { id: "drawn".to_owned(), ..layout.clone() });
    let mut services = Side::BOTH.into_iter().filter_map(|side| observed.service(side));
    let aside = |step: &Step| matches!(step, Step::Tag { .. } | Step::ChangeRule { why: Why::Attach, .. });
    let as_wished = services.any(|service| service.tags == layout.tags);
    if as_wished && steps.iter().all(aside) { Vec::new() } else { steps }
}

/// The proposed object with every default in place, those that follow from another attribute included.
fn planned_inputs(request: &PlanRequest) -> Value {
    let mut planned = request.proposed.clone();
    attributes::apply_defaults(&request.config, &request.prior, &mut planned);
    // Terraform takes what is inside of them for configured once, and proposes null.
    for name in logins::KEPT.into_iter().filter(|name| request.config.get(name).is_null()) {
        planned.set(name, request.prior.get(name).clone());
    }
    naming::keep(request, &mut planned);
    // A group keeps its port for life, and tasks register with their own.
    let (port, kept) = ("target_group.port", request.prior.at("target_group.port"));
    if request.config.at(port).is_null() && !kept.is_null() && planned.get("target_group").as_map().is_some()
    {
        planned.set(port, kept.clone());
    }
    let tags = planned.get("tags").clone();
    planned.set("tags_all", if tags.is_null() { Value::object::<&str>([]) } else { tags });
    planned
}

/// What needs a new object. The same cluster in another spelling does not.
fn replaced(prior: &Value, planned: &Value) -> Vec<AttributePath> {
    let mut paths = planning::requires_replace(attributes::service_ref(), prior, planned);
    let name =
        |value: &Value| value.get("cluster").as_str().map(|cluster| decode::cluster_name(cluster).to_owned());
    let spelled =
        [prior, planned].iter().all(|v| v.get("cluster").as_str().is_some_and(|c| c.starts_with("arn:")));
    if !spelled && name(prior).is_some() && name(prior) == name(planned) {
        paths.retain(|path| *path != AttributePath::from("cluster"));
    }
    paths
}

/// Plan-time facts as errors and warnings on their attributes.
pub fn problems(observed: &Observed, layout: &Layout) -> Diagnostics {
    told(preflight::check(observed, layout))
}

/// Problems on their attributes.
pub fn told(problems: Vec<Problem>) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for problem in problems {
        if problem.fatal {
            diagnostics.error(problem.attribute, problem.summary, problem.detail);
        } else {
            diagnostics.warning(problem.attribute, problem.summary, problem.detail);
        }
    }
    diagnostics
}

fn warn(observed: &Observed, layout: &Layout, steps: &[Step], diagnostics: &mut Diagnostics) {
    for step in steps {
        let Step::Deploy { side, count } = step else { continue };
        if *count > 0 && observed.public() == Some(*side) {
            diagnostics.warning(
                format!("{}.task_definition", side.name()).as_str(),
                "This side serves the public",
                format!(
                    "{} will replace tasks of {side} in place, a few at a time, while they serve everybody. To try it first, put it on {} and stage it there. {}",
                    short_task_definition(&layout.sides[*side].task_definition),
                    side.other(),
                    tell::who_serves(observed)
                ),
            );
        }
    }
}

/// A time for the operation that is over before the waits of its own steps are.
fn too_short(
    planned: &Value,
    creating: bool,
    layout: &Layout,
    steps: &[Step],
    diagnostics: &mut Diagnostics,
) {
    let operation = if creating { "create" } else { "update" };
    let proof = layout.group.health_check.proof_time();
    let waits = steps.iter().map(|step| match step {
        Step::Await(Gate::Healthy { .. }) => proof,
        Step::Await(Gate::Settled { time }) => *time,
        _ => Duration::ZERO,
    });
    let (least, time) = (waits.sum::<Duration>(), decode::timeout(planned, operation));
    if least.is_zero() || time > least {
        return;
    }
    let path = format!("timeouts.{operation}");
    let said = if planned.at(path.as_str()).is_null() { "timeouts" } else { path.as_str() };
    let [time, least] = [time, least].map(duration::show);
    let detail = format!(
        "{path} is {time}, and the steps of this plan wait for {least} at the least: for the health checks \
         (healthy_threshold × interval) and for settle_time. The apply would end half-way. Allow some minutes more than \
         that, for tasks to start."
    );
    diagnostics.warning(said, "The time is over before the steps are", detail);
}

/// Everything the provider says itself.
fn computed(
    request: &PlanRequest,
    planned: &mut Value,
    observed: Option<&Observed>,
    layout: Option<&Layout>,
    steps: Option<&[Step]>,
) {
    let owner = match (planned.get("cluster").as_str(), planned.get("name").as_str()) {
        (Some(cluster), Some(name)) => Value::from(format!("{}/{name}", decode::cluster_name(cluster))),
        _ => Value::Unknown,
    };
    planned.set("id", owner);
    planned.set("account_id", place::account(planned));
    // A create that serves never comes back as an error, also where it did not get as far as was wished.
    let phase = decode::phase(planned).filter(|_| !request.prior.is_null());
    planned.set("phase", phase.map_or(Value::Unknown, |phase| phase.name().into()));
    planned.set("production_color", public(planned).map_or(Value::Unknown, |side| side.name().into()));
    names(planned, observed);
    let (Some(layout), Some(steps)) = (layout, steps) else {
        // Something is not known yet, or nothing was ever seen.
        if *planned != request.prior || layout.is_some() {
            for name in ["rollout_steps", "canary_rule_arns", "test_rule_arn"] {
                planned.set(name, Value::Unknown);
            }
        }
        return;
    };
    rule_names(planned, request.prior.is_null(), steps);
    if steps.is_empty() {
        // No steps is no change; another attribute may still differ, and then this list is of its apply. One that
        // is not known yet may turn out as it was, and then there is no apply and the list stays.
        if !request.config.is_wholly_known() {
            planned.set("rollout_steps", Value::Unknown);
        } else if *planned != request.prior {
            planned.set("rollout_steps", Value::list::<Value>([]));
        }
        return;
    }
    let mut sentences: Vec<String> = steps.iter().map(|step| step.sentence(layout)).collect();
    planned.set("rollout_steps", Value::list(sentences.iter().map(String::as_str)));
    if planned.get("rollout_steps") == request.prior.get("rollout_steps") {
        // The very steps of the last apply are to be taken again, as after the same edit by hand twice. The
        // plan must differ from the state, or Terraform would see nothing to do; and in the same way when the
        // last inputs are known, or Terraform would call the final plan inconsistent.
        sentences[0].insert_str(0, "again: ");
        planned.set("rollout_steps", Value::list(sentences));
    }
}

/// The side that is to serve the public; known before the task definitions are.
fn public(planned: &Value) -> Option<Side> {
    let home = decode::primary(planned)?;
    Some(if decode::phase(planned)? == Phase::Promoted { home.other() } else { home })
}

/// ARNs of what is there stay; those of what is yet to be made are not known.
fn names(planned: &mut Value, observed: Option<&Observed>) {
    for (side, service, group) in SIDES {
        let standing = observed.map(|observed| &observed.sides[side]);
        if standing.is_none_or(|standing| standing.service.is_none()) {
            planned.set(service, Value::Unknown);
        }
        if standing.is_none_or(|standing| standing.group.is_none()) {
            planned.set(group, Value::Unknown);
        }
    }
    let elsewhere = planned.get("listener_arn").is_unknown();
    if elsewhere || observed.is_none_or(|observed| observed.production().is_none()) {
        planned.set("production_rule_arn", Value::Unknown);
    }
}

/// Canary and test rules come and go with the steps.
fn rule_names(planned: &mut Value, creating: bool, steps: &[Step]) {
    let changes = |role: Role| {
        let of = |step: &Step| match step {
            Step::CreateRule(to) => to.role == role,
            Step::DeleteRule { role: deleted, .. } => *deleted == role,
            // The numbers are the canary's order.
            Step::Reorder { .. } => role == Role::Canary,
            _ => false,
        };
        creating || steps.iter().any(of)
    };
    if changes(Role::Production) {
        planned.set("production_rule_arn", Value::Unknown);
    }
    if changes(Role::Canary) {
        planned.set("canary_rule_arns", Value::Unknown);
    }
    if changes(Role::Test) {
        planned.set("test_rule_arn", Value::Unknown);
    }
}

#[cfg(test)]
mod tests;
