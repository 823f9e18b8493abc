//! What a provider or a resource looks like to its user: attributes, blocks, and their documentation.

mod attribute;
mod check;
mod encode;
mod identity;

use std::collections::BTreeMap;

use crate::value::{Type, Value};

pub use attribute::{Attribute, Kind, Presence};
pub use identity::{IdentityAttribute, IdentitySchema};

/// The attributes and blocks of a provider or a resource.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Counts incompatible changes of the stored state.
    pub version: i64,
    /// Markdown.
    pub description: String,
    /// By name.
    pub attributes: BTreeMap<String, Attribute>,
    /// Nested blocks by name.
    pub blocks: BTreeMap<String, Block>,
}

/// A nested block, `name { … }`, as opposed to an attribute, `name = { … }`.
#[derive(Clone, Debug)]
pub struct Block {
    /// What one block contains. Its version means nothing.
    pub content: Schema,
    /// How many blocks, and how their value looks.
    pub nesting: Nesting,
}

/// How often a block may be written, and in what order its value has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most once; the value is an object or null.
    Single,
    /// The value is a list in the order of the configuration, empty when there is none.
    List(Count),
    /// The value is a set, kept sorted, empty when there is none.
    Set(Count),
}

/// The least and the most number of blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// From 1 on the block is required.
    pub min: u32,
    /// 0 is no limit.
    pub max: u32,
}

impl Nesting {
    /// The least and the most number of blocks of a list or a set.
    pub fn count(self) -> Option<Count> {
        match self {
            Nesting::Single => None,
            Nesting::List(count) | Nesting::Set(count) => Some(count),
        }
    }
}

impl Schema {
    /// A schema without attributes.
    pub fn new(version: i64, description: impl Into<String>) -> Schema {
        Schema { version, description: description.into(), ..Schema::default() }
    }

    /// With one more attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, attribute: Attribute) -> Schema {
        self.attributes.insert(name.into(), attribute);
        self
    }

    /// With a block that may be written once.
    #[must_use]
    pub fn single_block(self, name: impl Into<String>, content: Schema) -> Schema {
        self.block(name, Block { content, nesting: Nesting::Single })
    }

    /// With a block that may be written up to `max` times; 0 is no limit.
    #[must_use]
    pub fn list_block(self, name: impl Into<String>, max: u32, content: Schema) -> Schema {
        self.block(name, Block { content, nesting: Nesting::List(Count { min: 0, max }) })
    }

    /// With a block that may be written up to `max` times, in any order; 0 is no limit.
    #[must_use]
    pub fn set_block(self, name: impl Into<String>, max: u32, content: Schema) -> Schema {
        self.block(name, Block { content, nesting: Nesting::Set(Count { min: 0, max }) })
    }

    /// With one more block.
    #[must_use]
    pub fn block(mut self, name: impl Into<String>, block: Block) -> Schema {
        self.blocks.insert(name.into(), block);
        self
    }

    /// The type of a whole object of this schema.
    pub fn object_type(&self) -> Type {
        let attributes =
            self.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.kind.value_type()));
        let blocks = self.blocks.iter().map(|(name, block)| {
            let content = block.content.object_type();
            let kind = match block.nesting {
                Nesting::Single => content,
                Nesting::List(_) => Type::list(content),
                Nesting::Set(_) => Type::set(content),
            };
            (name.clone(), kind)
        });
        Type::Object(attributes.chain(blocks).collect())
    }

    /// The object whose attributes are all null and that has no blocks.
    pub fn null_object(&self) -> Value {
        let attributes = self.attributes.keys().map(|name| (name.clone(), Value::Null));
        let blocks = self.blocks.iter().map(|(name, block)| match block.nesting {
            Nesting::Single => (name.clone(), Value::Null),
            Nesting::List(_) | Nesting::Set(_) => (name.clone(), Value::List(Vec::new())),
        });
        Value::Map(attributes.chain(blocks).collect())
    }

    /// The attribute at a path of names such as `side.image`, through nested objects.
    pub fn find(&self, names: &str) -> Option<&Attribute> {
        let mut names = names.split('.');
        let first = self.attributes.get(names.next()?)?;
        names.try_fold(first, |attribute, name| attribute.kind.members()?.get(name))
    }

    /// Calls `visit` with every attribute and its dotted name, outer ones first. Blocks are included.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&str, &'a Attribute)) {
        self.walk_from("", visit);
    }

    fn walk_from<'a>(&'a self, prefix: &str, visit: &mut dyn FnMut(&str, &'a Attribute)) {
        attribute::walk(&self.attributes, prefix, visit);
        for (name, block) in &self.blocks {
            block.content.walk_from(&format!("{prefix}{name}."), visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_and_walked_by_dotted_name() {
        let schema = Schema::new(1, "A thing.")
            .attribute("name", Attribute::string("Its name.").required())
            .attribute(
                "side",
                Attribute::object("A side.", [("image", Attribute::string("What runs."))]).optional(),
            )
            .list_block("endpoints", 1, Schema::new(0, "Where.").attribute("url", Attribute::string("URL.")));
        assert!(schema.find("side.image").is_some());
        assert!(schema.find("side.color").is_none());
        assert!(schema.find("name.x").is_none());
        let mut seen = Vec::new();
        schema.walk(&mut |name, _| seen.push(name.to_owned()));
        assert_eq!(seen, ["name", "side", "side.image", "endpoints.url"]);
        assert_eq!(schema.null_object().get("endpoints"), &Value::List(vec![]));
    }
}
