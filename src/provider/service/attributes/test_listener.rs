//! `test_listener`: a private way to the candidate.

use super::meaning::{blocks, flag, number, text};
use super::routing::PRIORITIES;
use super::row::{Object, Table, rows};
use super::words::listener;
use crate::bluegreen::spec::TestListener;
use terraform_plugin::{Presence, Value};

pub const OBJECT: Object = Object {
    name: "test_listener",
    text: "A private rule on another listener of the same load balancer that always reaches the candidate while it \
           has tasks.",
    presence: Presence::Optional,
};

pub static ROWS: Table<TestListener> = rows! { TestListener {
    /// ARN of the listener. A change is made in place, as that of `listener_arn`.
    "test_listener.arn": text(listener) => listener;
    /// Priority of the rule on it.
    "test_listener.priority": number(PRIORITIES) => priority;
    /// Source addresses that may use it. Default: all.
    "test_listener.allowed_cidrs": blocks().default(Value::List(Vec::new())) => sources;
    /// Ask of a request on the test listener all that the production rule asks, and not only hosts and paths.
    /// Logins and rewrites are there in any case. Default {default}.
    "test_listener.all_conditions": flag().default(false) => all_conditions;
}};
