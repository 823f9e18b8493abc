//! What the values of an attribute may be and what they mean: numbers in a range, words of a list, durations, CIDR
//! blocks. A range, a list and a default are said once, here the error and the description take them from.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

use super::row::Undecided;
use crate::bluegreen::audience;
use crate::duration;
use terraform_plugin::{Attribute, AttributePath, Diagnostics, Kind, Presence, Type, Value};

type Read<V> = Box<dyn Fn(&AttributePath, &Value) -> Result<V, Undecided> + Send + Sync>;

/// How an attribute is written, what that means, and what it means to write nothing.
pub struct Meaning<V> {
    kind: Kind,
    presence: Presence,
    default: Option<Value>,
    /// What null means where null stays null.
    absent: Option<V>,
    pub(super) follows: Option<Follows>,
    replaces: bool,
    sensitive: bool,
    /// For the description: the default, the range, the words.
    otherwise: String,
    range: String,
    words: &'static [&'static str],
    known: Read<V>,
    pub(super) show: fn(&V) -> Value,
}

/// The attribute whose value says what another is where that is not set.
#[derive(Clone, Copy)]
pub struct Follows {
    pub path: &'static str,
    from: fn(&Value) -> Value,
}

impl Follows {
    /// What is set, by the object in which the other one is.
    pub fn value(&self, object: &Value) -> Value {
        match object.at(self.path) {
            known if known.is_wholly_known() && !known.is_null() => (self.from)(known),
            other => other.clone(),
        }
    }
}

/// Why a text, or an element of a set, is not what it should be: summary and detail.
pub type Complaint = (&'static str, String);

impl<V: Clone> Meaning<V> {
    /// Written as `kind`; `known` reads what is neither null nor unknown.
    pub fn new(
        kind: Kind,
        known: impl Fn(&AttributePath, &Value) -> Result<V, Undecided> + Send + Sync + 'static,
        show: fn(&V) -> Value,
    ) -> Meaning<V> {
        Meaning {
            kind,
            presence: Presence::Required,
            default: None,
            absent: None,
            follows: None,
            replaces: false,
            sensitive: false,
            otherwise: String::new(),
            range: String::new(),
            words: &[],
            known: Box::new(known),
            show,
        }
    }

    /// Where nothing is set, this is set.
    pub fn default(self, value: impl Into<Value>) -> Meaning<V> {
        let value = value.into();
        let presence = Presence::OptionalComputed;
        Meaning { otherwise: spelled(&value), default: Some(value), presence, ..self }
    }

    /// Where nothing is set, what the attribute at `path` is set to.
    pub fn follows(self, path: &'static str) -> Meaning<V> {
        self.derived(path, Value::clone)
    }

    /// Where nothing is set, what `from` makes of the attribute at `path`, once that is known.
    pub fn derived(self, path: &'static str, from: fn(&Value) -> Value) -> Meaning<V> {
        Meaning { follows: Some(Follows { path, from }), presence: Presence::OptionalComputed, ..self }
    }

    /// Where nothing is set, this is meant, and nothing is kept in the state.
    pub fn absent(self, value: V) -> Meaning<V> {
        let otherwise = spelled(&(self.show)(&value));
        Meaning { otherwise, absent: Some(value), presence: Presence::Optional, ..self }
    }

    /// Where nothing is set, what stands is kept; `none` is meant where nothing stands.
    pub fn kept(self, none: V) -> Meaning<V> {
        Meaning { absent: Some(none), presence: Presence::OptionalComputed, ..self }
    }

    /// The same meaning where the wish may also hold none.
    pub fn or_none(self, show: fn(&Option<V>) -> Value) -> Meaning<Option<V>>
    where
        V: Send + Sync + 'static,
    {
        let known = self.known;
        Meaning {
            range: self.range,
            words: self.words,
            ..Meaning::new(self.kind, move |path, value| known(path, value).map(Some), show)
        }
    }

    /// May be left out. Only for what is read from a configuration and never written back.
    pub fn optional(self, otherwise: Option<V>) -> Meaning<Option<V>>
    where
        V: Send + Sync + 'static,
    {
        let said = otherwise.as_ref().map(|value| spelled(&(self.show)(value)));
        let known = self.known;
        Meaning {
            presence: Presence::Optional,
            sensitive: self.sensitive,
            range: self.range,
            words: self.words,
            otherwise: said.unwrap_or_default(),
            absent: Some(otherwise),
            ..Meaning::new(self.kind, move |path, value| known(path, value).map(Some), |_| Value::Null)
        }
    }

    /// A change means a new object.
    pub fn replaces(self) -> Meaning<V> {
        Meaning { replaces: true, ..self }
    }

    pub fn sensitive(self) -> Meaning<V> {
        Meaning { sensitive: true, ..self }
    }

    fn range(self, range: String) -> Meaning<V> {
        Meaning { range, ..self }
    }

    pub fn read(&self, path: &AttributePath, value: &Value) -> Result<V, Undecided> {
        match value {
            Value::Unknown => Err(Undecided::unknown(path)),
            Value::Null => self.absent.clone().ok_or_else(|| required(path)),
            value => (self.known)(path, value),
        }
    }

    /// As the schema has it, described by `text`.
    pub(super) fn attribute(&self, text: &str) -> Attribute {
        let text = text
            .trim()
            .replace("{default}", &self.otherwise)
            .replace("{range}", &self.range)
            .replace("{words}", &words_in_a_row(self.words, &self.otherwise));
        Attribute {
            presence: self.presence,
            default: self.default.clone(),
            replaces: self.replaces,
            sensitive: self.sensitive,
            ..Attribute::new(self.kind.clone(), text)
        }
    }
}

/// A value as a description spells it.
fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        Value::Bool(flag) => format!("`{flag}`"),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// `a`, the default, `b` or `c`.
fn words_in_a_row(words: &[&str], default: &str) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().map(|word| format!("`{word}`")).enumerate() {
        let marked = if word == default { format!("{word}, the default") } else { word.clone() };
        let separator = match index {
            0 => "",
            last if last + 1 == words.len() && text.ends_with("the default") => ", or ",
            last if last + 1 == words.len() => " or ",
            _ => ", ",
        };
        text.push_str(separator);
        text.push_str(&marked);
    }
    text
}

