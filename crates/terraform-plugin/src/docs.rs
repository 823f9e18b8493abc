//! A schema as the pages of the Terraform registry: Markdown in the layout of tfplugindocs, so that the pages
//! look like every other provider's. Pure text in, text out; who writes the files decides where they go.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::schema::{Attribute, Block, Kind, Nesting, Presence, Schema};
use crate::value::Type;

/// The page of a provider, `docs/index.md`. `example` is the text of a `.tf` file.
pub fn provider_page(provider: &str, schema: &Schema, example: &str) -> String {
    let mut page = Page::open(&format!("{provider} Provider"), None, schema);
    page.heading(&format!("# {provider} Provider"), &schema.description);
    page.example(example);
    page.schema(schema);
    page.text
}

/// The page of a resource, `docs/resources/NAME.md`. `example` is the text of a `.tf` file and `import` of a
/// shell script; `name` is the resource's full name.
pub fn resource_page(provider: &str, name: &str, schema: &Schema, example: &str, import: &str) -> String {
    let title = format!("{name} Resource - terraform-provider-{provider}");
    let mut page = Page::open(&title, Some(""), schema);
    page.heading(&format!("# {name} (Resource)"), &schema.description);
    page.example(example);
    page.schema(schema);
    page.import(import);
    page.text
}

/// Something with members, at the path where it is nested.
struct Nested<'a> {
    path: Vec<&'a str>,
    block: bool,
    attributes: &'a BTreeMap<String, Attribute>,
    blocks: &'a BTreeMap<String, Block>,
}

static NO_BLOCKS: BTreeMap<String, Block> = BTreeMap::new();

/// A heading, and whether an attribute belongs under it.
type Group = (&'static str, fn(Presence) -> bool);

/// In their order.
const GROUPS: [Group; 3] = [
    ("Required", |presence| matches!(presence, Presence::Required)),
    ("Optional", |presence| matches!(presence, Presence::Optional | Presence::OptionalComputed)),
    ("Read-Only", |presence| matches!(presence, Presence::Computed)),
];

struct Page {
    text: String,
}

impl Page {
    fn open(title: &str, subcategory: Option<&str>, schema: &Schema) -> Page {
        let mut text =
            format!("---\n# Generated from the schema; see CONTRIBUTING.md.\npage_title: \"{title}\"\n");
        if let Some(subcategory) = subcategory {
            let _ = writeln!(text, "subcategory: \"{subcategory}\"");
        }
        let _ = writeln!(text, "description: |-");
        for line in schema.description.lines() {
            let _ = writeln!(text, "  {line}");
        }
        text.push_str("---\n\n");
        Page { text }
    }

    fn heading(&mut self, title: &str, description: &str) {
        let _ = write!(self.text, "{title}\n\n{description}\n\n");
    }

    fn example(&mut self, example: &str) {
        let _ = write!(self.text, "## Example Usage\n\n```terraform\n{}\n```\n\n", example.trim_end());
    }

    fn import(&mut self, import: &str) {
        let _ = write!(
            self.text,
            "\n## Import\n\nImport is supported using the following syntax:\n\n```shell\n{}\n```\n",
            import.trim_end()
        );
    }

    fn schema(&mut self, schema: &Schema) {
        self.text.push_str("## Schema\n");
        let top =
            Nested { path: vec![], block: false, attributes: &schema.attributes, blocks: &schema.blocks };
        self.members(&top);
    }

    /// The members of one thing, and after them what is nested in them, depth first.
    fn members(&mut self, nested: &Nested<'_>) {
        for (title, belongs) in GROUPS {
            let mut lines: Vec<(&str, String)> = nested
                .attributes
                .iter()
                .filter(|(_, attribute)| belongs(attribute.presence))
                .map(|(name, each)| (name.as_str(), attribute_line(&nested.path, name, each)))
                .collect();
            let presence = |block: &Block| match block.nesting.count() {
                Some(count) if count.min > 0 => Presence::Required,
                _ => Presence::Optional,
            };
            let blocks = nested.blocks.iter().filter(|(_, block)| belongs(presence(block)));
            lines.extend(blocks.map(|(n, b)| (n.as_str(), block_line(&nested.path, n, b))));
            lines.sort();
            if lines.is_empty() {
                continue;
            }
            let title = if nested.path.is_empty() { format!("### {title}") } else { format!("{title}:") };
            let _ = write!(self.text, "\n{title}\n\n");
            for (_, line) in lines {
                let _ = writeln!(self.text, "{line}");
            }
        }
        for (name, attribute) in nested.attributes {
            let Some(attributes) = attribute.kind.members() else { continue };
            let path = deeper(&nested.path, name);
            self.nested(&Nested { path, block: false, attributes, blocks: &NO_BLOCKS });
        }
        for (name, block) in nested.blocks {
            let path = deeper(&nested.path, name);
            let (attributes, blocks) = (&block.content.attributes, &block.content.blocks);
            self.nested(&Nested { path, block: true, attributes, blocks });
        }
    }

    fn nested(&mut self, nested: &Nested<'_>) {
        let (anchor, name) = (anchor(&nested.path, nested.block), nested.path.join("."));
        let _ = write!(self.text, "\n<a id=\"{anchor}\"></a>\n### Nested Schema for `{name}`\n");
        self.members(nested);
    }
}

fn deeper<'a>(path: &[&'a str], name: &'a str) -> Vec<&'a str> {
    path.iter().copied().chain([name]).collect()
}

