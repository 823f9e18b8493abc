//! The four phases as users write them.

use serde_json::{Value, json};

pub fn toggles(phase: &str) -> Value {
    let (enable, activate, promote) = match phase {
        "stable" => (false, false, false),
        "staged" => (true, false, false),
        "canary" => (true, true, false),
        "promoted" => (true, false, true),
        other => panic!("no phase {other}"),
    };
    json!({ "enable_canary": enable, "activate_canary": activate, "promote_to_all": promote })
}
