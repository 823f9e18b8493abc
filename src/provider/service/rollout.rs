//! A rollout, from the first look to its end: look, decide, do one thing, look again. Everything that can end it
//! ends here.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::aws::{Aws, Depth, Error, Kind, Ownership};
use crate::bluegreen::guard::{Intent, Refusal};
use crate::bluegreen::layout::Layout;
use crate::bluegreen::observed::Observed;
use crate::bluegreen::owned::Claims;
use crate::bluegreen::reconcile::{Stuck, Turn, Turns};
use crate::bluegreen::step::Step;
use crate::provider::clock::Clock;

/// Between looks while waiting. A tenth of what is usually waited for, and few calls.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// Calls in a row that may fail for a passing reason before the rollout gives up. The pauses double from 250 ms up to
/// 20 s, so the twelfth comes after 0.25 + 0.5 + … + 16 + 5 × 20 ≈ 132 s: two minutes in which a
/// throttled account or a dropped network may come back, of the tens of minutes an operation has.
const PASSING_FAILURES: u32 = 12;
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// For the look after a rollout that did not end well. Terraform waits for as long after one Ctrl-C; what does not wait
/// (a shutdown, a second Ctrl-C) does not ask for the answer either.
const LAST_LOOK: Duration = Duration::from_secs(20);

/// What one rollout works with.
pub struct Rollout<'a> {
    pub aws: &'a Aws,
    pub whose: &'a Ownership,
    pub layout: &'a Layout,
    pub clock: Clock,
    pub stop: CancellationToken,
    pub timeout: Duration,
}

/// How a rollout ended, and the last that was seen.
pub struct Ending {
    pub how: How,
    /// `None` when nothing could be looked at, not even once.
    pub observed: Option<Observed>,
    /// The last look failed, so that `observed` may be from before the last act.
    pub dated: bool,
    /// A call that changes who is sent where was made, and not refused. A look may be answered from before it.
    pub routed: bool,
}

#[derive(Debug)]
pub enum How {
    Done,
    Stuck(Step, Stuck),
    TimedOut(Option<Step>),
    Interrupted(Option<Step>),
    Refused(Step, Refusal),
    /// A call failed for good; the step it was for, or a look.
    Failed(Option<Step>, Error),
}