fn anchor(path: &[&str], block: bool) -> String {
    format!("{}--{}", if block { "nestedblock" } else { "nestedatt" }, path.join("--"))
}

fn see_below(path: &[&str], name: &str, block: bool) -> String {
    format!(" (see [below for nested schema](#{}))", anchor(&deeper(path, name), block))
}

fn attribute_line(path: &[&str], name: &str, attribute: &Attribute) -> String {
    let mut kind = match &attribute.kind {
        Kind::Plain(plain) => type_name(plain),
        Kind::Object(_) => "Attributes".to_owned(),
        Kind::ObjectList(_) => "Attributes List".to_owned(),
        Kind::ObjectMap(_) => "Attributes Map".to_owned(),
    };
    if attribute.sensitive {
        kind.push_str(", Sensitive");
    }
    if attribute.deprecated.is_some() {
        kind.push_str(", Deprecated");
    }
    let mut line = format!("- `{name}` ({kind}) {}", one_line(&attribute.description));
    if attribute.replaces {
        line.push_str(" A change makes a new object.");
    }
    if let Some(instead) = &attribute.deprecated {
        let _ = write!(line, " Deprecated: {}", one_line(instead));
    }
    if attribute.kind.members().is_some() {
        line.push_str(&see_below(path, name, false));
    }
    line
}

fn block_line(path: &[&str], name: &str, block: &Block) -> String {
    let mut kind = match block.nesting {
        Nesting::Single => "Block".to_owned(),
        Nesting::List(_) => "Block List".to_owned(),
        Nesting::Set(_) => "Block Set".to_owned(),
    };
    let count = block.nesting.count().unwrap_or_default();
    for (limit, word) in [(count.min, "Min"), (count.max, "Max")].into_iter().filter(|(limit, _)| *limit > 0)
    {
        let _ = write!(kind, ", {word}: {limit}");
    }
    let description = one_line(&block.content.description);
    format!("- `{name}` ({kind}) {description}{}", see_below(path, name, true))
}

/// A list item cannot hold paragraphs.
fn one_line(markdown: &str) -> String {
    markdown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn type_name(kind: &Type) -> String {
    match kind {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::List(element) => format!("List of {}", type_name(element)),
        Type::Set(element) => format!("Set of {}", type_name(element)),
        Type::Map(element) => format!("Map of {}", type_name(element)),
        Type::Object(_) => "Object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Count;

    fn thing() -> Schema {
        let engine =
            Attribute::object("What\ndrives it.", [("power", Attribute::number("In watts.").required())]);
        let tyre = Schema::new(0, "It rolls.").attribute("tyre", Attribute::string("Round it."));
        let wheel = Block { content: tyre, nesting: Nesting::Set(Count { min: 2, max: 0 }) };
        Schema::new(0, "A thing.")
            .attribute("name", Attribute::string("Its name.").required().replaces())
            .attribute("key", Attribute::string("Opens it.").sensitive())
            .attribute("engine", engine)
            .attribute("labels", Attribute::set(Type::String, "Stuck on it.").deprecated("Use `name`."))
            .attribute("id", Attribute::string("Given to it.").computed())
            .list_block("part", 2, Schema::new(0, "A part.").attribute("size", Attribute::number("In mm.")))
            .block("wheel", wheel)
    }

    #[test]
    fn a_resource_page_has_the_registry_s_layout() {
        let page = resource_page("toy", "toy_thing", &thing(), "resource {}\n", "import x\n");
        let expected = r#"---
# Generated from the schema; see CONTRIBUTING.md.
page_title: "toy_thing Resource - terraform-provider-toy"
subcategory: ""
description: |-
  A thing.
---

# toy_thing (Resource)

A thing.

## Example Usage

```terraform
resource {}
```

## Schema

### Required

- `name` (String) Its name. A change makes a new object.
- `wheel` (Block Set, Min: 2) It rolls. (see [below for nested schema](#nestedblock--wheel))

### Optional

- `engine` (Attributes) What drives it. (see [below for nested schema](#nestedatt--engine))
- `key` (String, Sensitive) Opens it.
- `labels` (Set of String, Deprecated) Stuck on it. Deprecated: Use `name`.
- `part` (Block List, Max: 2) A part. (see [below for nested schema](#nestedblock--part))

### Read-Only

- `id` (String) Given to it.

<a id="nestedatt--engine"></a>
### Nested Schema for `engine`

Required:

- `power` (Number) In watts.

<a id="nestedblock--part"></a>
### Nested Schema for `part`

Optional:

- `size` (Number) In mm.

<a id="nestedblock--wheel"></a>
### Nested Schema for `wheel`

Optional:

- `tyre` (String) Round it.

## Import

Import is supported using the following syntax:

```shell
import x
```
"#;
        assert_eq!(page, expected);
    }

    #[test]
    fn a_provider_page_has_no_subcategory_and_no_import() {
        let page = provider_page("toy", &thing(), "provider {}");
        assert!(
            page.starts_with("---\n# Generated")
                && page.contains("page_title: \"toy Provider\"\ndescription")
        );
        assert!(
            page.contains("# toy Provider\n") && !page.contains("## Import") && !page.contains("subcategory")
        );
    }
}
