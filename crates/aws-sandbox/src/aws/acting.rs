//! One call takes effect: through faults, rate limits and its service's row, to an answer.

use std::time::Duration;

use serde_json::{Value, json};

use super::services::{self, Row};
use super::witness::Change;
use super::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;
use crate::call::request::{Request, Sender};
use crate::faults::fault::{Effect, Fault};
use crate::faults::verdict::{Refused, Verdict};
use crate::seam::Order;

impl World {
    /// Takes down a call's arrival: its number, and what is to become of it.
    pub fn arrive(&mut self, now: Duration, request: &Request, sender: Sender) -> (u64, Verdict) {
        let verdict = self.faults.judge(request, &sender.caller);
        (self.journal.arrived(now, request, sender), verdict)
    }

    /// Answers one call. Time must have been let pass up to `now` by `tick`.
    pub fn act(&mut self, now: Duration, number: u64, request: &Request, verdict: &Verdict) -> Answer {
        let row = services::row(request.service);
        if let Some(refused) = &verdict.refused {
            return Err(self.refusal(row, refused, &request.operation));
        }
        if self.settings.enforce_rate_limits && !self.limits.take(now, &(row.buckets)(request)) {
            return Err(row.dialect.throttled());
        }
        let params = &Params::new(row.dialect, &request.params);
        let read = |state| (row.read)(state, &self.settings, now, &request.operation, params);
        let answer = match (verdict.missing, verdict.stale) {
            (Some(young), _) => read(&self.state.without_younger_than(now.saturating_sub(young))),
            (None, Some(back)) => read(self.history.as_of(now.saturating_sub(back)).unwrap_or(&self.state)),
            (None, None) => read(&self.state),
        };
        match answer {
            Some(answer) => answer,
            None => self.write(now, number, request, row, params),
        }
    }

    fn write(&mut self, now: Duration, number: u64, request: &Request, row: &Row, params: &Params) -> Answer {
        self.remember(now);
        let operation = request.operation.as_str();
        let touched = match self.witness {
            Some(_) => (row.touches)(&self.state, operation, params),
            None => Vec::new(),
        };
        let answer =
            (row.write)(self, now, operation, params).unwrap_or_else(|| Err(row.dialect.unknown(request)));
        let mut changes = std::mem::take(&mut self.changes);
        if answer.is_ok() {
            changes.push(Change::Done { touched, tagging: (row.tagging)(params) });
            self.tell(number, operation, changes);
        }
        answer
    }

    fn refusal(&self, row: &Row, refused: &Refused, operation: &str) -> ApiError {
        match refused {
            Refused::Throttled => row.dialect.throttled(),
            Refused::Denied => row.dialect.denied(&self.settings.place.account, operation),
            Refused::Failed { status, code, message } => {
                row.dialect.failure(*status, code.as_deref(), message.as_deref())
            }
        }
    }

    /// Puts a fault in force. A crash happens at once and leaves nothing behind: id 0.
    ///
    /// # Errors
    /// A crash that is for no task.
    pub fn fault(&mut self, now: Duration, fault: Fault) -> Result<u64, String> {
        if let Effect::Crash { count, .. } = &fault.effect {
            let alive = self.state.ecs.tasks.values().filter(|task| task.stopped.is_none());
            let meant = alive
                .filter(|task| self.state.ecs.suspect(task).is_some_and(|it| it.may_crash(&fault.effect)));
            let victims: Vec<Order> = meant
                .take(count.unwrap_or(usize::MAX))
                .map(|task| Order::Kill { task: task.id.clone() })
                .collect();
            if victims.is_empty() {
                return Err("no such task".to_owned());
            }
            self.orders.extend(victims);
            return Ok(0);
        }
        self.remember(now);
        Ok(self.faults.add(now, fault))
    }

    /// What is held against callers, and what became of requests, for `/_sandbox/violations`.
    pub fn violations_json(&self) -> Value {
        let complaints = self.witness.as_ref().map(|witness| witness.complaints()).unwrap_or_default();
        json!({
            "violations": complaints,
            "unserved": self.traffic.unserved_json(),
            "totals": self.traffic.totals_json(),
        })
    }

    pub fn forget_violations(&mut self) {
        self.traffic = Default::default();
        if let Some(witness) = &mut self.witness {
            witness.forget();
        }
    }
}