impl Rollout<'_> {
    /// Brings what is there to what is wished, one act at a time.
    ///
    /// # Guarantees
    /// - Every act was let through by the guard on the facts of the look just before it, and no two acts run at once.
    /// - An act that was begun is waited for: an interrupt, a timeout and a lost answer end the loop between two
    ///   calls, never within one, and nothing is reversed. (The one exception is the guard's own: while a switch
    ///   settles and the receiver falls ill, the public goes back to the side that still stands.)
    /// - It ends: done, stuck with the reason, refused, failed for good, out of time or interrupted. Unless it is
    ///   done, the last thing it does is to look once more, so that what is stored is what is there.
    ///
    /// # Assumptions
    /// - Looking again is always enough to know where one is: AWS is the only record. A rollout that is killed at any
    ///   point is continued by the next one's first turn.
    /// - AWS may answer late, from a stale copy, or not at all though the effect took place. Each costs a turn.
    /// - Between a look and the act that follows from it others may act. Nothing here is atomic but the single call.
    ///
    /// # What may be lost
    /// What was seen over time: since when a target is healthy and the routing stands, and where the public came
    /// from. Losing it costs patience, and the automatic way back of a switch made before the loss; never traffic.
    ///
    /// # Errors
    /// None are returned: they are in `Ending::how`, beside what was last seen.
    pub async fn run(&self, intent: Intent) -> Ending {
        let mut turns = Turns::new(intent);
        let mut seen = None;
        let mut waiting_for = None;
        let mut failures = 0;
        let mut routed = false;
        let mut whose = self.whose.clone();
        let mut layout = self.layout.clone();
        let how = loop {
            if let Some(over) = self.over(waiting_for.as_ref()) {
                break over;
            }
            // A look changes nothing, so it need not be finished; an act is.
            let look = tokio::select! {
                look = self.aws.observe(&whose, Depth::Proof) => look,
                () = self.stop.cancelled() => break How::Interrupted(waiting_for),
            };
            let observed = match look {
                Ok(observed) => observed,
                Err(error) => match self.pause_after(error, &mut failures).await {
                    Some(error) => break How::Failed(None, error),
                    None => continue,
                },
            };
            let observed = seen.insert(observed);
            layout.creating = layout.creating.map(|_| self.clock.unix());
            // What was ours once in this run stays ours, wherever somebody moves it and though its tag is lost.
            whose.known.extend(Claims::new(observed, &layout).ours().arns());
            match turns.next(observed, &layout, self.clock.now()) {
                // All that is left to do is to say so.
                Turn::Done if layout.creating.is_some() => layout.creating = None,
                Turn::Done => break How::Done,
                Turn::Stuck(stuck) => {
                    break How::Stuck(waiting_for.unwrap_or(Step::Await(self.layout.settle())), stuck);
                }
                Turn::Refused(step, refusal) => break How::Refused(step, refusal),
                Turn::Wait(step) => {
                    failures = 0;
                    self.say(&step, &mut waiting_for, "waiting");
                    self.sleep(BETWEEN_LOOKS).await;
                }
                Turn::Act(act) => {
                    // The look may have been the last that there was time for, or an interrupt came with its end.
                    if let Some(over) = self.over(Some(act.step())) {
                        break over;
                    }
                    self.say(act.step(), &mut waiting_for, "doing");
                    match self.aws.perform(&act, &whose, &layout, observed).await {
                        Ok(()) => {
                            failures = 0;
                            routed |= act.step().routes();
                            let times = turns.acted(act.step());
                            self.sleep(BETWEEN_LOOKS * u32::from(times - 1)).await;
                        }
                        // How it ends is known where the loop begins.
                        Err(error) if error.kind == Kind::Stopped => {}
                        Err(error) => {
                            // The call may have had its effect all the same.
                            turns.tried(act.step());
                            routed |= act.step().routes() && error.kind.worth_retrying();
                            if let Some(error) = self.pause_after(error, &mut failures).await {
                                break How::Failed(Some(act.step().clone()), error);
                            }
                        }
                    }
                }
            }
        };
        if matches!(how, How::Done) {
            return Ending { how, observed: seen, dated: false, routed };
        }
        // What is stored is what is there, not what was there before the last act.
        let look = tokio::time::timeout(LAST_LOOK, self.aws.observe(&whose, Depth::Proof)).await;
        let fresh = look.ok().and_then(Result::ok);
        Ending { how, dated: fresh.is_none(), observed: fresh.or(seen), routed }
    }

    /// Whether this is the end, at that step.
    fn over(&self, at: Option<&Step>) -> Option<How> {
        if self.stop.is_cancelled() {
            return Some(How::Interrupted(at.cloned()));
        }
        (self.clock.now() >= self.timeout).then(|| How::TimedOut(at.cloned()))
    }

    /// `None` after a pause, when trying again may help.
    async fn pause_after(&self, error: Error, failures: &mut u32) -> Option<Error> {
        *failures += 1;
        let passing = error.kind.worth_retrying() || matches!(error.kind, Kind::Conflict | Kind::NotFound);
        let most = if error.kind == Kind::NotFound { PASSING_FAILURES / 3 } else { PASSING_FAILURES };
        if !passing || *failures > most {
            return Some(error);
        }
        tracing::warn!(operation = error.operation, "{error}; trying again");
        let pause = Duration::from_millis(250) * 2u32.saturating_pow(failures.saturating_sub(1));
        self.sleep(pause.min(LONGEST_PAUSE)).await;
        None
    }

    async fn sleep(&self, time: Duration) {
        tokio::select! {
            () = self.clock.sleep(time) => {}
            () = self.stop.cancelled() => {}
        }
    }

    fn say(&self, step: &Step, before: &mut Option<Step>, how: &str) {
        if before.as_ref() != Some(step) {
            tracing::info!(service = self.layout.owner(), "{how}: {}", step.sentence(self.layout));
        }
        *before = Some(step.clone());
    }
}
