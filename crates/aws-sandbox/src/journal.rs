//! Every API call, in order of arrival.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

use crate::call::request::{Request, Sender};

/// Calls kept.
const MOST: usize = 50_000;

#[derive(Debug, Default)]
pub struct Journal {
    calls: VecDeque<Call>,
    last: u64,
}

#[derive(Debug)]
struct Call {
    number: u64,
    arrived: Duration,
    request: Request,
    sender: Sender,
    answered: Option<(Duration, Outcome)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered {
        status: u16,
        error: Option<String>,
    },
    /// The connection was closed without an answer, by a fault or by the caller.
    Closed,
}

/// Members of requests that are nobody's business or too large to keep.
const NOT_KEPT: [&str; 4] = ["PrivateKey", "Body", "Headers", "WebIdentityToken"];

impl Journal {
    /// Takes down a call; its number, from 1.
    pub fn arrived(&mut self, now: Duration, request: &Request, sender: Sender) -> u64 {
        self.last += 1;
        let mut request = request.clone();
        if !request.writes() {
            request.params = Value::Null;
        }
        if let Some(params) = request.params.as_object_mut() {
            params.retain(|name, _| !NOT_KEPT.contains(&name.as_str()));
        }
        self.calls.push_back(Call { number: self.last, arrived: now, request, sender, answered: None });
        if self.calls.len() > MOST {
            self.calls.pop_front();
        }
        self.last
    }

    fn find(&self, number: u64) -> Option<usize> {
        let first = self.calls.front()?.number;
        usize::try_from(number.checked_sub(first)?).ok()
    }

    pub fn answered(&mut self, now: Duration, number: u64, outcome: Outcome) {
        if let Some(call) = self.find(number).and_then(|index| self.calls.get_mut(index)) {
            call.answered.get_or_insert((now, outcome));
        }
    }

    /// When a call arrived, and whose it is.
    pub fn arrival(&self, number: u64) -> Option<(Duration, String)> {
        let call = self.find(number).and_then(|index| self.calls.get(index))?;
        Some((call.arrived, call.sender.caller.clone()))
    }

    /// Calls after number `since`.
    pub fn json(&self, since: u64) -> Value {
        let first = self.find(since + 1).unwrap_or(0);
        let calls: Vec<Value> = self
            .calls
            .iter()
            .skip(first)
            .map(|call| {
                let (status, error) = match &call.answered {
                    Some((_, Outcome::Answered { status, error })) => (Some(*status), error.as_deref()),
                    _ => (None, None),
                };
                json!({
                    "number": call.number,
                    "time": call.arrived.as_secs_f64(),
                    "answered": call.answered.as_ref().map(|(at, _)| at.as_secs_f64()),
                    "service": call.request.service,
                    "operation": call.request.operation,
                    "writes": call.request.writes(),
                    "parameters": call.request.params,
                    "status": status,
                    "error": error,
                    "closed": matches!(call.answered, Some((_, Outcome::Closed))),
                    "attempt": call.sender.attempt,
                    "caller": call.sender.caller,
                    "user_agent": call.sender.user_agent,
                })
            })
            .collect();
        json!({"calls": calls, "last": self.last})
    }
}
