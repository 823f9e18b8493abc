//! The one translation from what went wrong into what people read: the step and its gate, what the gate saw,
//! who serves whom right now, and what to do next.

use super::decode;
use super::rollout::{Ending, How};
use crate::aws::{self, Kind};
use crate::bluegreen::extras::{Asked, Extras};
use crate::bluegreen::gate::Gate;
use crate::bluegreen::layout::Layout;
use crate::bluegreen::observed::Observed;
use crate::bluegreen::reconcile::Stuck;
use crate::bluegreen::routing::Role;
use crate::bluegreen::side::Side;
use crate::bluegreen::step::Step;
use crate::bluegreen::tell;
use terraform_plugin::{AttributePath, Diagnostic, Value};

const DATED: &str = "That is how it was before the last call: looking again failed or took too long.";

const OTHERS: &str = " Another apply, a script, a scaling policy or a colleague is at work on it; end that first. \
    State locking keeps two applies apart.";

const NOT_OURS: &str = " Nothing more was touched.";
const BORROWED: &str = " Let it forward elsewhere first. Nothing was touched.";

/// Why a run did not end well.
pub fn ending(ending: &Ending, layout: &Layout, next: &str) -> Option<Diagnostic> {
    let Ending { how, observed, dated, .. } = ending;
    let (path, summary, gate) = match how {
        How::Done => return None,
        How::Stuck(step, stuck) => stuck_at(step, stuck, layout),
        How::TimedOut(step) => {
            let at = waited_for(step.as_ref(), layout);
            (
                blame(step.as_ref()),
                "The time for this operation ran out".to_owned(),
                format!("It ran out at the step: {at}."),
            )
        }
        How::Interrupted(step) => {
            let at = waited_for(step.as_ref(), layout);
            (
                AttributePath::root(),
                "Interrupted".to_owned(),
                format!("The release was interrupted at the step: {at}. Nothing was reversed."),
            )
        }
        How::Refused(step, refusal) => (
            AttributePath::root(),
            "The guard refused a step".to_owned(),
            format!(
                "At the step \"{}\": {refusal}. This is a fault in the provider; please report it. Nothing was done.",
                step.sentence(layout)
            ),
        ),
        How::Failed(step, error) => {
            let at =
                step.as_ref().map_or("looking at what is there".to_owned(), |step| step.sentence(layout));
            (blame(step.as_ref()), summary_of(error), format!("At the step: {at}.\n{error}"))
        }
    };
    let mut parts = vec![gate];
    if let Some(observed) = observed {
        if let Some(side) = side_of(how) {
            parts.push(tell::state_of(observed, side));
        }
        parts.push(tell::who_serves(observed));
        if *dated {
            parts.push(DATED.to_owned());
        }
    }
    parts.push(next.to_owned());
    Some(Diagnostic::error(path, summary, parts.join("\n\n")))
}

fn stuck_at(step: &Step, stuck: &Stuck, layout: &Layout) -> (AttributePath, String, String) {
    let at = |step: &Step| format!(" at the step \"{}\"", step.sentence(layout));
    let waited = if step.waits() { at(step) } else { String::new() };
    let (at, summary, more) = match stuck {
        Stuck::ReleaseFailed { side, .. } => (waited, format!("The release on {side} failed"), ""),
        Stuck::Replaced { side, .. } => (waited, format!("The release on {side} was replaced"), ""),
        Stuck::WentBack { from, .. } => {
            (waited, format!("{from} fell ill after the switch, and the public was sent back"), "")
        }
        Stuck::NotOurs { .. } => {
            (String::new(), "Something here belongs to another resource".to_owned(), NOT_OURS)
        }
        Stuck::Claimed { .. } => (String::new(), "A tag that was copied".to_owned(), NOT_OURS),
        Stuck::Borrowed { side, .. } => {
            (String::new(), format!("Somebody else's rule sends its callers to {side}"), BORROWED)
        }
        Stuck::Contested { step, .. } => {
            (at(step), "Somebody else is changing this service".to_owned(), OTHERS)
        }
    };
    let path = match stuck {
        Stuck::Borrowed { .. } => AttributePath::root(),
        _ => stuck.side().map_or(AttributePath::root(), release_of),
    };
    (path, summary, format!("Stopped{at}: {stuck}.{more}"))
}

