//! What faults there are. Each kind has the members that it needs and no others; anything else is refused when it is read.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::call::request::{Request, Service};

/// A fault as asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    #[serde(flatten)]
    pub effect: Effect,
    /// In force for so long; until it is taken away if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Seconds>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Answer with a throttling error.
    Throttle(Calls),
    /// Answer with an error.
    Error {
        #[serde(flatten)]
        calls: Calls,
        #[serde(default)]
        status: ErrorStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    AccessDenied(Calls),
    /// Close the connection before the effect.
    Drop(Calls),
    /// Let the effect happen, then close the connection without an answer.
    LostAnswer(Calls),
    /// Wait before the effect.
    Delay {
        #[serde(flatten)]
        calls: Calls,
        seconds: Seconds,
    },
    /// Wait before or after the effect until released or the connection is closed.
    Hold {
        #[serde(flatten)]
        calls: Calls,
        #[serde(default)]
        when: When,
    },
    /// Reads answer from the state as it was so long ago.
    Stale {
        #[serde(flatten)]
        calls: Calls,
        seconds: Seconds,
    },
    /// Reads do not find what was made less than so long ago.
    Missing {
        #[serde(flatten)]
        calls: Calls,
        seconds: Seconds,
    },
    /// Deny iam:PassRole to calls that name a task definition with roles.
    PassRole {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        operations: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u64>,
    },
    /// ECS finds a target group's load balancer only so long after a rule first named the group.
    NotAssociated {
        seconds: Seconds,
    },
    /// Rule changes take up to so long to reach a node.
    Propagation {
        seconds: Seconds,
    },
    /// Health checks of matching targets fail with 503.
    Unhealthy {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ip: Option<Ipv4Addr>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<String>,
    },
    /// Tasks started from now on that match never get healthy.
    NeverHealthy {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        family: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        image: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<String>,
    },
    /// No task can be placed: ECS says why in the service's events, again and again.
    NoPlace {
        #[serde(default)]
        reason: Shortage,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<String>,
    },
    /// Matching tasks are killed at once.
    Crash {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        service: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        family: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ip: Option<Ipv4Addr>,
        /// At most so many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<usize>,
    },
}

/// Which calls a fault is for. Members left out match everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Service>,
    /// Only writes, or only reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<bool>,
    /// Access key id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// Only the n-th matching call since the fault was set, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<Probability>,
    /// At most so many times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

impl Calls {
    pub(super) fn matches(&self, request: &Request, caller: &str) -> bool {
        (self.operations.is_empty() || self.operations.contains(&request.operation))
            && self.api.is_none_or(|api| api == request.service)
            && self.writes.is_none_or(|writes| writes == request.writes())
            && self.caller.as_ref().is_none_or(|it| it == caller)
    }
}

impl Effect {
    /// The calls it is for; `None` if it is one on the world.
    pub(super) fn calls(&self) -> Option<&Calls> {
        match self {
            Self::Throttle(calls)
            | Self::AccessDenied(calls)
            | Self::Drop(calls)
            | Self::LostAnswer(calls) => Some(calls),
            Self::Error { calls, .. }
            | Self::Delay { calls, .. }
            | Self::Hold { calls, .. }
            | Self::Stale { calls, .. }
            | Self::Missing { calls, .. } => Some(calls),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    #[default]
    Before,
    After,
}

/// What there is too little of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortage {
    #[default]
    Capacity,
    /// In the subnet.
    Addresses,
    /// Of the account's vCPU quota.
    Quota,
}

/// Sandbox seconds, at most 31 years of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Seconds(f64);

impl Seconds {
    pub fn duration(self) -> Duration {
        Duration::from_secs_f64(self.0)
    }
}

impl TryFrom<f64> for Seconds {
    type Error = &'static str;

    fn try_from(seconds: f64) -> Result<Self, &'static str> {
        if (0.0..=1e9).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err("seconds must be between 0 and 1000000000")
        }
    }
}

impl From<Seconds> for f64 {
    fn from(it: Seconds) -> f64 {
        it.0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

impl TryFrom<f64> for Probability {
    type Error = &'static str;

    fn try_from(chance: f64) -> Result<Self, &'static str> {
        if (0.0..=1.0).contains(&chance) {
            Ok(Self(chance))
        } else {
            Err("probability must be between 0 and 1")
        }
    }
}

impl From<Probability> for f64 {
    fn from(it: Probability) -> f64 {
        it.0
    }
}

/// HTTP status of an error answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct ErrorStatus(u16);

impl Default for ErrorStatus {
    fn default() -> Self {
        Self(500)
    }
}

impl TryFrom<u16> for ErrorStatus {
    type Error = &'static str;

    fn try_from(status: u16) -> Result<Self, &'static str> {
        if (400..=599).contains(&status) {
            Ok(Self(status))
        } else {
            Err("status must be between 400 and 599")
        }
    }
}

impl From<ErrorStatus> for u16 {
    fn from(it: ErrorStatus) -> u16 {
        it.0
    }
}
