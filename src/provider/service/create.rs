//! `ApplyResourceChange` where nothing is there yet. A create that serves somebody never comes back as an error:
//! Terraform would replace it at the next apply.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::apply::Applying;
use super::rollout::{Ending, How, Rollout};
use super::{explain, inputs, planned, private, state};
use crate::aws::Depth;
use crate::bluegreen::guard::Intent;
use crate::bluegreen::layout::Layout;
use crate::bluegreen::listener;
use crate::bluegreen::observed::Observed;
use crate::bluegreen::owned::{self, Claims};
use crate::bluegreen::side::Side;
use crate::provider::clock::Clock;
use terraform_plugin::{
    ApplyRequest, ApplyResponse, AttributePath, Diagnostic, Diagnostics, Severity, Value,
};

/// How long what a failed create made may take to go away again.
const CLEAN_UP: Duration = Duration::from_secs(10 * 60);
/// For the last words of a creation that stays in the state: Terraform waits that long after one Ctrl-C.
const LEAVING: Duration = Duration::from_secs(20);
/// Between looks at what another creation of the same name is doing.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

const GONE: &str = "Nothing was left behind. Put right what is named above and apply again.";
const LEFT: &str = "Nobody is served by what was made so far. It is in the state, marked as tainted: the next apply takes it away and makes it anew.";
const LOST: &str = "Terraform is gone, so what was made so far is in no state.";
const SERVES: &str = "It serves, so it counts as created. The next plan shows what is left to do, and the next apply goes on from here.";

impl Applying {
    pub async fn create(&mut self, request: &ApplyRequest) -> ApplyResponse {
        let problems = self.preflight().await;
        if problems.has_errors() {
            return ApplyResponse { diagnostics: problems, ..ApplyResponse::default() };
        }
        self.layout.creating = Some(self.clock.unix());
        let ending = self.rollout(Intent::Create).await;
        let Some(observed) = &ending.observed else {
            return self.ended(&ending, "Nothing was seen and nothing was done.");
        };
        if matches!(ending.how, How::Done) {
            return self.done(request, observed);
        }
        let stopped = matches!(ending.how, How::Interrupted(_));
        // Terraform is gone, so no state gets what was made: it stays as it is, to be taken up when it counts as given up.
        if request.gone.is_cancelled() {
            return self.ended(&ending, LOST);
        }
        // The look may be answered from before what this run did.
        if (ending.routed || seen_to_serve(&ending)) && (stopped || matches!(ending.how, How::TimedOut(_))) {
            return self.as_created(request, observed, &ending).await;
        }
        if stopped {
            return self.left(request, observed, &ending).await;
        }
        let cleaned = self.rollout_at(Intent::CleanUp, Clock::new(self.connected.speed), CLEAN_UP).await;
        if matches!(cleaned.how, How::Done) {
            return self.ended(&ending, GONE);
        }
        let serves = seen_to_serve(&cleaned) || (ending.routed && !cleaned.routed);
        let observed = cleaned.observed.as_ref().unwrap_or(observed);
        if serves {
            self.as_created(request, observed, &ending).await
        } else {
            self.left(request, observed, &ending).await
        }
    }

    fn ended(&self, ending: &Ending, next: &str) -> ApplyResponse {
        let diagnostics = explain::ending(ending, &self.layout, next).into_iter().collect();
        ApplyResponse { diagnostics, ..ApplyResponse::default() }
    }

    /// An error, and what is there in the state.
    async fn left(&self, request: &ApplyRequest, observed: &Observed, ending: &Ending) -> ApplyResponse {
        let observed = &self.no_longer_made(observed).await;
        let ours = Claims::new(observed, &self.layout).ours();
        if ours.nothing() {
            return self.ended(ending, GONE);
        }
        let mut state = state::object(&request.planned, &ours);
        state.set("creation_id", self.whose.id.as_str());
        state.set("rollout_steps", Value::list::<Value>([]));
        ApplyResponse { state, private: private::encode(observed), ..self.ended(ending, LEFT) }
    }

    /// What was planned, as Terraform insists, with the names and the phase as they are.
    async fn as_created(
        &self,
        request: &ApplyRequest,
        observed: &Observed,
        ending: &Ending,
    ) -> ApplyResponse {
        let observed = &self.no_longer_made(observed).await;
        let ours = Claims::new(observed, &self.layout).ours();
        let mut state = request.planned.clone();
        state.set("creation_id", self.whose.id.as_str());
        state::names(&mut state, &ours);
        state.set("phase", state::object(&request.planned, &ours).get("phase").clone());
        state::known(&mut state);
        let warning = explain::ending(ending, &self.layout, SERVES);
        let warning = warning.map(|said| Diagnostic { severity: Severity::Warning, ..said });
        ApplyResponse {
            state,
            private: private::encode(observed),
            diagnostics: warning.into_iter().collect(),
        }
    }

