//! Mistakes in a schema that Terraform would only report, or suffer from, at run time.

use super::{Attribute, Presence, Schema, attribute};
use crate::value::codec;

impl Schema {
    /// What is wrong with the schema, a sentence each. For a test to compare with nothing.
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        check_level(self, "", &mut problems);
        problems
    }
}

fn check_level(schema: &Schema, prefix: &str, problems: &mut Vec<String>) {
    if schema.description.trim().is_empty() {
        problems.push(format!("{prefix:?} has no description"));
    }
    attribute::walk(&schema.attributes, prefix, &mut |path, attribute| check_one(path, attribute, problems));
    for (name, block) in &schema.blocks {
        let path = format!("{prefix}{name}");
        check_name(&path, problems);
        if schema.attributes.contains_key(name) {
            problems.push(format!("{path} is an attribute and a block"));
        }
        if let Some(count) = block.nesting.count()
            && count.max > 0
            && count.min > count.max
        {
            problems.push(format!("{path} must be there {} times and may be {}", count.min, count.max));
        }
        check_level(&block.content, &format!("{path}."), problems);
    }
}

fn check_one(path: &str, attribute: &Attribute, problems: &mut Vec<String>) {
    check_name(path, problems);
    if attribute.description.trim().is_empty() {
        problems.push(format!("{path} has no description"));
    }
    if let Some(default) = &attribute.default {
        if attribute.presence != Presence::OptionalComputed {
            problems.push(format!("{path} has a default, so it must be optional and computed"));
        }
        if let Err(error) = codec::encode(default, &attribute.kind.value_type()) {
            problems.push(format!(
                "the default of {path} does not fit at {:?}: {error}",
                error.path().to_string()
            ));
        }
    }
    if attribute.presence == Presence::Computed && attribute.replaces {
        problems.push(format!("{path} is only computed, so no user can change it to a new object's"));
    }
    if let Some(members) = attribute.kind.members() {
        let settable = members.values().any(|member| member.presence != Presence::Computed);
        if attribute.presence == Presence::Computed && settable {
            problems.push(format!("{path} is only computed, so its attributes must be too"));
        }
        if members.is_empty() {
            problems.push(format!("{path} has no attributes"));
        }
    }
}

/// Lower case, digits and underscores, and not a name that Terraform keeps for itself.
fn check_name(path: &str, problems: &mut Vec<String>) {
    let (outer, name) = path.rsplit_once('.').map_or((false, path), |(_, name)| (true, name));
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        problems.push(format!("{path} is no name for an attribute"));
    }
    let reserved = ["connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner"];
    if !outer && reserved.contains(&name) {
        problems.push(format!("{path} is a name that Terraform keeps for itself"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Block, Count, Nesting};
    use crate::value::Value;

    fn check(attribute: Attribute, problem: &str) {
        let schema = Schema::new(0, "A thing.").attribute("a", attribute);
        let problems = schema.check();
        match problem {
            "" => assert_eq!(problems, [""; 0]),
            problem => assert!(problems.iter().any(|p| p.contains(problem)), "{problems:?}"),
        }
    }

    #[test]
    fn mistakes_are_found() {
        check(Attribute::string("Fine.").default("x"), "");
        check(Attribute::string(" "), "has no description");
        check(Attribute::string("Odd.").default(1), "does not fit");
        check(Attribute::string("Odd.").default("x").required(), "must be optional and computed");
        check(Attribute::string("Odd.").computed().replaces(), "only computed");
        let inner = [("B", Attribute::string("Inner."))];
        check(Attribute::object("Odd.", inner.clone()), "no name");
        check(Attribute::object("Odd.", inner).computed(), "its attributes must be too");
        check(
            Attribute::object("Odd.", [("b", Attribute::bool("B."))])
                .default(Value::object([("c", 1.into())])),
            "fit",
        );
        let nesting = Nesting::Set(Count { min: 2, max: 1 });
        let block = Block { content: Schema::new(0, "A part."), nesting };
        let never = Schema::new(0, "A thing.").block("part", block).check();
        assert!(never[0].contains("2 times and may be 1"), "{never:?}");
        let reserved = Schema::new(0, "A thing.").attribute("count", Attribute::number("Reserved."));
        assert_eq!(reserved.check().len(), 1);
    }
}