fn release_of(side: Side) -> AttributePath {
    AttributePath::root().attribute(side.name()).attribute("task_definition")
}

fn waited_for(step: Option<&Step>, layout: &Layout) -> String {
    step.map_or("the first look".to_owned(), |step| step.sentence(layout))
}

/// The attribute that most likely is at fault.
fn blame(step: Option<&Step>) -> AttributePath {
    match step {
        Some(
            Step::Await(Gate::Healthy { side, .. })
            | Step::Start { side, .. }
            | Step::Deploy { side, .. }
            | Step::CreateService { side, .. },
        ) => release_of(*side),
        Some(Step::CreateRule(to)) => match to.role {
            Role::Production => "production_priority".into(),
            Role::Canary => "canary_priority".into(),
            Role::Test => "test_listener".into(),
            Role::Parking => AttributePath::root(),
        },
        Some(Step::Reorder { .. }) => "production_priority".into(),
        _ => AttributePath::root(),
    }
}

fn side_of(how: &How) -> Option<Side> {
    match how {
        How::Stuck(_, stuck) => stuck.side(),
        How::TimedOut(Some(Step::Await(gate))) | How::Interrupted(Some(Step::Await(gate))) => match gate {
            Gate::Healthy { side, .. } => Some(*side),
            _ => None,
        },
        _ => None,
    }
}

fn summary_of(error: &aws::Error) -> String {
    match error.kind {
        Kind::Denied => format!("AWS denied {}", error.operation),
        Kind::Throttled => format!("AWS throttled {} for too long", error.operation),
        Kind::Unreachable => format!("AWS could not be reached for {}", error.operation),
        _ => format!("{} failed", error.operation),
    }
}

/// A run that ended well, and of which Terraform would still say that the provider broke its word: it planned with
/// names that others took away meanwhile.
pub fn made_anew(lost: &[String], observed: &Observed) -> Diagnostic {
    let parts = [
        format!(
            "While this apply ran, somebody else deleted {}, which it was to keep. It was made anew, and everything is as wished.",
            lost.join(" and ")
        ),
        tell::who_serves(observed),
        "The state holds the new names, so nothing needs to be done. If another apply was at work, state locking keeps the two apart."
            .to_owned(),
    ];
    let summary = "Something was deleted during the apply and made anew";
    Diagnostic::error(AttributePath::root(), summary, parts.join("\n\n"))
}

/// What somebody has put on the production rule or taken off it since the state was written.
pub fn extras(state: &Value, observed: &Observed) -> Option<Diagnostic> {
    let rule = observed.production().filter(|rule| !rule.matches.parked())?;
    // Of a state that knows no rule yet there is nothing to say.
    state.get("production_rule_arn").as_str()?;
    let told = |extras: &Extras| {
        let carried = Extras { conditions: Asked::default(), ..extras.clone() }.carried(None);
        [extras.conditions.value.words(), carried.words()].concat()
    };
    let known = decode::extras(state)?;
    let (before, now) = (told(&known), told(&Extras::of(rule)));
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|it| !those.contains(it)).cloned().collect::<Vec<_>>().join(", ")
    };
    let (more, less) = (only(&now, &before), only(&before, &now));
    let mut said = Vec::new();
    if !more.is_empty() {
        said.push(format!("It now has: {more}."));
    }
    if !less.is_empty() {
        said.push(format!("It no longer has: {less}."));
    }
    let detail = format!(
        "Somebody changed rule {} ({}). {} Where the configuration says nothing about it, it stays like that, on the rules of the canary and of the test listener too.",
        rule.priority,
        rule.id,
        said.join(" ")
    );
    let summary = "What the production rule asks and carries has changed";
    (!said.is_empty()).then(|| Diagnostic::warning("production_rule_arn", summary, detail))
}

/// A call that failed outside a run.
pub fn call(error: &aws::Error, what: &str) -> Diagnostic {
    let unknown = match error.kind {
        Kind::Throttled | Kind::Denied | Kind::Unreachable => {
            " What is there is therefore unknown; nothing was removed from the state."
        }
        _ => "",
    };
    Diagnostic::error(AttributePath::root(), summary_of(error), format!("While {what}: {error}.{unknown}"))
}
