//! What the faults in force do to one call.

use std::time::Duration;

use super::fault::{Effect, When};
use super::in_force::Faults;
use crate::call::request::Request;

#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub delay: Duration,
    /// Faults to wait at, before and after the effect.
    pub hold_before: Vec<u64>,
    pub hold_after: Vec<u64>,
    /// Close the connection before the effect.
    pub drop: bool,
    /// Answer with this instead of acting.
    pub refused: Option<Refused>,
    /// Act, then close the connection.
    pub lost_answer: bool,
    pub stale: Option<Duration>,
    pub missing: Option<Duration>,
}

/// An error that each service words its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    Throttled,
    Denied,
    Failed { status: u16, code: Option<String>, message: Option<String> },
}

impl Faults {
    /// Counts a call where faults are for it, and sums up what they do to it.
    pub fn judge(&mut self, request: &Request, caller: &str) -> Verdict {
        let mut verdict = Verdict::default();
        for (id, set) in &mut self.set {
            let only_reads = matches!(set.fault.effect, Effect::Stale { .. } | Effect::Missing { .. });
            let Some(calls) = set.fault.effect.calls() else { continue };
            if (only_reads && request.writes()) || !calls.matches(request, caller) || !set.applies() {
                continue;
            }
            match &set.fault.effect {
                Effect::Throttle(_) => verdict.refused = Some(Refused::Throttled),
                Effect::AccessDenied(_) => verdict.refused = Some(Refused::Denied),
                Effect::Error { status, code, message, .. } => {
                    let (status, code, message) = ((*status).into(), code.clone(), message.clone());
                    verdict.refused = Some(Refused::Failed { status, code, message });
                }
                Effect::Drop(_) => verdict.drop = true,
                Effect::LostAnswer(_) => verdict.lost_answer = true,
                Effect::Delay { seconds, .. } => verdict.delay += seconds.duration(),
                Effect::Hold { when: When::Before, .. } => verdict.hold_before.push(*id),
                Effect::Hold { when: When::After, .. } => verdict.hold_after.push(*id),
                Effect::Stale { seconds, .. } => verdict.stale = verdict.stale.max(Some(seconds.duration())),
                Effect::Missing { seconds, .. } => {
                    verdict.missing = verdict.missing.max(Some(seconds.duration()));
                }
                _ => {}
            }
        }
        verdict
    }
}
