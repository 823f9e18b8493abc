//! What the host would make of our lines.

use std::sync::{Arc, Mutex};

use super::*;

fn check(variables: &[(&str, &str)], expected: LevelFilter) {
    let found = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    assert_eq!(level("toy", found), expected, "{variables:?}");
}

#[test]
fn the_nearest_variable_sets_the_level() {
    check(&[], LevelFilter::OFF);
    check(&[("TF_LOG", "info")], LevelFilter::INFO);
    check(&[("TF_LOG", "")], LevelFilter::OFF);
    check(&[("TF_LOG", "JSON")], LevelFilter::TRACE);
    check(&[("TF_LOG", "loud")], LevelFilter::TRACE);
    check(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "WARN")], LevelFilter::WARN);
    check(&[("TF_LOG_PROVIDER", "TRACE"), ("TF_LOG_PROVIDER_TOY", "off")], LevelFilter::OFF);
    check(&[("TF_LOG_PROVIDER_OTHER", "TRACE"), ("TF_LOG", "ERROR")], LevelFilter::ERROR);
}

#[test]
fn a_line_is_one_json_object_of_strings_with_the_fields_of_its_spans() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let layer = HostLayer::new("toy", move |line: &str| sink.lock().unwrap().push(line.to_owned()));
    tracing::subscriber::with_default(Registry::default().with(layer), || {
        let _outer = tracing::info_span!("call", tf_rpc = "ReadResource", tf_req_id = 7).entered();
        let _inner = tracing::info_span!("deeper", tasks = 3_u32).entered();
        tracing::warn!(healthy = false, "two\nlines of {}", "text");
    });
    let lines = lines.lock().unwrap();
    assert!(lines[0].ends_with('\n') && lines[0].matches('\n').count() == 1);
    let line: serde_json::Map<String, Json> = serde_json::from_str(&lines[0]).unwrap();
    assert!(line.values().all(Json::is_string), "{line:?}");
    for (key, value) in [
        ("@level", "warn"),
        ("@message", "two\nlines of text"),
        ("@module", "toy"),
        ("tf_rpc", "ReadResource"),
        ("tf_req_id", "7"),
        ("tasks", "3"),
        ("healthy", "false"),
    ] {
        assert_eq!(line[key], value, "{key}");
    }
}

#[test]
fn times_have_six_digits_after_the_second() {
    let time = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_000_042_999).unwrap();
    assert_eq!(timestamp(time), "2023-11-14T22:13:20.000042Z");
    assert_eq!(timestamp(OffsetDateTime::UNIX_EPOCH), "1970-01-01T00:00:00.000000Z");
}

#[test]
fn long_texts_are_shortened_between_characters() {
    let line = line("info", "toy", &"ü".repeat(100_000), &[("k".into(), "x".repeat(100_000))]);
    assert!(line.len() < 64 << 10);
    assert!(serde_json::from_str::<Json>(&line).is_ok());
}
