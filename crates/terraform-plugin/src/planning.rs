//! The part of planning that is the same for every resource: defaults, what is not known yet, and
//! what needs a new object. Pure, and in the order Terraform's own framework uses.

use std::collections::BTreeMap;

use crate::kinds::{PlanRequest, PlanResponse};
use crate::schema::{Attribute, Block, Kind, Nesting, Schema};
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
    fill(schema.into(), config, prior, planned);
}

/// Makes computed attributes that are neither configured nor have a default unknown. Stable ones keep
/// their prior value if they have one.
pub fn mark_unknown(schema: &Schema, config: &Value, prior: &Value, planned: &mut Value) {
    mark(schema.into(), config, prior, planned);
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
        find_replacing(schema.into(), &AttributePath::root(), prior, planned, &mut paths);
    }
    paths
}

type Attributes = BTreeMap<String, Attribute>;
type Visit = fn(Level<'_>, &Value, &Value, &mut Value);

/// What an object consists of: that of a schema or a block, or of an attribute, which has no blocks.
#[derive(Clone, Copy)]
struct Level<'a> {
    attributes: &'a Attributes,
    blocks: &'a BTreeMap<String, Block>,
}

static NO_BLOCKS: BTreeMap<String, Block> = BTreeMap::new();

impl<'a> From<&'a Schema> for Level<'a> {
    fn from(schema: &'a Schema) -> Level<'a> {
        Level { attributes: &schema.attributes, blocks: &schema.blocks }
    }
}

impl<'a> From<&'a Attributes> for Level<'a> {
    fn from(attributes: &'a Attributes) -> Level<'a> {
        Level { attributes, blocks: &NO_BLOCKS }
    }
}

fn fill(level: Level<'_>, config: &Value, prior: &Value, planned: &mut Value) {
    let Value::Map(members) = planned else { return };
    for (name, attribute) in level.attributes {
        let (config, prior) = (config.get(name), prior.get(name));
        let place = members.entry(name.clone()).or_default();
        if let (Value::Null, Some(default)) = (config, &attribute.default) {
            *place = default.clone();
            carry_over(&attribute.kind, prior, place);
        } else if config.is_null() {
            // Null, or what the provider computed earlier: not for defaults to touch.
            continue;
        }
        inside(&attribute.kind, config, prior, place, fill);
    }
    inside_blocks(level, config, prior, members, fill);
}

/// What the provider computed inside an object that is there by default.
fn carry_over(kind: &Kind, prior: &Value, planned: &mut Value) {
    let (Kind::Object(attributes), Value::Map(members)) = (kind, planned) else { return };
    for (name, _) in attributes.iter().filter(|(_, a)| a.is_computed() && a.default.is_none()) {
        members.entry(name.clone()).or_insert_with(|| prior.get(name).clone());
    }
}

fn mark(level: Level<'_>, config: &Value, prior: &Value, planned: &mut Value) {
    let Value::Map(members) = planned else { return };
    for (name, attribute) in level.attributes {
        let (config, prior) = (config.get(name), prior.get(name));
        let place = members.entry(name.clone()).or_default();
        if config.is_null() && attribute.default.is_none() {
            if attribute.is_computed() {
                let keep = attribute.stable && !prior.is_null();
                *place = if keep { prior.clone() } else { Value::Unknown };
            }
            continue;
        }
        inside(&attribute.kind, config, prior, place, mark);
    }
    inside_blocks(level, config, prior, members, mark);
}

/// Goes to each object inside a nested attribute, with the configuration and the prior value that
/// belong to it. Elements of lists have no identity, so there is no telling which prior one was which.
fn inside(kind: &Kind, config: &Value, prior: &Value, planned: &mut Value, visit: Visit) {
    match (kind, planned) {
        (Kind::Object(attributes), planned) => visit(attributes.into(), config, prior, planned),
        (Kind::ObjectList(attributes), Value::List(elements)) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let config = config.as_list().and_then(|c| c.get(index)).unwrap_or(&Value::Null);
                visit(attributes.into(), config, &Value::Null, element);
            }
        }
        (Kind::ObjectMap(attributes), Value::Map(members)) => {
            for (key, member) in members {
                visit(attributes.into(), config.get(key), prior.get(key), member);
            }
        }
        _ => {}
    }
}

/// The same for blocks.
fn inside_blocks(
    level: Level<'_>,
    config: &Value,
    prior: &Value,
    members: &mut BTreeMap<String, Value>,
    visit: Visit,
) {
    for (name, block) in level.blocks {
        let (config, prior) = (config.get(name), prior.get(name));
        let content = Level::from(&block.content);
        match (block.nesting, members.entry(name.clone()).or_default()) {
            (Nesting::Single, planned) => visit(content, config, prior, planned),
            (Nesting::List(_), Value::List(elements)) => {
                for (index, element) in elements.iter_mut().enumerate() {
                    let config = config.as_list().and_then(|c| c.get(index)).unwrap_or(&Value::Null);
                    visit(content, config, &Value::Null, element);
                }
            }
            (Nesting::Set(_), Value::List(elements)) => {
                let configured = wishes_of(config.as_list().unwrap_or_default(), elements);
                for (element, config) in elements.iter_mut().zip(configured) {
                    visit(content, config, &Value::Null, element);
                }
                elements.sort();
            }
            _ => {}
        }
    }
}

