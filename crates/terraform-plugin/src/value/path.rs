//! Where in a configuration or a state something is: `side.image`, `tags["team"]`.

use std::fmt;

use crate::wire::tfplugin6 as wire;

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Into an attribute of an object or a block.
    Attribute(String),
    /// Into a map.
    Key(String),
    /// Into a list.
    Index(i64),
}

/// A path of steps; the empty path is the whole object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributePath(Vec<Step>);

impl AttributePath {
    /// The whole object.
    pub fn root() -> AttributePath {
        AttributePath::default()
    }

    /// The path one attribute deeper.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>) -> AttributePath {
        self.0.push(Step::Attribute(name.into()));
        self
    }

    /// The path at one key of a map.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> AttributePath {
        self.0.push(Step::Key(key.into()));
        self
    }

    /// The path at one element of a list.
    #[must_use]
    pub fn index(mut self, index: usize) -> AttributePath {
        self.0.push(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)));
        self
    }

    /// The steps from the outside in.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the whole object.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` is this path or below it.
    pub fn contains(&self, other: &AttributePath) -> bool {
        other.0.starts_with(&self.0)
    }
}

/// Attribute names joined by dots.
impl From<&str> for AttributePath {
    fn from(names: &str) -> AttributePath {
        AttributePath(
            names.split('.').filter(|n| !n.is_empty()).map(|n| Step::Attribute(n.to_owned())).collect(),
        )
    }
}

impl From<&AttributePath> for AttributePath {
    fn from(path: &AttributePath) -> AttributePath {
        path.clone()
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if place == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl From<&AttributePath> for wire::AttributePath {
    fn from(path: &AttributePath) -> wire::AttributePath {
        use wire::attribute_path::step::Selector;
        let steps = path.0.iter().map(|step| wire::attribute_path::Step {
            selector: Some(match step {
                Step::Attribute(name) => Selector::AttributeName(name.clone()),
                Step::Key(key) => Selector::ElementKeyString(key.clone()),
                Step::Index(index) => Selector::ElementKeyInt(*index),
            }),
        });
        wire::AttributePath { steps: steps.collect() }
    }
}

#[cfg(feature = "host")]
impl From<wire::AttributePath> for AttributePath {
    fn from(path: wire::AttributePath) -> AttributePath {
        use wire::attribute_path::step::Selector;
        let steps = path.steps.into_iter().filter_map(|step| step.selector);
        AttributePath(
            steps
                .map(|selector| match selector {
                    Selector::AttributeName(name) => Step::Attribute(name),
                    Selector::ElementKeyString(key) => Step::Key(key),
                    Selector::ElementKeyInt(index) => Step::Index(index),
                })
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_people_write_them() {
        assert_eq!(AttributePath::from("side.image").to_string(), "side.image");
        let path = AttributePath::root().attribute("rules").index(2).attribute("tags").key("a b");
        assert_eq!(path.to_string(), "rules[2].tags[\"a b\"]");
        assert!(AttributePath::from("rules").contains(&path));
        assert!(!AttributePath::from("rule").contains(&path));
        assert_eq!(AttributePath::root().to_string(), "");
    }
}
