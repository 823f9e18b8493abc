//! The story the demo tells: what the tfvars file says at each move, and who must see which side after it.

use serde_json::{Value, json};

/// The revision of every family in the sandbox whose tasks never get healthy.
const BAD_REVISION: u32 = 7;

/// One `terraform apply`.
pub struct Move {
    pub name: &'static str,
    /// What changes in the tfvars file.
    pub set: Value,
    /// The side that serves the public and the office afterwards.
    pub public: &'static str,
    pub office: &'static str,
    /// The apply must fail, and say why.
    pub fails: bool,
}

const fn toggles(enable_canary: bool, activate_canary: bool, promote_to_all: bool) -> [bool; 3] {
    [enable_canary, activate_canary, promote_to_all]
}

const STABLE: [bool; 3] = toggles(false, false, false);
const STAGED: [bool; 3] = toggles(true, false, false);
const CANARY: [bool; 3] = toggles(true, true, false);
const PROMOTED: [bool; 3] = toggles(true, false, true);

fn set([enable, activate, promote]: [bool; 3], more: Value) -> Value {
    let mut set = json!({ "enable_canary": enable, "activate_canary": activate, "promote_to_all": promote });
    if let (Some(set), Value::Object(more)) = (set.as_object_mut(), more) {
        set.extend(more);
    }
    set
}

pub fn all() -> Vec<Move> {
    let step = |name, phase, more: Value, public, office| Move {
        name,
        set: set(phase, more),
        public,
        office,
        fails: false,
    };
    let none = || json!({});
    vec![
        step("create", STABLE, none(), "blue", "blue"),
        step("staged", STAGED, none(), "blue", "blue"),
        step("canary", CANARY, none(), "blue", "green"),
        step("promoted", PROMOTED, none(), "green", "green"),
        step("roll back", STABLE, none(), "blue", "blue"),
        step("staged again", STAGED, none(), "blue", "blue"),
        step("canary again", CANARY, none(), "blue", "green"),
        step("promoted again", PROMOTED, none(), "green", "green"),
        step("swap primary", STABLE, json!({ "primary": "green" }), "green", "green"),
        step("next release on BLUE, canary", CANARY, json!({ "blue_revision": 3 }), "green", "blue"),
        step("next release on BLUE, promoted", PROMOTED, none(), "blue", "blue"),
        Move {
            fails: true,
            ..step(
                "bad release on GREEN",
                STAGED,
                json!({ "primary": "blue", "green_revision": BAD_REVISION }),
                "blue",
                "blue",
            )
        },
        step("back from the bad release", STABLE, none(), "blue", "blue"),
    ]
}

/// The tfvars file before the first move.
pub fn beginning() -> Value {
    set(
        STABLE,
        json!({
            "primary": "blue",
            "blue_revision": 1,
            "green_revision": 2,
        }),
    )
}
