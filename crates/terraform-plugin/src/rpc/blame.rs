//! The line of the user's configuration that a diagnostic points at.
//!
//! Terraform follows a path through blocks and to one attribute, and from there one step into a list
//! or a map that is written out. It does not follow attribute names into nested objects: it would
//! show the resource's first line, or an outer attribute that happens to have the inner one's name.
//! Called a map's key, though, the inner name is found.

use crate::diagnostics::Diagnostics;
use crate::schema::{Nesting, Schema};
use crate::value::{AttributePath, Step};
use crate::wire::tfplugin6 as wire;

/// Diagnostics about a configuration of `schema`, with paths that Terraform can follow.
pub(super) fn locate(diagnostics: Diagnostics, schema: &Schema) -> Vec<wire::Diagnostic> {
    let located = diagnostics.into_iter().map(|mut diagnostic| {
        diagnostic.path = followable(&diagnostic.path, schema);
        diagnostic.into()
    });
    located.collect()
}

fn followable(path: &AttributePath, schema: &Schema) -> AttributePath {
    let mut schema = schema;
    let mut way = AttributePath::root();
    let mut steps = path.steps().iter().peekable();
    while let Some(Step::Attribute(name)) = steps.next() {
        way = way.attribute(name);
        if let Some(block) = schema.blocks.get(name) {
            if matches!(block.nesting, Nesting::Set(_)) {
                // Terraform has no way to point at one block of a set.
                return way;
            }
            schema = &block.content;
            if let Some(Step::Index(index)) = steps.peek() {
                way = way.index(usize::try_from(*index).unwrap_or(0));
                steps.next();
            }
            continue;
        }
        return match steps.next() {
            None => way,
            Some(Step::Index(index)) => way.index(usize::try_from(*index).unwrap_or(0)),
            Some(Step::Attribute(name) | Step::Key(name)) => way.key(name),
        };
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Attribute;

    fn check(path: AttributePath, expected: &str) {
        let endpoints = Schema::new(0, "Where.").attribute("url", Attribute::string("URL."));
        let schema = Schema::new(0, "A thing.").list_block("endpoints", 1, endpoints.clone());
        let schema = schema.set_block("mirror", 0, endpoints);
        assert_eq!(followable(&path, &schema).to_string(), expected);
    }

    #[test]
    fn paths_lead_as_far_as_terraform_follows() {
        check("name".into(), "name");
        check("side.image".into(), "side[\"image\"]");
        check("side.image.tag".into(), "side[\"image\"]");
        check(AttributePath::from("parts").index(1).attribute("name"), "parts[1]");
        check(AttributePath::from("tags").key("a b"), "tags[\"a b\"]");
        check(AttributePath::from("endpoints").index(0).attribute("url"), "endpoints[0].url");
        check(AttributePath::from("endpoints").index(0), "endpoints[0]");
        check(AttributePath::from("mirror").index(0).attribute("url"), "mirror");
        check(AttributePath::root(), "");
    }
}