/// Nothing where something has to be.
pub(super) fn required(path: &AttributePath) -> Undecided {
    let detail = format!("{path} is null, and there is no default for it. Give it a value.");
    Undecided::wrong(path, "Missing value", detail)
}

fn not_a(what: &str, path: &AttributePath) -> Undecided {
    Undecided::wrong(path, "Wrong type", format!("{path} must be {what}."))
}

/// A whole number that fits the range.
fn whole<N: TryFrom<i64>>(
    path: &AttributePath,
    value: &Value,
    fits: impl Fn(i64) -> bool,
    or: impl Fn(&dyn std::fmt::Display) -> String,
) -> Result<N, Undecided> {
    let Value::Number(number) = value else { return Err(not_a("a whole number", path)) };
    let Some(small) = number.as_i64() else {
        // Beyond what can be counted one by one, nothing but the size matters.
        return Err(if number.as_f64().abs() < 9e15 {
            Undecided::wrong(path, "Not a whole number", format!("{path} must be a whole number."))
        } else {
            Undecided::wrong(path, "Out of range", or(number))
        });
    };
    let fitting = Some(small).filter(|number| fits(*number)).and_then(|number| N::try_from(number).ok());
    fitting.ok_or_else(|| Undecided::wrong(path, "Out of range", or(&small)))
}

/// A whole number from the range.
pub fn number<N>(range: RangeInclusive<i64>) -> Meaning<N>
where
    N: TryFrom<i64> + Into<i64> + Copy + 'static,
{
    let (least, most) = (*range.start(), *range.end());
    let known = move |path: &AttributePath, value: &Value| {
        whole(
            path,
            value,
            |number| range.contains(&number),
            |number| format!("{path} is {number}; it goes from {least} to {most}."),
        )
    };
    Meaning::new(Kind::Plain(Type::Number), known, |number: &N| Value::from((*number).into()))
        .range(format!("{least} to {most}"))
}

/// Seconds from the range, or 0 for none.
pub fn seconds_or_none(range: RangeInclusive<i64>) -> Meaning<u32> {
    let (least, most) = (*range.start(), *range.end());
    let known = move |path: &AttributePath, value: &Value| {
        whole(
            path,
            value,
            |number| number == 0 || range.contains(&number),
            |number| format!("{path} is {number}; it is 0 for none, or {least} to {most} seconds."),
        )
    };
    Meaning::new(Kind::Plain(Type::Number), known, |number: &u32| (*number).into())
        .range(format!("{least} to {most}"))
}

/// A text that `parse` understands.
pub fn parsed<V: Clone + 'static>(
    parse: impl Fn(&AttributePath, &str) -> Result<V, Complaint> + Send + Sync + 'static,
    show: fn(&V) -> Value,
) -> Meaning<V> {
    let known = move |path: &AttributePath, value: &Value| {
        let text = value.as_str().ok_or_else(|| not_a("a string", path))?;
        parse(path, text).map_err(|(summary, detail)| Undecided::wrong(path, summary, detail))
    };
    Meaning::new(Kind::Plain(Type::String), known, show)
}

/// A text that `check` has nothing to say against.
pub fn text(check: fn(&str) -> Result<(), Complaint>) -> Meaning<String> {
    parsed(move |_, text| check(text).map(|()| text.to_owned()), |text| text.as_str().into())
}

