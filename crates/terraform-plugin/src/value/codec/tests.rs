//! Hand-made bytes in, expected values or expected complaints out.

use std::collections::BTreeMap;

use super::*;

fn object(attributes: &[(&str, Type)]) -> Type {
    Type::Object(attributes.iter().map(|(n, t)| ((*n).to_owned(), t.clone())).collect::<BTreeMap<_, _>>())
}

fn read(bytes: &[u8], kind: &Type) -> Value {
    decode_msgpack(bytes, kind).unwrap()
}

fn complaint(bytes: &[u8], kind: &Type) -> (String, String) {
    let error = decode_msgpack(bytes, kind).unwrap_err();
    (error.path().to_string(), error.to_string())
}

#[test]
fn numbers_come_as_integers_doubles_or_text() {
    assert_eq!(read(&[0x07], &Type::Number), 7.into());
    assert_eq!(read(&[0xff], &Type::Number), (-1).into());
    assert_eq!(read(&[0xcd, 0x01, 0x00], &Type::Number), 256.into());
    assert_eq!(read(&[0xcb, 0x40, 0x08, 0, 0, 0, 0, 0, 0], &Type::Number), 3.into());
    assert_eq!(read(b"\xa212", &Type::Number), 12.into());
    assert_eq!(complaint(b"\xa2ab", &Type::Number).1, "expected number, found text that is no number");
}

#[test]
fn any_extension_is_an_unknown_value() {
    for bytes in [&[0xd4, 0x00, 0x00][..], &[0xc7, 0x02, 12, 0x81, 0x01], &[0xd5, 99, 1, 2]] {
        assert_eq!(read(bytes, &Type::String), Value::Unknown);
    }
}

#[test]
fn sets_are_sorted_and_without_repetition_both_ways() {
    let kind = Type::set(Type::String);
    assert_eq!(read(b"\x93\xa1b\xa1a\xa1b", &kind), Value::list(["a", "b"]));
    assert_eq!(encode(&Value::list(["b", "a", "b"]), &kind).unwrap().msgpack, b"\x92\xa1a\xa1b");
    let two_unknown = Value::List(vec![Value::Unknown, Value::Unknown]);
    assert_eq!(encode(&two_unknown, &kind).unwrap().msgpack[0], 0x92);
}

#[test]
fn an_object_is_encoded_with_every_attribute_of_the_schema() {
    let kind = object(&[("a", Type::Bool), ("b", Type::String)]);
    let value = Value::object([("a", Value::from(true))]);
    assert_eq!(encode(&value, &kind).unwrap().msgpack, b"\x82\xa1a\xc3\xa1b\xc0");
    let stranger = Value::object([("c", Value::from(true))]);
    assert_eq!(encode(&stranger, &kind).unwrap_err().path().to_string(), "c");
}

#[test]
fn a_complaint_names_the_place_and_not_the_value() {
    let kind = object(&[("side", object(&[("count", Type::Number)])), ("tags", Type::map(Type::String))]);
    let bytes = b"\x82\xa4side\x81\xa5count\xc3\xa4tags\x80";
    assert_eq!(complaint(bytes, &kind), ("side.count".into(), "expected number, found a bool".into()));
    let bytes = b"\x82\xa4side\xc0\xa4tags\x81\xa1k\x01";
    assert_eq!(complaint(bytes, &kind), ("tags[\"k\"]".into(), "expected string, found a number".into()));
    assert_eq!(complaint(b"\x81\xa4side\xc0", &kind), ("tags".into(), "the attribute is missing".into()));
    assert_eq!(complaint(b"\x81\xa1x\xc0", &kind).1, "the schema has no such attribute");
}

#[test]
fn lengths_that_lie_are_found_out_before_memory_is_spent() {
    let kind = Type::list(Type::list(Type::String));
    for bytes in [&[0xdd, 0xff, 0xff, 0xff, 0xff][..], &[0xdc, 0xff], &[0xdb, 0xff, 0xff, 0xff, 0xff], &[]] {
        assert!(decode_msgpack(bytes, &kind).is_err());
    }
    let mut nils = vec![0xdd, 0x00, 0x20, 0x00, 0x00];
    nils.resize(5 + 0x20_0000, 0xc0);
    assert_eq!(complaint(&nils, &kind).1, "the value has too many parts");
    assert_eq!(complaint(&[0x90, 0x90], &kind).1, "there are bytes left after the value");
}

#[test]
fn stored_state_may_lack_attributes_and_have_others() {
    let kind = object(&[("new", Type::String), ("n", Type::Number), ("s", Type::set(Type::String))]);
    let state = serde_json::json!({ "old": [1, {}], "n": 0.1, "s": ["b", "a"] });
    let value = decode_state(&state, &kind).unwrap();
    assert!(value.get("new").is_null());
    assert_eq!(value.get("s"), &Value::list(["a", "b"]));
    assert_eq!(encode(value.get("n"), &Type::Number).unwrap().msgpack, b"\xa30.1");
    let wrong = decode_state(&serde_json::json!({ "n": [] }), &kind).unwrap_err();
    assert_eq!(
        (wrong.path().to_string(), wrong.to_string()),
        ("n".into(), "expected number, found a list".into())
    );
}

#[test]
fn json_from_terraform_is_held_to_the_schema() {
    let kind = object(&[("a", Type::Bool)]);
    let json = |text: &str| decode(&wire::DynamicValue { msgpack: vec![], json: text.into() }, &kind);
    assert_eq!(json(r#"{"a":true}"#).unwrap().get("a"), &Value::Bool(true));
    assert!(json("{}").is_err());
    assert!(json(r#"{"a":true,"b":1}"#).is_err());
    assert!(json("{").is_err());
    assert!(json("").is_err());
}
