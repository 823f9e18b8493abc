//! Writes a JSON value as awsQuery XML: members are elements, lists are lists of `<member>`.

use std::fmt::Write;

use serde_json::Value;

pub fn open(name: &str, namespace: &str) -> String {
    format!("<{name} xmlns=\"{namespace}\">")
}

pub fn close(mut body: String, name: &str) -> String {
    let _ = write!(body, "</{name}>");
    body
}

/// Null is left out; an empty list or structure is an empty element.
pub fn element(out: &mut String, name: &str, value: &Value) {
    if value.is_null() {
        return;
    }
    if let ("entry", Value::Array(entries)) = (name, value) {
        // A map: its entries stand side by side, in no list.
        return entries.iter().for_each(|entry| element(out, name, entry));
    }
    let _ = write!(out, "<{name}>");
    match value {
        Value::Null => {}
        Value::Object(members) => members.iter().for_each(|(name, member)| element(out, name, member)),
        Value::Array(values) => values.iter().for_each(|value| element(out, "member", value)),
        Value::String(text) => escape(out, text),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => {
            let _ = write!(out, "{number}");
        }
    }
    let _ = write!(out, "</{name}>");
}

/// A whole document, its lists without an element around them: `A: [1, 2]` is `<A>1</A><A>2</A>`.
pub fn document(name: &str, namespace: &str, value: &Value) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    match namespace {
        "" => flat(&mut out, name, "", value),
        namespace => flat(&mut out, name, &format!(" xmlns=\"{namespace}\""), value),
    }
    out
}

fn flat(out: &mut String, name: &str, attribute: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(values) => values.iter().for_each(|value| flat(out, name, attribute, value)),
        Value::Object(members) => {
            let _ = write!(out, "<{name}{attribute}>");
            members.iter().for_each(|(name, member)| flat(out, name, "", member));
            let _ = write!(out, "</{name}>");
        }
        Value::String(text) if !attribute.is_empty() => {
            let _ = write!(out, "<{name}{attribute}>");
            escape(out, text);
            let _ = write!(out, "</{name}>");
        }
        other => element(out, name, other),
    }
}

fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            // What XML 1.0 cannot carry at all.
            letter
                if (letter < ' ' && letter != '\n' && letter != '\t')
                    || matches!(letter, '\u{FFFE}' | '\u{FFFF}') =>
            {
                out.push('\u{FFFD}');
            }
            letter => out.push(letter),
        }
    }
}