/// A text that is never shown again, not even by mistake.
pub fn secret() -> Meaning<SecretString> {
    parsed(|_, text| Ok(SecretString::from(text)), |_| Value::Null).sensitive()
}

fn one_of(words: &[&str], path: &AttributePath, word: &str) -> Result<(), Complaint> {
    if words.contains(&word) {
        return Ok(());
    }
    let allowed: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    Err(("Unknown value", format!("{path} is \"{word}\"; it can be {}.", allowed.join(", "))))
}

/// One of these words.
pub fn word(words: &'static [&'static str]) -> Meaning<String> {
    let parse = move |path: &AttributePath, word: &str| one_of(words, path, word).map(|()| word.to_owned());
    Meaning { words, ..parsed(parse, |word| word.as_str().into()) }
}

/// One of these words, each of which `from` knows the meaning of.
pub fn named<V: Clone + 'static>(
    words: &'static [&'static str],
    from: fn(&str) -> Option<V>,
    show: fn(&V) -> Value,
) -> Meaning<V> {
    let parse = move |path: &AttributePath, word: &str| {
        one_of(words, path, word)?;
        from(word).ok_or_else(|| ("Unknown value", format!("{path} is \"{word}\", which means nothing.")))
    };
    Meaning { words, ..parsed(parse, show) }
}

pub fn flag() -> Meaning<bool> {
    let known =
        |path: &AttributePath, value: &Value| value.as_bool().ok_or_else(|| not_a("true or false", path));
    Meaning::new(Kind::Plain(Type::Bool), known, |flag| (*flag).into())
}

/// A time in Go's syntax, at most a day.
pub fn time(zero: bool) -> Meaning<Duration> {
    let parse = move |path: &AttributePath, text: &str| match duration::parse(text) {
        Some(time) if time.is_zero() && !zero => Err(format!("{path} must be longer than 0s.")),
        Some(time) if time.as_secs() > 86_400 => {
            Err(format!("{path} is \"{text}\"; a day (24h) is the most."))
        }
        Some(time) => Ok(time),
        None => Err(format!("\"{text}\" is no duration. Write it as 30s, 5m or 1h30m.")),
    };
    let parse = move |path: &AttributePath, text: &str| {
        parse(path, text).map_err(|detail| ("Invalid duration", detail))
    };
    parsed(parse, |time| duration::show(*time).into())
}

/// A set whose elements `parse` understands. Nulls in it would mean nothing to AWS.
pub fn set<E: Ord + Clone + 'static>(
    count: RangeInclusive<usize>,
    parse: impl Fn(&str) -> Result<E, Complaint> + Send + Sync + 'static,
    show: fn(&BTreeSet<E>) -> Value,
) -> Meaning<BTreeSet<E>> {
    let (least, most) = (*count.start(), *count.end());
    let range = if least == 0 { format!("at most {most}") } else { format!("{least} to {most}") };
    let known = move |path: &AttributePath, value: &Value| {
        let elements = value.as_list().ok_or_else(|| not_a("a set of strings", path))?;
        let (mut set, mut wrong) = (BTreeSet::new(), Diagnostics::new());
        if elements.iter().any(Value::is_null) {
            wrong.error(path, "Null element", format!("{path} has an element that is null. Remove it."));
        }
        if elements.len() > most {
            wrong.error(path, "Too many", format!("{path} takes at most {most} values."));
        } else if elements.len() < least {
            wrong.error(path, "Too few", format!("{path} needs at least {least}."));
        }
        for text in elements.iter().filter_map(Value::as_str) {
            match parse(text) {
                Ok(element) => {
                    set.insert(element);
                }
                Err((summary, detail)) => wrong.error(path, summary, detail),
            }
        }
        if !wrong.is_empty() {
            return Err(Undecided::Wrong(wrong));
        }
        if value.is_wholly_known() { Ok(set) } else { Err(Undecided::unknown(path)) }
    };
    Meaning::new(Kind::Plain(Type::set(Type::String)), known, show).range(range)
}

/// A set of texts that `check` has nothing to say against.
pub fn texts(
    count: RangeInclusive<usize>,
    check: fn(&str) -> Result<(), Complaint>,
) -> Meaning<BTreeSet<String>> {
    let show = |texts: &BTreeSet<String>| Value::list(texts.iter().map(String::as_str));
    set(count, move |text| check(text).map(|()| text.to_owned()), show)
}

/// A set of CIDR blocks and bare addresses.
pub fn blocks() -> Meaning<BTreeSet<IpNet>> {
    let parse = |text: &str| audience::parse(text).map_err(|bad| ("Invalid CIDR block", format!("{bad}.")));
    set(0..=usize::MAX, parse, |nets| {
        let mut texts: Vec<Value> = nets.iter().map(|net| net.to_string().into()).collect();
        texts.sort();
        Value::List(texts)
    })
}
