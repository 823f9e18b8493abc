//! What the rules ask of a request beside hosts, paths and the canary's addresses.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::meaning::{Complaint, Meaning, blocks, parsed, text, texts};
use super::row::{Found, Row, Table, Undecided, read_at, rows, write};
use crate::bluegreen::matches::{Header, Matches, Query};
use crate::bluegreen::spec::Spec;
use terraform_plugin::{Attribute, AttributePath, Kind, Value};

pub static ROWS: Table<Spec> = rows! { Spec {
    /// What the production and canary rules ask of a request beside `host_headers` and `path_patterns`, as in
    /// `aws_lb_listener_rule`: all of these must hold, and one of the values of each. Left out, whatever the
    /// production rule asks is kept, and the canary's rules ask it too; `[]` says that nothing more is asked. The
    /// values count towards the five that a rule has room for.
    "conditions": conditions() => extras.conditions.value;
}};

static HEADER: Table<Header> = rows! { Header {
    /// Name of the header.
    "http_header_name": text(something) => name;
    /// Values of which it has one; `*` and `?` are wildcards.
    "values": some() => values;
    /// Regular expressions of which it matches one.
    "regex_values": some() => regexes;
}};

/// A condition that is nothing but values.
#[derive(Clone, Debug, Default)]
struct Values {
    all: BTreeSet<String>,
}

static REGEXES: Table<Values> = rows! { Values {
    /// Regular expressions of which one must match.
    "regex_values": some() => all;
}};

static METHODS: Table<Values> = rows! { Values {
    /// Methods of which the request has one, as `GET`.
    "values": some() => all;
}};

#[derive(Clone, Debug, Default)]
struct Sources {
    all: BTreeSet<IpNet>,
}

static SOURCES: Table<Sources> = rows! { Sources {
    /// Source addresses of which the caller has one. The canary is then only for those of `canary_source_ips` that
    /// are among them.
    "values": blocks().absent(BTreeSet::new()) => all;
}};

#[derive(Clone, Debug, Default)]
struct Parameter {
    key: Option<String>,
    value: String,
}

static PAIR: Table<Parameter> = rows! { Parameter {
    /// Key of the parameter; left out, any parameter.
    "key": key() => key;
    /// Its value; `*` and `?` are wildcards.
    "value": text(something) => value;
}};

fn some() -> Meaning<BTreeSet<String>> {
    texts(0..=5, something).absent(BTreeSet::new())
}

fn key() -> Meaning<Option<String>> {
    parsed(|_, key| Ok(Some(key.to_owned())), |key| key.as_deref().into()).absent(None)
}

fn something(text: &str) -> Result<(), Complaint> {
    if (1..=128).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(("Not a condition value", "A value of a condition has 1 to 128 characters.".to_owned()))
}

pub(super) fn members<T>(table: &[Row<T>]) -> std::collections::BTreeMap<String, Attribute> {
    table.iter().map(|row| (row.heading.path.to_owned(), row.heading.attribute.clone())).collect()
}

fn conditions() -> Meaning<Matches> {
    let object = |members, text: &str| Attribute::new(Kind::Object(members), text).optional();
    let parts = [
        ("host_header", object(members(&REGEXES), "Hosts beside `host_headers`.")),
        ("path_pattern", object(members(&REGEXES), "Paths beside `path_patterns`.")),
        ("http_header", object(members(&HEADER), "A header of the request.")),
        ("http_request_method", object(members(&METHODS), "The request's method.")),
        ("source_ip", object(members(&SOURCES), "Where the request comes from.")),
        (
            "query_string",
            Attribute::new(Kind::ObjectList(members(&PAIR)), "Parameters of which the query string has one.")
                .optional(),
        ),
    ];
    let members = parts.map(|(name, attribute)| (name.to_owned(), attribute)).into();
    Meaning::new(Kind::ObjectList(members), known, show).kept(Matches::default())
}

