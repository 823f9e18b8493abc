//! The part of planning that is the same for every resource: defaults, what is not known yet, and
//! what needs a new object. Pure, and in the order Terraform's own framework uses.

use std::collections::BTreeMap;

use crate::kinds::{PlanRequest, PlanResponse};
use crate::schema::{Attribute, Kind, Schema};
use crate::value::{AttributePath, Value};

/// A plan that Terraform accepts as it is. A resource may replace unknown values by known ones.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The object to be.
    pub planned: Value,
    /// Whether anything differs from the prior object. If not, nothing in `planned` is unknown that
    /// was not before.
    pub changed: bool,
    /// Attributes that changed and need a new object for it.
    pub requires_replace: Vec<AttributePath>,
}

/// With nothing kept beside the state, and nothing to complain about.
impl From<Draft> for PlanResponse {
    fn from(draft: Draft) -> PlanResponse {
        let (planned, requires_replace) = (draft.planned, draft.requires_replace);
        PlanResponse { planned, requires_replace, ..PlanResponse::default() }
    }
}

/// Drafts the plan: defaults for what is not configured; then, only if that leaves any change, every
/// other computed attribute that is not configured becomes unknown, or stays if it is stable.
///
/// The order matters. Defaults decide whether anything changes, so they come first. What is unknown comes
/// when that is settled: one unknown attribute in an object that does not change would be a change in every
/// plan. What needs a new object is read off the result.
pub fn draft(schema: &Schema, request: &PlanRequest) -> Draft {
    let mut planned = request.proposed.clone();
    apply_defaults(schema, &request.config, &request.prior, &mut planned);
    let changed = planned != request.prior;
    if changed {
        mark_unknown(schema, &request.config, &request.prior, &mut planned);
    }
    let requires_replace = requires_replace(schema, &request.prior, &planned);
    Draft { planned, changed, requires_replace }
}

/// Gives attributes that are not configured their defaults. What the provider computed inside an
/// object that is a default stays as it was.
pub fn apply_defaults(schema: &Schema, config: &Value, prior: &Value, planned: &mut Value) {
    fill(&schema.attributes, config, prior, planned);
}

/// Makes computed attributes that are neither configured nor have a default unknown. Stable ones keep
/// their prior value if they have one.
pub fn mark_unknown(schema: &Schema, config: &Value, prior: &Value, planned: &mut Value) {
    mark(&schema.attributes, config, prior, planned);
}

/// Puts the prior value back where the plan says unknown: what an update is known not to change.
pub fn keep_prior(prior: &Value, planned: &mut Value, paths: &[&str]) {
    for path in paths {
        let before = prior.at(*path);
        if planned.at(*path).is_unknown() && !before.is_null() {
            planned.set(*path, before.clone());
        }
    }
}

/// The attributes that need a new object and differ. Empty on create.
pub fn requires_replace(schema: &Schema, prior: &Value, planned: &Value) -> Vec<AttributePath> {
    let mut paths = Vec::new();
    if prior.as_map().is_some() && planned.as_map().is_some() {
        find_replacing(&schema.attributes, &AttributePath::root(), prior, planned, &mut paths);
    }
    paths
}

type Attributes = BTreeMap<String, Attribute>;

fn fill(attributes: &Attributes, config: &Value, prior: &Value, planned: &mut Value) {
    let Value::Map(members) = planned else { return };
    for (name, attribute) in attributes {
        let (config, prior) = (config.get(name), prior.get(name));
        let place = members.entry(name.clone()).or_default();
        if let (Value::Null, Some(default)) = (config, &attribute.default) {
            *place = default.clone();
            carry_over(&attribute.kind, prior, place);
        } else if config.is_null() {
            // Null, or what the provider computed earlier: not for defaults to touch.
            continue;
        }
        inside(&attribute.kind, config, prior, place, &mut fill);
    }
}

/// What the provider computed inside an object that is there by default.
fn carry_over(kind: &Kind, prior: &Value, planned: &mut Value) {
    let (Kind::Object(attributes), Value::Map(members)) = (kind, planned) else { return };
    for (name, _) in attributes.iter().filter(|(_, a)| a.is_computed() && a.default.is_none()) {
        members.entry(name.clone()).or_insert_with(|| prior.get(name).clone());
    }
}

fn mark(attributes: &Attributes, config: &Value, prior: &Value, planned: &mut Value) {
    let Value::Map(members) = planned else { return };
    for (name, attribute) in attributes {
        let (config, prior) = (config.get(name), prior.get(name));
        let place = members.entry(name.clone()).or_default();
        if config.is_null() && attribute.default.is_none() {
            if attribute.is_computed() {
                let keep = attribute.stable && !prior.is_null();
                *place = if keep { prior.clone() } else { Value::Unknown };
            }
            continue;
        }
        inside(&attribute.kind, config, prior, place, &mut mark);
    }
}

/// Goes to each object inside a nested attribute, with the configuration and the prior value that
/// belong to it. Elements of lists have no identity, so there is no telling which prior one was which.
fn inside(
    kind: &Kind,
    config: &Value,
    prior: &Value,
    planned: &mut Value,
    visit: &mut dyn FnMut(&Attributes, &Value, &Value, &mut Value),
) {
    match (kind, planned) {
        (Kind::Object(attributes), planned) => visit(attributes, config, prior, planned),
        (Kind::ObjectList(attributes), Value::List(elements)) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let config = config.as_list().and_then(|c| c.get(index)).unwrap_or(&Value::Null);
                visit(attributes, config, &Value::Null, element);
            }
        }
        (Kind::ObjectMap(attributes), Value::Map(members)) => {
            for (key, member) in members {
                visit(attributes, config.get(key), prior.get(key), member);
            }
        }
        _ => {}
    }
}

fn find_replacing(
    attributes: &Attributes,
    at: &AttributePath,
    prior: &Value,
    planned: &Value,
    paths: &mut Vec<AttributePath>,
) {
    for (name, attribute) in attributes {
        let (prior, planned) = (prior.get(name), planned.get(name));
        if prior == planned {
            continue;
        }
        let path = at.clone().attribute(name);
        match (&attribute.kind, prior, planned) {
            _ if attribute.replaces => paths.push(path),
            (Kind::Object(members), Value::Map(_), Value::Map(_)) => {
                find_replacing(members, &path, prior, planned, paths);
            }
            // The object came or went, and a path into nothing is not a path.
            (Kind::Object(members), _, _) if members.values().any(|member| member.replaces) => {
                paths.push(path);
            }
            _ => {}
        }
    }
}
