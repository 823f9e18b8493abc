//! A schema as Terraform wants to be told it.

use std::collections::BTreeMap;

use super::{Attribute, Block, Kind, Nesting, Presence, Schema};
use crate::wire::tfplugin6 as wire;
use wire::schema::nested_block::NestingMode as BlockNesting;
use wire::schema::object::NestingMode as ObjectNesting;

impl From<&Schema> for wire::Schema {
    fn from(schema: &Schema) -> wire::Schema {
        wire::Schema { version: schema.version, block: Some(block(schema)) }
    }
}

fn block(schema: &Schema) -> wire::schema::Block {
    wire::schema::Block {
        version: schema.version,
        attributes: attributes(&schema.attributes),
        block_types: schema.blocks.iter().map(|(name, block)| nested_block(name, block)).collect(),
        description: schema.description.clone(),
        description_kind: wire::StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn nested_block(name: &str, nested: &Block) -> wire::schema::NestedBlock {
    let nesting = match nested.nesting {
        Nesting::Single => BlockNesting::Single,
        Nesting::List(_) => BlockNesting::List,
        Nesting::Set(_) => BlockNesting::Set,
    };
    let count = nested.nesting.count().unwrap_or_default();
    wire::schema::NestedBlock {
        type_name: name.to_owned(),
        block: Some(block(&nested.content)),
        nesting: nesting.into(),
        min_items: count.min.into(),
        max_items: count.max.into(),
    }
}

fn attributes(attributes: &BTreeMap<String, Attribute>) -> Vec<wire::schema::Attribute> {
    attributes.iter().map(|(name, each)| attribute(name, each)).collect()
}

fn attribute(name: &str, attribute: &Attribute) -> wire::schema::Attribute {
    let object = |members, nesting: ObjectNesting| {
        Some(wire::schema::Object { attributes: attributes(members), nesting: nesting.into() })
    };
    let (plain, nested_type) = match &attribute.kind {
        Kind::Plain(plain) => (plain.to_json().to_string().into_bytes(), None),
        Kind::Object(members) => (Vec::new(), object(members, ObjectNesting::Single)),
        Kind::ObjectList(members) => (Vec::new(), object(members, ObjectNesting::List)),
        Kind::ObjectMap(members) => (Vec::new(), object(members, ObjectNesting::Map)),
    };
    wire::schema::Attribute {
        name: name.to_owned(),
        r#type: plain,
        nested_type,
        description: attribute.description.clone(),
        description_kind: wire::StringKind::Markdown.into(),
        required: attribute.presence == Presence::Required,
        optional: matches!(attribute.presence, Presence::Optional | Presence::OptionalComputed),
        computed: attribute.is_computed(),
        sensitive: attribute.sensitive,
        deprecated: attribute.deprecated.is_some(),
        deprecation_message: attribute.deprecated.clone().unwrap_or_default(),
        write_only: false,
    }
}