fn known(path: &AttributePath, value: &Value) -> Result<Matches, Undecided> {
    let (mut matches, mut found) = (Matches::default(), Found::default());
    for (index, item) in value.as_list().unwrap_or_default().iter().enumerate() {
        let at = path.clone().index(index);
        let before = (matches.count(), matches.headers.len());
        condition(item, &at, &mut matches, &mut found);
        if item.is_wholly_known() && before == (matches.count(), matches.headers.len()) {
            let detail = "Give the condition one of host_header, path_pattern, http_header, http_request_method, \
                          query_string and source_ip, with a value, that no other condition has already.";
            found.wrong(&at, "A condition that asks nothing", detail);
        } else if item.is_unknown() {
            found.take::<()>(&at, Err(Undecided::unknown(&at)));
        }
    }
    found.decide(matches)
}

fn condition(item: &Value, at: &AttributePath, matches: &mut Matches, found: &mut Found) {
    fn part<T: Default>(
        table: &[Row<T>],
        (item, at, name): (&Value, &AttributePath, &str),
        found: &mut Found,
    ) -> Option<T> {
        let (value, at) = (item.get(name), at.clone().attribute(name));
        if value.is_unknown() {
            found.take::<()>(&at, Err(Undecided::unknown(&at)));
        }
        value.as_map()?;
        let mut part = T::default();
        read_at(table, value, &at, &mut part, found);
        Some(part)
    }
    matches.host_regexes.extend(part(&REGEXES, (item, at, "host_header"), found).unwrap_or_default().all);
    matches.path_regexes.extend(part(&REGEXES, (item, at, "path_pattern"), found).unwrap_or_default().all);
    matches.methods.extend(part(&METHODS, (item, at, "http_request_method"), found).unwrap_or_default().all);
    matches.sources.extend(part(&SOURCES, (item, at, "source_ip"), found).unwrap_or_default().all);
    if let Some(header) = part(&HEADER, (item, at, "http_header"), found) {
        let at = at.clone().attribute("http_header");
        if header.values.is_empty() && header.regexes.is_empty() && item.is_wholly_known() {
            found.wrong(at, "A header without values", "Give http_header values or regex_values.");
        }
        matches.headers.insert(header);
    }
    let at = at.clone().attribute("query_string");
    let pairs = item.get("query_string").as_list().unwrap_or_default().iter().enumerate();
    let pairs: BTreeSet<_> = pairs
        .map(|(index, pair)| {
            let mut read = Parameter::default();
            read_at(&PAIR, pair, &at.clone().index(index), &mut read, found);
            (read.key, read.value)
        })
        .collect();
    if item.get("query_string").is_unknown() {
        found.take::<()>(&at, Err(Undecided::unknown(&at)));
    }
    if !pairs.is_empty() {
        matches.queries.insert(Query(pairs));
    }
}

fn show(matches: &Matches) -> Value {
    fn object<T: Clone>(table: &[Row<T>], part: &T) -> Value {
        let mut value = Value::object::<&str>([]);
        write(table, part, &mut value);
        value
    }
    let one = |name: &str, value: Value| {
        let names = [
            "host_header",
            "path_pattern",
            "http_header",
            "http_request_method",
            "source_ip",
            "query_string",
        ];
        Value::object(names.map(|it| (it, if it == name { value.clone() } else { Value::Null })))
    };
    let parameter = |(key, value): &(Option<String>, String)| {
        object(&PAIR, &Parameter { key: key.clone(), value: value.clone() })
    };
    let mut all = Vec::new();
    for (name, values, table) in [
        ("host_header", &matches.host_regexes, &REGEXES),
        ("path_pattern", &matches.path_regexes, &REGEXES),
        ("http_request_method", &matches.methods, &METHODS),
    ] {
        if !values.is_empty() {
            all.push(one(name, object(table, &Values { all: values.clone() })));
        }
    }
    if !matches.sources.is_empty() {
        all.push(one("source_ip", object(&SOURCES, &Sources { all: matches.sources.clone() })));
    }
    all.extend(matches.headers.iter().map(|header| one("http_header", object(&HEADER, header))));
    let pairs = |query: &Query| Value::list(query.0.iter().map(parameter));
    all.extend(matches.queries.iter().map(|query| one("query_string", pairs(query))));
    Value::List(all)
}
