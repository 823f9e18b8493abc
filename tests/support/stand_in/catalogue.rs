//! The schemas of `schema.txt`, read.

use std::collections::BTreeMap;
use std::iter::Peekable;

use serde_json::Value as Json;
use terraform_plugin::{Attribute, Block, Count, Kind, Nesting, Schema, Type};

/// All there is to serve.
#[derive(Default)]
pub struct Catalogue {
    pub provider: Schema,
    pub resources: BTreeMap<String, Schema>,
    pub data_sources: BTreeMap<String, Schema>,
}

const TEXT: &str = include_str!("schema.txt");
const SAID: &str = "See the registry's page.";

impl Catalogue {
    pub fn read() -> Catalogue {
        let mut catalogue = Catalogue::default();
        let lines = TEXT.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let text = line.trim_start();
            ((line.len() - text.len()) / 2, text)
        });
        let mut lines = lines.peekable();
        while let Some((_, line)) = lines.next() {
            let [kind, name, version] = words(line.trim_end_matches(':'));
            let schema = level(&mut lines, 1, number(version).into());
            match kind {
                "provider" => catalogue.provider = schema,
                "resource" => drop(catalogue.resources.insert(name.to_owned(), schema)),
                "data" => drop(catalogue.data_sources.insert(name.to_owned(), schema)),
                other => panic!("{other} is no kind of schema"),
            }
        }
        catalogue
    }
}

/// What follows at this depth.
fn level<'a>(
    lines: &mut Peekable<impl Iterator<Item = (usize, &'a str)>>,
    depth: usize,
    version: i64,
) -> Schema {
    let mut schema = Schema::new(version, SAID);
    while let Some((_, line)) = lines.next_if(|(at, _)| *at == depth) {
        schema = match line.strip_suffix(':') {
            Some(block) => {
                let [name, nesting, min, max] = words(block);
                let count = Count { min: number(min), max: number(max) };
                let nesting = match nesting {
                    "single" => Nesting::Single,
                    "list" => Nesting::List(count),
                    "set" => Nesting::Set(count),
                    other => panic!("{other} is no nesting"),
                };
                schema.block(name, Block { content: level(lines, depth + 1, 0), nesting })
            }
            None => {
                let [name, flags, kind] = words(line);
                schema.attribute(name, attribute(name, flags, kind))
            }
        };
    }
    schema
}

fn attribute(name: &str, flags: &str, kind: &str) -> Attribute {
    let kind: Json = serde_json::from_str(kind).unwrap_or_else(|_| kind.into());
    let mut attribute = Attribute::new(Kind::Plain(of_json(&kind)), SAID);
    for flag in flags.split('+') {
        attribute = match flag {
            "required" => attribute.required(),
            "optional" => attribute.optional(),
            "computed" if flags.contains("optional") => attribute.optional_computed(),
            "computed" => attribute.computed(),
            "sensitive" => attribute.sensitive(),
            other => panic!("{other} is no flag"),
        };
    }
    // What it once was it stays, except where the plan says better.
    if name == "tags_all" { attribute } else { attribute.stable() }
}

fn of_json(kind: &Json) -> Type {
    match (kind.as_str(), kind[0].as_str()) {
        (Some("bool"), _) => Type::Bool,
        (Some("number"), _) => Type::Number,
        (Some("string"), _) => Type::String,
        (_, Some("list")) => Type::list(of_json(&kind[1])),
        (_, Some("set")) => Type::set(of_json(&kind[1])),
        (_, Some("map")) => Type::map(of_json(&kind[1])),
        (_, Some("object")) => {
            let members = kind[1].as_object().into_iter().flatten();
            Type::Object(members.map(|(name, kind)| (name.clone(), of_json(kind))).collect())
        }
        _ => panic!("{kind} is no type"),
    }
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn words<const N: usize>(line: &str) -> [&str; N] {
    let words: Vec<&str> = line.split(' ').collect();
    words.try_into().unwrap_or_else(|_| panic!("{line:?} has not {N} words"))
}
