//! The story the demo tells: what changes in `env/terraform.tfvars` at each move, and who must see which side after it.

use serde_json::{Value, json};

/// The revision of every family in the sandbox whose tasks never get healthy.
const BAD_REVISION: u32 = 7;

/// One `terraform apply`.
pub struct Move {
    pub name: &'static str,
    pub about: &'static str,
    /// What the tfvars file says then; what is not named stays.
    pub set: Vec<(&'static str, Value)>,
    /// The side that serves the public and the office afterwards.
    pub public: &'static str,
    pub office: &'static str,
    /// The apply must fail, and say why.
    pub fails: bool,
}

const STABLE: [bool; 3] = [false, false, false];
const STAGED: [bool; 3] = [true, false, false];
const CANARY: [bool; 3] = [true, true, false];
const PROMOTED: [bool; 3] = [true, false, true];

/// A move to a phase, with the public and the office on these sides afterwards.
fn to(
    [enable, activate, promote]: [bool; 3],
    name: &'static str,
    about: &'static str,
    sides: [&'static str; 2],
) -> Move {
    let set = vec![
        ("enable_canary", json!(enable)),
        ("activate_canary", json!(activate)),
        ("promote_to_all", json!(promote)),
    ];
    let [public, office] = sides;
    Move { name, about, set, public, office, fails: false }
}

impl Move {
    fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set.push((name, value.into()));
        self
    }

    fn that_fails(mut self) -> Self {
        self.fails = true;
        self
    }
}

pub fn all() -> Vec<Move> {
    let (blue, green) = (["blue", "blue"], ["green", "green"]);
    vec![
        to(STABLE, "create", "both sides of both services; everybody on BLUE, v1", blue),
        to(STAGED, "staged", "v2 starts on GREEN, and nobody is sent there", blue),
        to(
            CANARY,
            "canary",
            "the office sees v2 on the production URL, the public stays on v1",
            ["blue", "green"],
        ),
        to(PROMOTED, "promoted", "everybody on GREEN, v2; then BLUE is stopped", green),
        to(STABLE, "roll back", "all toggles off: BLUE is started, proved, and everybody goes back", blue),
        to(STAGED, "staged again", "once more", blue),
        to(CANARY, "canary again", "the office first", ["blue", "green"]),
        to(PROMOTED, "promoted again", "then everybody", green),
        to(STABLE, "swap primary", "GREEN is home from now on; nothing moves", green)
            .with("primary", "green"),
        to(CANARY, "next release on BLUE, canary", "v3 on BLUE, for the office", ["green", "blue"])
            .with("blue_revision", 3),
        to(PROMOTED, "next release on BLUE, promoted", "v3 for everybody", blue),
        to(
            STAGED,
            "bad release on GREEN",
            "v7 never gets healthy: the apply must fail, and nobody notice",
            blue,
        )
        .with("primary", "blue")
        .with("green_revision", BAD_REVISION)
        .that_fails(),
        to(STABLE, "back from the bad release", "all toggles off", blue),
    ]
}