    /// What a state holds is not for others to take up, so its tags say no more that it is being made. Where that fails, the
    /// next apply says it.
    async fn no_longer_made(&self, observed: &Observed) -> Observed {
        let layout = Layout { creating: None, ..self.layout.clone() };
        let (clock, stop) = (Clock::new(self.connected.speed), CancellationToken::new());
        let (aws, whose) = (&self.connected.aws.until(stop.clone()), &self.whose);
        let rollout = Rollout { aws, whose, layout: &layout, clock, stop, timeout: LEAVING };
        let ended = tokio::time::timeout(LEAVING, rollout.run(Intent::Leave)).await;
        ended.ok().and_then(|ended| ended.observed).unwrap_or_else(|| observed.clone())
    }

    /// Before the first write of a create, where nothing has been read: that everything referred to exists, and
    /// what a plan after a read would have found.
    async fn preflight(&mut self) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        match self.connected.aws.check_inputs(&self.whose, &self.layout).await {
            Ok(missing) => {
                missing.into_iter().map(inputs::missing).for_each(|missing| diagnostics.push(missing));
            }
            Err(error) => diagnostics.push(explain::call(&error, "checking what the service refers to")),
        }
        if diagnostics.has_errors() {
            return diagnostics;
        }
        match self.alone().await {
            Ok(observed) => {
                diagnostics.extend(planned::problems(&observed, &self.layout));
                if !diagnostics.has_errors() {
                    diagnostics.extend(self.no_room(&observed).await);
                }
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
        diagnostics
    }

    /// What is there, once no other creation of this name is at work: it has been finished, which the look then tells,
    /// or was given up.
    async fn alone(&mut self) -> Result<Observed, Diagnostic> {
        let mut said = false;
        loop {
            self.layout.creating = Some(self.clock.unix());
            let look = self.connected.aws.observe(&self.whose, Depth::Facts).await;
            let observed =
                look.map_err(|error| explain::call(&error, "looking for what is already there"))?;
            if Claims::new(&observed, &self.layout).being_made().is_none() {
                return Ok(observed);
            }
            let other = format!("another creation of {} is under way", self.layout.owner());
            if !said {
                tracing::info!(service = self.layout.owner(), "waiting: {other}");
                said = true;
            }
            if self.stop.is_cancelled() || self.clock.now() >= self.timeout {
                let detail = format!(
                    "Nothing was done, because {other}: see the tag bluegreen:creating on its target groups."
                );
                let summary = if self.stop.is_cancelled() {
                    "Interrupted"
                } else {
                    "The time for this operation ran out"
                };
                return Err(Diagnostic::error(AttributePath::root(), summary, detail));
            }
            tokio::select! {
                () = self.clock.sleep(BETWEEN_LOOKS) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }
}

/// Why what is there cannot be imported yet: a creation is at it, or takes it up by itself.
pub fn half_made(owner: &str, observed: &Observed, now: u64) -> Option<Diagnostic> {
    let groups = Side::BOTH.into_iter().filter_map(|side| observed.sides[side].group.as_ref());
    let at = groups.filter_map(owned::renewed).max()?;
    let serves = Side::BOTH.into_iter().any(|side| observed.used(side) || observed.borrower(side).is_some());
    let detail = if now < at.saturating_add(owned::GIVEN_UP) {
        format!(
            "{owner} is being created, or its creation was broken off within the last three minutes: see the tag \
             bluegreen:creating on its target groups. Wait until it has ended, and import it then if no state has it."
        )
    } else if serves {
        return None;
    } else {
        let listener = observed.rules.first().and_then(|rule| listener::of_rule(&rule.id));
        let on = listener.map_or(String::new(), |on| format!(" with listener_arn = \"{on}\""));
        format!(
            "A creation of {owner} was broken off before anybody was served. There is no need to import what it left \
             behind: apply the resource{on} without an import, and the creation goes on with what is there."
        )
    };
    Some(Diagnostic::error(AttributePath::root(), "This is half made", detail))
}

/// Somebody is sent here by the last look.
fn seen_to_serve(ending: &Ending) -> bool {
    let sent = |observed: &Observed| Side::BOTH.into_iter().any(|side| observed.used(side));
    ending.observed.as_ref().is_some_and(sent)
}
