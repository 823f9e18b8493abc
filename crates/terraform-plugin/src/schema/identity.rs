//! What tells one object of a resource type from all others.

use std::collections::BTreeMap;

use crate::value::Type;
use crate::wire::tfplugin6 as wire;

/// The attributes of an identity: few, flat, and the same for an object's whole life, such as an account,
/// a region and a name.
///
/// ```
/// use terraform_plugin::{IdentitySchema, Type};
///
/// let identity = IdentitySchema::new(0)
///     .required("name", Type::String, "The note's name.")
///     .optional("folder", Type::String, "The folder it is in, unless it is the provider's.");
/// ```
#[derive(Clone, Debug, Default)]
pub struct IdentitySchema {
    /// Counts incompatible changes of stored identities.
    pub version: i64,
    /// By name.
    pub attributes: BTreeMap<String, IdentityAttribute>,
}

/// One attribute of an identity.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// A string, a number, a bool, or a list of these.
    pub kind: Type,
    /// What it is.
    pub description: String,
    /// Whether an import must name it. If not, it may, and the provider knows what is meant otherwise.
    pub required_for_import: bool,
}

impl IdentitySchema {
    /// An identity without attributes.
    pub fn new(version: i64) -> IdentitySchema {
        IdentitySchema { version, ..IdentitySchema::default() }
    }

    /// With an attribute that an import must name.
    #[must_use]
    pub fn required(self, name: impl Into<String>, kind: Type, description: impl Into<String>) -> Self {
        self.attribute(name, kind, description, true)
    }

    /// With an attribute that an import may leave out.
    #[must_use]
    pub fn optional(self, name: impl Into<String>, kind: Type, description: impl Into<String>) -> Self {
        self.attribute(name, kind, description, false)
    }

    fn attribute(
        mut self,
        name: impl Into<String>,
        kind: Type,
        description: impl Into<String>,
        required_for_import: bool,
    ) -> IdentitySchema {
        let attribute = IdentityAttribute { kind, description: description.into(), required_for_import };
        self.attributes.insert(name.into(), attribute);
        self
    }

    /// What is wrong with it, a sentence each. For a test to compare with nothing.
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let primitive = |kind: &Type| matches!(kind, Type::Bool | Type::Number | Type::String);
        for (name, attribute) in &self.attributes {
            let flat = match &attribute.kind {
                Type::List(element) => primitive(element),
                kind => primitive(kind),
            };
            if !flat {
                problems.push(format!("{name} is neither a string, a number, a bool nor a list of these"));
            }
            if attribute.description.trim().is_empty() {
                problems.push(format!("{name} has no description"));
            }
        }
        // Otherwise an import block could say nothing and mean something.
        if !self.attributes.values().any(|attribute| attribute.required_for_import) {
            problems.push("no attribute is required for import".to_owned());
        }
        problems
    }

    /// The type of a whole identity.
    pub fn object_type(&self) -> Type {
        Type::Object(self.attributes.iter().map(|(name, it)| (name.clone(), it.kind.clone())).collect())
    }
}

impl From<&IdentitySchema> for wire::ResourceIdentitySchema {
    fn from(schema: &IdentitySchema) -> wire::ResourceIdentitySchema {
        let attribute =
            |(name, it): (&String, &IdentityAttribute)| wire::resource_identity_schema::IdentityAttribute {
                name: name.clone(),
                r#type: it.kind.to_json().to_string().into_bytes(),
                required_for_import: it.required_for_import,
                optional_for_import: !it.required_for_import,
                description: it.description.clone(),
            };
        wire::ResourceIdentitySchema {
            version: schema.version,
            identity_attributes: schema.attributes.iter().map(attribute).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_flat_and_names_something() {
        assert_eq!(IdentitySchema::new(0).required("name", Type::String, "Its name.").check(), [""; 0]);
        let deep = IdentitySchema::new(0).optional("tags", Type::map(Type::String), "");
        assert_eq!(deep.check().len(), 3, "{:?}", deep.check());
    }
}