/// For each element of a planned set the element of the configuration that it comes of: they have no order and
/// no name, and computed attributes are in the planned one only.
pub(crate) fn wishes_of<'a>(config: &'a [Value], planned: &[Value]) -> Vec<&'a Value> {
    let mut left: Vec<&Value> = config.iter().collect();
    // Those that say more first: what fits them fits those that say less, too.
    left.sort_by_key(|wish| std::cmp::Reverse(said(wish)));
    let found = planned.iter().map(|planned| match left.iter().position(|wish| fulfils(planned, wish)) {
        Some(at) => left.remove(at),
        None => &Value::Null,
    });
    found.collect()
}

fn said(wish: &Value) -> usize {
    let mut count = 0;
    wish.walk(&mut |_, leaf| count += usize::from(!leaf.is_null()));
    count
}

/// Whether everything that is configured is there as it is configured.
fn fulfils(planned: &Value, wish: &Value) -> bool {
    match (planned, wish) {
        (_, Value::Null) => true,
        (Value::Map(planned), Value::Map(wish)) => {
            wish.iter().all(|(name, wish)| planned.get(name).is_some_and(|planned| fulfils(planned, wish)))
        }
        (Value::List(planned), Value::List(wish)) => {
            planned.len() == wish.len()
                && planned.iter().zip(wish).all(|(planned, wish)| fulfils(planned, wish))
        }
        (planned, wish) => planned == wish,
    }
}

fn find_replacing(
    level: Level<'_>,
    at: &AttributePath,
    prior: &Value,
    planned: &Value,
    paths: &mut Vec<AttributePath>,
) {
    for (name, attribute) in level.attributes {
        let (prior, planned) = (prior.get(name), planned.get(name));
        if prior == planned {
            continue;
        }
        let path = at.clone().attribute(name);
        match (&attribute.kind, prior, planned) {
            _ if attribute.replaces => paths.push(path),
            (Kind::Object(members), Value::Map(_), Value::Map(_)) => {
                find_replacing(members.into(), &path, prior, planned, paths);
            }
            // The object came or went, and a path into nothing is not a path.
            (Kind::Object(members), _, _) if members.values().any(|member| member.replaces) => {
                paths.push(path);
            }
            _ => {}
        }
    }
    for (name, block) in level.blocks {
        let (prior, planned) = (prior.get(name), planned.get(name));
        let (path, content) = (at.clone().attribute(name), Level::from(&block.content));
        match (block.nesting, prior, planned) {
            _ if prior == planned || !holds_replacing(content) => {}
            (Nesting::Single, Value::Map(_), Value::Map(_)) => {
                find_replacing(content, &path, prior, planned, paths);
            }
            (Nesting::List(_), Value::List(priors), Value::List(plans)) if priors.len() == plans.len() => {
                for (index, (prior, planned)) in priors.iter().zip(plans).enumerate() {
                    find_replacing(content, &path.clone().index(index), prior, planned, paths);
                }
            }
            // There is no saying which of a set became which, and what is computed says nothing.
            (Nesting::Set(_), Value::List(priors), Value::List(plans)) => {
                let parts = |blocks: &[Value]| {
                    let mut parts: Vec<Value> =
                        blocks.iter().map(|block| replacing_part(content, block)).collect();
                    parts.sort();
                    parts
                };
                if parts(priors) != parts(plans) {
                    paths.push(path);
                }
            }
            // Blocks came or went.
            _ => paths.push(path),
        }
    }
}

/// Of a block what needs a new object when it changes.
fn replacing_part(level: Level<'_>, value: &Value) -> Value {
    let attributes = level.attributes.iter().filter(|(_, attribute)| attribute.replaces);
    let attributes = attributes.map(|(name, _)| (name.clone(), value.get(name).clone()));
    let blocks = level.blocks.iter().map(|(name, block)| {
        let content = Level::from(&block.content);
        let part = match value.get(name) {
            Value::List(blocks) => {
                Value::List(blocks.iter().map(|block| replacing_part(content, block)).collect())
            }
            block => replacing_part(content, block),
        };
        (name.clone(), part)
    });
    Value::Map(attributes.chain(blocks).collect())
}

fn holds_replacing(level: Level<'_>) -> bool {
    let mut attributes = level.attributes.values();
    attributes.any(|attribute| attribute.replaces)
        || level.blocks.values().any(|block| holds_replacing(Level::from(&block.content)))
}
