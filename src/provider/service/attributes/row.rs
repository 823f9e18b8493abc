//! A row is all there is to say about one attribute. Schema, registry page, validation, decoding and state are made
//! from it, so a new attribute is one more row and its use.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use super::meaning::{self, Follows, Meaning};
use terraform_plugin::{Attribute, AttributePath, Diagnostic, Diagnostics, Presence, Value};

/// The attributes that one part of the wish is made of.
pub type Table<T> = LazyLock<Vec<Row<T>>>;

/// A table: for each attribute its description as a comment, its path, what its values mean, and the field of the
/// part that holds it. In descriptions `{range}`, `{words}` and `{default}` stand for what the row says itself.
macro_rules! rows {
    ($part:ty { $($(#[doc = $text:literal])+ $path:literal: $meaning:expr => $($field:ident).+;)+ }) => {
        std::sync::LazyLock::new(|| {
            vec![$($meaning.at($path, concat!($($text),+), |part: &mut $part| &mut part.$($field).+)),+]
        })
    };
}
pub(in crate::provider) use rows;

/// An attribute with attributes of its own, whose rows have paths below its name.
pub struct Object {
    pub name: &'static str,
    pub text: &'static str,
    pub presence: Presence,
}

/// An attribute as users see it.
pub struct Heading {
    pub path: &'static str,
    pub attribute: Attribute,
    /// The attribute whose value decides where nothing is set.
    pub follows: Option<Follows>,
}

type Read<T> = Box<dyn Fn(&AttributePath, &Value, &mut T) -> Result<(), Undecided> + Send + Sync>;
type Show<T> = Box<dyn Fn(&mut T) -> Value + Send + Sync>;

pub struct Row<T> {
    pub heading: Heading,
    read: Read<T>,
    show: Show<T>,
}

impl<V: Clone + Send + Sync + 'static> Meaning<V> {
    /// The row of the attribute at `path`, which is about the field that `lens` finds.
    pub fn at<T: 'static>(self, path: &'static str, text: &str, lens: fn(&mut T) -> &mut V) -> Row<T> {
        let heading = Heading { path, attribute: self.attribute(text), follows: self.follows };
        let show = self.show;
        Row {
            heading,
            read: Box::new(move |path, value, part| {
                *lens(part) = self.read(path, value)?;
                Ok(())
            }),
            show: Box::new(move |part| show(lens(part))),
        }
    }
}

/// Why there is no telling what a value means.
#[derive(Clone, Debug, PartialEq)]
pub enum Undecided {
    /// What this depends on is known only after an apply.
    Unknown(Vec<AttributePath>),
    /// Errors, each at its path and with the way out.
    Wrong(Diagnostics),
}

impl Undecided {
    pub fn unknown(path: &AttributePath) -> Undecided {
        Undecided::Unknown(vec![path.clone()])
    }

    pub fn wrong(
        path: impl Into<AttributePath>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Undecided {
        Undecided::Wrong(Diagnostic::error(path, summary, detail).into())
    }
}

/// For where everything has to be known.
impl From<Undecided> for Diagnostics {
    fn from(undecided: Undecided) -> Diagnostics {
        match undecided {
            Undecided::Wrong(diagnostics) => diagnostics,
            Undecided::Unknown(paths) => paths
                .into_iter()
                .map(|path| {
                    let detail = format!("{path} depends on something that is known only after apply. Apply that first, with -target, and then this.");
                    Diagnostic::error(path, "Not known yet", detail)
                })
                .collect(),
        }
    }
}

/// What could not be read, collected over many attributes.
#[derive(Debug, Default)]
pub struct Found {
    unknown: Vec<AttributePath>,
    wrong: Diagnostics,
    open: BTreeSet<AttributePath>,
}

impl Found {
    /// The value, or a note of why there is none.
    pub fn take<V>(&mut self, path: &AttributePath, read: Result<V, Undecided>) -> Option<V> {
        match read {
            Ok(value) => return Some(value),
            Err(Undecided::Unknown(paths)) => self.unknown.extend(paths),
            Err(Undecided::Wrong(diagnostics)) => {
                for diagnostic in diagnostics {
                    self.push(diagnostic);
                }
            }
        }
        self.open.insert(path.clone());
        None
    }

    /// What is missing as a whole is said once, not for everything in it.
    fn push(&mut self, diagnostic: Diagnostic) {
        if !self.wrong.iter().any(|said| *said == diagnostic) {
            self.wrong.push(diagnostic);
        }
    }

    /// An error that shows only in several attributes together.
    pub fn wrong(&mut self, path: impl Into<AttributePath>, summary: &str, detail: impl Into<String>) {
        self.push(Diagnostic::error(path, summary, detail));
    }

    /// Whether all of these were read.
    pub fn knows(&self, paths: &[&str]) -> bool {
        paths.iter().all(|path| !self.open.contains(&AttributePath::from(*path)))
    }

    /// Errors come before what is not known, because they stay.
    pub fn decide<V>(self, value: V) -> Result<V, Undecided> {
        if !self.wrong.is_empty() {
            Err(Undecided::Wrong(self.wrong))
        } else if !self.unknown.is_empty() {
            Err(Undecided::Unknown(self.unknown))
        } else {
            Ok(value)
        }
    }

    pub fn into_errors(self) -> Diagnostics {
        self.wrong
    }
}

impl<T> Row<T> {
    /// Its value in `object`, which is at `at`, into the part. What cannot be read leaves the part as it is.
    pub fn read(&self, object: &Value, at: &AttributePath, part: &mut T, found: &mut Found) {
        let path = self.heading.path.split('.').fold(at.clone(), AttributePath::attribute);
        let read = match (self.read)(&path, object.at(self.heading.path), part) {
            // Where the whole object is missing, that is what to say.
            Err(Undecided::Wrong(wrong)) => Err(match self.null_object(object) {
                Some(whole) => meaning::required(&at.clone().attribute(whole)),
                None => Undecided::Wrong(wrong),
            }),
            read => read,
        };
        found.take(&path, read);
    }

    /// The object it belongs to, where that is null.
    fn null_object(&self, object: &Value) -> Option<&'static str> {
        let (whole, _) = self.heading.path.split_once('.')?;
        object.get(whole).is_null().then_some(whole)
    }

    /// What the part says, into `object`: as it is spelled there, while that means the same.
    pub fn write(&self, part: &mut T, object: &mut Value)
    where
        T: Clone,
    {
        let seen = (self.show)(part);
        let path = AttributePath::from(self.heading.path);
        let mut spelled = part.clone();
        if (self.read)(&path, object.at(&path), &mut spelled).is_ok() && (self.show)(&mut spelled) == seen {
            return;
        }
        if let Some((whole, _)) = self.heading.path.split_once('.')
            && object.get(whole).as_map().is_none()
        {
            object.set(whole, Value::object::<&str>([]));
        }
        object.set(path, seen);
    }
}

impl<T> fmt::Debug for Row<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.heading.path)
    }
}

/// Every row's value in an object, into the part.
pub fn read<T>(table: &[Row<T>], object: &Value, part: &mut T, found: &mut Found) {
    read_at(table, object, &AttributePath::root(), part, found);
}

/// Where the object is not the whole.
pub fn read_at<T>(table: &[Row<T>], object: &Value, at: &AttributePath, part: &mut T, found: &mut Found) {
    for row in table {
        row.read(object, at, part, found);
    }
}

/// What the part says, row by row, into an object.
pub fn write<T: Clone>(table: &[Row<T>], part: &T, object: &mut Value) {
    let mut part = part.clone();
    for row in table {
        row.write(&mut part, object);
    }
}
