//! What users may write in `bluegreen_service`. An attribute has one home: a row in one of the tables beside this
//! file, from which its schema, its page, its validation, its decoding and its place in the state are made.

pub mod capacity;
mod computed;
pub mod conditions;
pub mod health_check;
pub mod identity;
pub mod logins;
pub(in crate::provider) mod meaning;
pub mod release;
pub mod routing;
pub(in crate::provider) mod row;
pub mod runtime;
pub mod target_group;
pub mod test_listener;
pub(super) mod words;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use meaning::Follows;
use row::{Heading, Object, Row};
use terraform_plugin::{Attribute, Kind, Presence, Schema, Value, planning};

/// Stored state of another version goes through `upgrade` first.
pub const VERSION: i64 = 0;

static SCHEMA: LazyLock<Schema> = LazyLock::new(service);

/// The resource's schema, made once.
pub fn service_ref() -> &'static Schema {
    &SCHEMA
}

/// Every row's heading.
fn headings() -> impl Iterator<Item = &'static Heading> {
    fn of<T>(table: &'static [Row<T>]) -> impl Iterator<Item = &'static Heading> {
        table.iter().map(|row| &row.heading)
    }
    of(&identity::ROWS)
        .chain(of(&identity::NETWORK))
        .chain(of(&identity::PROTECTION))
        .chain(of(&release::ROWS))
        .chain(of(&release::TOGGLES))
        .chain(of(&release::TIMES))
        .chain(of(&routing::ROWS))
        .chain(of(&routing::MATCHES))
        .chain(of(&conditions::ROWS))
        .chain(of(&logins::ROWS))
        .chain(of(&runtime::ROWS))
        .chain(of(&runtime::TAGS))
        .chain(of(&capacity::LAUNCH))
        .chain(of(&health_check::ROWS))
        .chain(of(&target_group::ROWS))
        .chain(of(&test_listener::ROWS))
}

fn objects() -> impl Iterator<Item = &'static Object> {
    identity::SIDES.iter().chain(&[
        release::TIMEOUTS,
        runtime::NETWORK,
        health_check::OBJECT,
        target_group::OBJECT,
        test_listener::OBJECT,
    ])
}

fn service() -> Schema {
    let mut schema = Schema::new(
        VERSION,
        "An ECS Fargate service that stands on two sides, BLUE and GREEN, behind one Application Load Balancer, and \
         is released from one to the other without a failed request: to chosen source addresses first, on the \
         production URL, then to everyone.",
    );
    let mut inner: BTreeMap<&str, BTreeMap<String, Attribute>> = BTreeMap::new();
    let rows = headings().map(|heading| (heading.path, heading.attribute.clone()));
    for (path, attribute) in rows.chain(computed::rows()) {
        match path.split_once('.') {
            None => schema = schema.attribute(path, attribute),
            Some((object, name)) => {
                inner.entry(object).or_default().insert(name.to_owned(), attribute);
            }
        }
    }
    for object in objects() {
        let members = inner.remove(object.name).unwrap_or_default();
        schema = schema.attribute(object.name, object.attribute(members));
    }
    schema
}

impl Object {
    fn attribute(&self, members: BTreeMap<String, Attribute>) -> Attribute {
        let attribute = Attribute::new(Kind::Object(members), self.text);
        match self.presence {
            // Where nothing is set, the defaults of its own attributes fill it.
            Presence::OptionalComputed => attribute.default(Value::object::<&str>([])),
            presence => Attribute { presence, ..attribute },
        }
    }
}

/// Puts every default in place where `config` sets nothing, those included that follow another attribute.
pub fn apply_defaults(config: &Value, prior: &Value, planned: &mut Value) {
    planning::apply_defaults(service_ref(), config, prior, planned);
    for (path, followed) in followers(config) {
        planned.set(path, followed.value(planned));
    }
}

/// The attributes that are not set, and the one whose value decides for each of them.
pub fn followers(config: &Value) -> impl Iterator<Item = (&'static str, Follows)> {
    headings()
        .filter_map(|heading| Some((heading.path, heading.follows?)))
        .filter(|(path, _)| config.at(*path).is_null())
}

#[cfg(test)]
mod tests;
