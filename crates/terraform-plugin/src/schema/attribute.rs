//! One attribute: its kind, whether it must, may or cannot be set, and what it means.

use std::collections::BTreeMap;

use crate::value::{Type, Value};

/// One attribute of a schema. Built as `Attribute::string("What it is.").required()`.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// What values it takes.
    pub kind: Kind,
    /// Who sets it.
    pub presence: Presence,
    /// Markdown; what registry pages and `terraform providers schema` show.
    pub description: String,
    /// The value when the user gives none. To Terraform such an attribute is optional and computed.
    pub default: Option<Value>,
    /// Never shown.
    pub sensitive: bool,
    /// A change means a new object.
    pub replaces: bool,
    /// Computed once; an update does not change it.
    pub stable: bool,
    /// What to use instead.
    pub deprecated: Option<String>,
}

/// The values an attribute takes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A plain type.
    Plain(Type),
    /// An object with attributes of its own.
    Object(BTreeMap<String, Attribute>),
    /// A list of such objects.
    ObjectList(BTreeMap<String, Attribute>),
    /// Such objects by key.
    ObjectMap(BTreeMap<String, Attribute>),
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The user must.
    Required,
    /// The user may.
    Optional,
    /// The provider does, unless the user did.
    OptionalComputed,
    /// The provider does.
    Computed,
}

type Members<N, const M: usize> = [(N, Attribute); M];

fn members<N: Into<String>, const M: usize>(members: Members<N, M>) -> BTreeMap<String, Attribute> {
    members.into_iter().map(|(name, attribute)| (name.into(), attribute)).collect()
}

impl Attribute {
    /// An attribute of that kind; optional until said otherwise.
    pub fn new(kind: Kind, description: impl Into<String>) -> Attribute {
        Attribute {
            kind,
            presence: Presence::Optional,
            description: description.into(),
            default: None,
            sensitive: false,
            replaces: false,
            stable: false,
            deprecated: None,
        }
    }

    /// A string.
    pub fn string(description: impl Into<String>) -> Attribute {
        Attribute::new(Kind::Plain(Type::String), description)
    }

    /// A number.
    pub fn number(description: impl Into<String>) -> Attribute {
        Attribute::new(Kind::Plain(Type::Number), description)
    }

    /// A bool.
    pub fn bool(description: impl Into<String>) -> Attribute {
        Attribute::new(Kind::Plain(Type::Bool), description)
    }

    /// A list.
    pub fn list(element: Type, description: impl Into<String>) -> Attribute {
        Attribute::new(Kind::Plain(Type::list(element)), description)
    }

    /// A set.
    pub fn set(element: Type, description: impl Into<String>) -> Attribute {
        Attribute::new(Kind::Plain(Type::set(element)), description)
    }

    /// A map.
    pub fn map(element: Type, description: impl Into<String>) -> Attribute {
        Attribute::new(Kind::Plain(Type::map(element)), description)
    }

    /// An object: `name = { … }`.
    pub fn object<N: Into<String>, const M: usize>(
        description: impl Into<String>,
        attributes: Members<N, M>,
    ) -> Attribute {
        Attribute::new(Kind::Object(members(attributes)), description)
    }

    /// A list of objects: `name = [{ … }]`.
    pub fn object_list<N: Into<String>, const M: usize>(
        description: impl Into<String>,
        attributes: Members<N, M>,
    ) -> Attribute {
        Attribute::new(Kind::ObjectList(members(attributes)), description)
    }

    /// Objects by key: `name = { key = { … } }`.
    pub fn object_map<N: Into<String>, const M: usize>(
        description: impl Into<String>,
        attributes: Members<N, M>,
    ) -> Attribute {
        Attribute::new(Kind::ObjectMap(members(attributes)), description)
    }

    /// The user must set it.
    #[must_use]
    pub fn required(self) -> Attribute {
        Attribute { presence: Presence::Required, ..self }
    }

    /// The user may set it.
    #[must_use]
    pub fn optional(self) -> Attribute {
        Attribute { presence: Presence::Optional, ..self }
    }

    /// The provider sets it.
    #[must_use]
    pub fn computed(self) -> Attribute {
        Attribute { presence: Presence::Computed, ..self }
    }

    /// The provider sets it unless the user did.
    #[must_use]
    pub fn optional_computed(self) -> Attribute {
        Attribute { presence: Presence::OptionalComputed, ..self }
    }

    /// What it is when the user does not set it. The default of an object may be the empty object: the
    /// defaults of its own attributes fill it.
    #[must_use]
    pub fn default(self, value: impl Into<Value>) -> Attribute {
        let mut value = value.into();
        if let (Kind::Plain(Type::Set(_)), Value::List(elements)) = (&self.kind, &mut value) {
            elements.sort();
        }
        Attribute { default: Some(value), presence: Presence::OptionalComputed, ..self }
    }

    /// Never shown in plans and never logged.
    #[must_use]
    pub fn sensitive(self) -> Attribute {
        Attribute { sensitive: true, ..self }
    }

    /// A change means a new object.
    #[must_use]
    pub fn replaces(self) -> Attribute {
        Attribute { replaces: true, ..self }
    }

    /// Computed once: planned as it was, not as unknown, when the object is updated.
    #[must_use]
    pub fn stable(self) -> Attribute {
        Attribute { stable: true, ..self }
    }

    /// Still works; says what to use instead.
    #[must_use]
    pub fn deprecated(self, instead: impl Into<String>) -> Attribute {
        Attribute { deprecated: Some(instead.into()), ..self }
    }

    /// Whether the provider may set it.
    pub fn is_computed(&self) -> bool {
        matches!(self.presence, Presence::Computed | Presence::OptionalComputed)
    }
}

impl Kind {
    /// The attributes of a nested object.
    pub fn members(&self) -> Option<&BTreeMap<String, Attribute>> {
        match self {
            Kind::Plain(_) => None,
            Kind::Object(members) | Kind::ObjectList(members) | Kind::ObjectMap(members) => Some(members),
        }
    }

    /// The type of its values.
    pub fn value_type(&self) -> Type {
        let object = |members: &BTreeMap<String, Attribute>| {
            Type::Object(members.iter().map(|(name, a)| (name.clone(), a.kind.value_type())).collect())
        };
        match self {
            Kind::Plain(plain) => plain.clone(),
            Kind::Object(members) => object(members),
            Kind::ObjectList(members) => Type::list(object(members)),
            Kind::ObjectMap(members) => Type::map(object(members)),
        }
    }
}

pub(super) fn walk<'a>(
    attributes: &'a BTreeMap<String, Attribute>,
    prefix: &str,
    visit: &mut dyn FnMut(&str, &'a Attribute),
) {
    for (name, attribute) in attributes {
        let path = format!("{prefix}{name}");
        visit(&path, attribute);
        if let Some(members) = attribute.kind.members() {
            walk(members, &format!("{path}."), visit);
        }
    }
}
