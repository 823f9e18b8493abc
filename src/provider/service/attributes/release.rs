//! How many tasks, who sees which side, and how long things take.

use std::time::Duration;

use super::meaning::{blocks, flag, named, number, time};
use super::row::{Object, Table, rows};
use crate::bluegreen::phase::Toggles;
use crate::bluegreen::side::Side;
use crate::bluegreen::spec::Spec;
use crate::duration;
use terraform_plugin::{Presence, Value};

const MOST_TASKS: i64 = 5_000;
/// What `settle_time` is by default.
pub const SETTLE_TIME: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(20 * 60);

pub const TIMEOUTS: Object = Object {
    name: "timeouts",
    text: "How long each operation may take, in Go's duration syntax.",
    presence: Presence::Optional,
};

/// How long each operation may take.
#[derive(Clone, Debug, Default)]
pub struct Timeouts {
    pub create: Duration,
    pub update: Duration,
    pub delete: Duration,
}

pub static ROWS: Table<Spec> = rows! { Spec {
    /// Which side is home, {words}. The other one is the candidate. Swapping it after a promotion moves nobody.
    "primary": named(&["blue", "green"], Side::from_name, |side| side.name().into()).default("blue") => primary;
    /// Tasks on the side that serves the public, at least 1. Default {default}.
    "desired_count": number(1..=MOST_TASKS).default(1) => desired_count;
    /// Tasks on the candidate while it is staged or a canary is open, at least 1. Default `desired_count`. Raised to
    /// `desired_count` before promotion.
    "canary_count": number(1..=MOST_TASKS).follows("desired_count") => canary_count;
    /// Tasks kept on the side that serves nobody. Above 0, going back needs no task to start first. Default {default}.
    "standby_count": number(0..=MOST_TASKS).default(0) => standby_count;
    /// IPv4 and IPv6 CIDR blocks, or bare addresses, that see the candidate while the canary is open. This is the
    /// address that connects to the load balancer; clients behind CloudFront or another proxy appear with the
    /// proxy's. Adjacent blocks are merged; what does not fit one rule is spread over further rules at
    /// `canary_priority` − 1, − 2 and so on.
    "canary_source_ips": blocks().default(Value::List(Vec::new())) => canary_sources;
    /// How long a changed routing must have been seen unchanged before the side left behind is lowered, in Go's
    /// duration syntax. Load balancer nodes learn of rule changes at different times. Default {default}.
    "settle_time": time(true).default(duration::show(SETTLE_TIME)) => settle_time;
}};

pub static TOGGLES: Table<Toggles> = rows! { Toggles {
    /// Start the candidate. Nobody is sent to it yet. Default {default}.
    "enable_canary": flag().default(false) => enable_canary;
    /// Send `canary_source_ips` to the candidate, on the production address. Needs `enable_canary`. Default {default}.
    "activate_canary": flag().default(false) => activate_canary;
    /// Send everybody to the candidate. Needs `enable_canary`; excludes `activate_canary`. Default {default}.
    "promote_to_all": flag().default(false) => promote_to_all;
}};

pub static TIMES: Table<Timeouts> = rows! { Timeouts {
    /// Default {default}.
    "timeouts.create": time(false).absent(TIMEOUT) => create;
    /// Default {default}.
    "timeouts.update": time(false).absent(TIMEOUT) => update;
    /// Default {default}.
    "timeouts.delete": time(false).absent(TIMEOUT) => delete;
}};
