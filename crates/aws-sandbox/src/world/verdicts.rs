//! What the faults in force do to one call.

use std::time::Duration;

use super::World;
use super::error::ApiError;
use super::faults::{Fault, Faults, Kind, Set, When};
use super::journal::Sender;
use super::operations::{Request, throttled};
use super::params::Api;
use crate::seam::Order;

#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub delay: Duration,
    /// Faults to wait at, before and after the effect.
    pub hold_before: Vec<u64>,
    pub hold_after: Vec<u64>,
    /// Close the connection before the effect.
    pub drop: bool,
    /// Answer with this instead of acting.
    pub error: Option<ApiError>,
    /// Act, then close the connection.
    pub lost_answer: bool,
    pub stale: Option<Duration>,
    pub missing: Option<Duration>,
}

fn matches(fault: &Fault, request: &Request, sender: &Sender) -> bool {
    (fault.operations.is_empty() || fault.operations.contains(&request.operation))
        && fault.api.is_none_or(|api| api == request.api)
        && fault.writes.is_none_or(|writes| writes == request.writes())
        && fault.caller.as_ref().is_none_or(|caller| *caller == sender.caller)
}

fn applies(set: &mut Set) -> bool {
    let Set { fault, matched, applied, dice, .. } = set;
    *matched += 1;
    let right = fault.call.is_none_or(|call| call == *matched)
        && fault.count.is_none_or(|count| *applied < count)
        && fault.probability.is_none_or(|chance| dice.fraction() < chance);
    *applied += u64::from(right);
    right
}

impl World {
    /// Takes down a call's arrival: its number, and what is to become of it.
    pub fn arrive(&mut self, now: Duration, request: &Request, sender: Sender) -> (u64, Verdict) {
        let mut verdict = Verdict::default();
        for (id, set) in &mut self.faults.set {
            let seconds = Duration::from_secs_f64(set.fault.seconds.unwrap_or(0.0).clamp(0.0, 1e9));
            let for_calls = !matches!(
                set.fault.kind,
                Kind::PassRole
                    | Kind::NotAssociated
                    | Kind::Propagation
                    | Kind::Unhealthy
                    | Kind::NeverHealthy
                    | Kind::Crash
            );
            let only_reads = matches!(set.fault.kind, Kind::Stale | Kind::Missing);
            if !for_calls
                || (only_reads && request.writes())
                || !matches(&set.fault, request, &sender)
                || !applies(set)
            {
                continue;
            }
            match set.fault.kind {
                Kind::Throttle => verdict.error = Some(throttled(request.api)),
                Kind::Error => verdict.error = Some(server_error(&set.fault, request.api)),
                Kind::AccessDenied => verdict.error = Some(denied(request)),
                Kind::Drop => verdict.drop = true,
                Kind::LostAnswer => verdict.lost_answer = true,
                Kind::Delay => verdict.delay += seconds,
                Kind::Hold if set.fault.when == When::Before => verdict.hold_before.push(*id),
                Kind::Hold => verdict.hold_after.push(*id),
                Kind::Stale => verdict.stale = verdict.stale.max(Some(seconds)),
                Kind::Missing => verdict.missing = verdict.missing.max(Some(seconds)),
                _ => {}
            }
        }
        (self.journal.arrived(now, request, sender), verdict)
    }

    /// Puts a fault in force. A crash happens at once and leaves nothing behind: id 0.
    pub fn fault(&mut self, now: Duration, fault: Fault) -> Result<u64, String> {
        if fault.kind == Kind::Crash {
            let victims = Faults::victims(&self.state, &fault);
            if victims.is_empty() {
                return Err("no such task".to_owned());
            }
            self.orders.extend(victims.into_iter().map(|task| Order::Kill { task }));
            return Ok(0);
        }
        self.remember(now);
        self.faults.add(now, fault)
    }
}

fn server_error(fault: &Fault, api: Api) -> ApiError {
    let status = fault.status.unwrap_or(500);
    let default = match (api, status) {
        (_, 503) => "ServiceUnavailable",
        (Api::Ecs, _) => "ServerException",
        (Api::Elb, _) => "InternalFailure",
    };
    let code = fault.code.as_deref().unwrap_or(default);
    let message = fault.message.as_deref().unwrap_or("Service Unavailable. Please try again later.");
    ApiError::new(code, message).with_status(status)
}

fn denied(request: &Request) -> ApiError {
    let (service, code, status) = match request.api {
        Api::Ecs => ("ecs", "AccessDeniedException", 400),
        Api::Elb => ("elasticloadbalancing", "AccessDenied", 403),
    };
    let text = format!(
        "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: {service}:{} on resource: * \
         because no identity-based policy allows the {service}:{} action",
        request.operation, request.operation
    );
    ApiError::new(code, text).with_status(status)
}
