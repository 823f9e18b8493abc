//! Reads a form-urlencoded awsQuery body into a JSON tree: `A.member.2.B=x` is `{"A": [.., {"B": "x"}]}`.
//! An empty list comes as `A=`, so an empty string may mean that; `Params` knows.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::call::error::ApiError;

/// Deepest name, in parts.
const DEEPEST: usize = 24;

enum Node {
    Leaf(String),
    Inner(BTreeMap<String, Node>),
}

pub fn parse(body: &[u8]) -> Result<Value, ApiError> {
    let mut root = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        let parts: Vec<&str> = name.split('.').collect();
        if parts.len() > DEEPEST || parts.iter().any(|part| part.is_empty()) {
            return Err(bad(&name));
        }
        insert(&mut root, &parts, value.into_owned()).map_err(|()| bad(&name))?;
    }
    tree(root)
}

fn bad(name: &str) -> ApiError {
    ApiError::new("MalformedQueryString", format!("The parameter name '{name}' is not valid here"))
}

fn insert(node: &mut BTreeMap<String, Node>, parts: &[&str], value: String) -> Result<(), ()> {
    match parts {
        [] => Err(()),
        [last] => match node.insert((*last).to_owned(), Node::Leaf(value)) {
            None => Ok(()),
            Some(_) => Err(()),
        },
        [first, rest @ ..] => {
            let inner = node.entry((*first).to_owned()).or_insert_with(|| Node::Inner(BTreeMap::new()));
            match inner {
                Node::Leaf(_) => Err(()),
                Node::Inner(inner) => insert(inner, rest, value),
            }
        }
    }
}

fn tree(mut members: BTreeMap<String, Node>) -> Result<Value, ApiError> {
    if members.len() == 1
        && matches!(members.get("member"), Some(Node::Inner(_)))
        && let Some(Node::Inner(list)) = members.remove("member")
    {
        let mut numbered = BTreeMap::new();
        for (name, node) in list {
            let number: u32 = name.parse().map_err(|_| bad(&name))?;
            numbered.insert(number, value(node)?);
        }
        return Ok(numbered.into_values().collect());
    }
    let each = members.into_iter().map(|(name, node)| value(node).map(|value| (name, value)));
    each.collect::<Result<_, _>>().map(Value::Object)
}

fn value(node: Node) -> Result<Value, ApiError> {
    match node {
        Node::Leaf(text) => Ok(Value::String(text)),
        Node::Inner(members) => tree(members),
    }
}
