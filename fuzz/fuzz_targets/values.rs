//! Any bytes as a msgpack or JSON value of the resource, and whatever they decode to through validation and plan.
//!
//! `cargo +nightly fuzz run values fuzz/corpus/values fuzz/seeds/values` in the repository's root; `cargo install
//! cargo-fuzz` before the first time.

#![no_main]

use bluegreen_provider::provider::Bluegreen;
use terraform_plugin::wire::tfplugin6::DynamicValue;
use terraform_plugin::{PlanRequest, Provider as _, Value, codec};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let provider = Bluegreen::default();
    let Some(resource) = provider.resource("bluegreen_service") else { return };
    let kind = resource.schema().object_type();
    let (way, bytes) = bytes.split_first().unwrap_or((&0, &[]));
    let half = bytes.len() * usize::from(*way >> 1) / 128;
    let value = |bytes: &[u8]| {
        let (msgpack, json) =
            if way & 1 == 0 { (bytes.to_vec(), Vec::new()) } else { (Vec::new(), bytes.to_vec()) };
        codec::decode(&DynamicValue { msgpack, json }, &kind).ok()
    };
    let Some(config) = value(bytes).filter(|value| value.as_map().is_some()) else { return };
    assert!(codec::encode(&config, &kind).is_ok());
    let _ = resource.validate(&config);
    let prior = value(&bytes[..half]).filter(|value| value.as_map().is_some()).unwrap_or(Value::Null);
    let request = || PlanRequest {
        prior: prior.clone(),
        proposed: config.clone(),
        config: config.clone(),
        private: bytes[half..].to_vec(),
    };
    let planned = resource.plan(request());
    assert!(planned.planned == resource.plan(request()).planned);
    assert!(codec::encode(&planned.planned, &kind).is_ok());
});
