//! The facts in plain sentences: who serves whom now, and what a gate saw.

use super::layout::short_task_definition;
use super::observed::{Deployment, Observed, Standing, TargetHealth};
use super::routing::{Rule, Sends};
use super::side::Side;

/// Who serves the public and the chosen few, as the rules say right now.
pub fn who_serves(observed: &Observed) -> String {
    let public = match observed.production() {
        None => "The production rule does not exist, so nobody is sent to this service.".to_owned(),
        Some(rule) if rule.matches.parked() => {
            format!(
                "The production rule ({}) is parked, so nobody is sent to this service yet.",
                rule.priority
            )
        }
        Some(rule) => {
            format!("The public is served by {} (rule {}).", receiver(observed, rule), rule.priority)
        }
    };
    let canary: Vec<String> = observed
        .canary()
        .into_iter()
        .map(|rule| {
            let sources: Vec<String> = rule.matches.sources.iter().map(ToString::to_string).collect();
            format!("{} by {} (rule {})", sources.join(", "), receiver(observed, rule), rule.priority)
        })
        .collect();
    if canary.is_empty() {
        format!("{public} No canary is open.")
    } else {
        format!("{public} The canary is open: {}.", canary.join("; "))
    }
}

fn receiver(observed: &Observed, rule: &Rule) -> String {
    match (&rule.sends, rule.sends.only()) {
        (_, Some(side)) => format!("{side}, {}", running(&observed.sides[side])),
        (Sends::Elsewhere(action), _) => format!("something else ({action})"),
        (Sends::Forward(forward), _) => {
            let mut parts: Vec<String> = Side::BOTH
                .into_iter()
                .filter_map(|side| forward.ours[side].map(|weight| format!("{side} with weight {weight}")))
                .collect();
            parts.extend(
                forward.foreign.iter().map(|(group, weight)| format!("{group} with weight {weight}")),
            );
            parts.join(" and ")
        }
    }
}

fn running(standing: &Standing) -> String {
    standing.service.as_ref().map_or("which has no service".to_owned(), |service| {
        format!(
            "{}, {} of {} tasks running",
            short_task_definition(&service.task_definition),
            service.running,
            service.desired
        )
    })
}

/// Everything known about one side that explains why it is not proved healthy.
pub fn state_of(observed: &Observed, side: Side) -> String {
    let standing = &observed.sides[side];
    let mut lines = vec![format!("{side}: {}.", running(standing))];
    if let Some(service) = &standing.service {
        match &service.deployment {
            Deployment::Completed => {}
            Deployment::InProgress => lines.push("Its deployment is in progress.".to_owned()),
            Deployment::Failed(reason) => lines.push(format!("Its deployment failed: {reason}")),
        }
    }
    if let Some(group) = &standing.group {
        if group.targets.is_empty() {
            lines.push("No target is registered in its target group.".to_owned());
        }
        lines.extend(group.targets.iter().map(|target| {
            let state = match &target.health {
                TargetHealth::Initial => "initial",
                TargetHealth::Healthy => "healthy",
                TargetHealth::Unhealthy => "unhealthy",
                TargetHealth::Unused => "unused",
                TargetHealth::Draining => "draining",
                TargetHealth::Other(state) => state,
            };
            let reason =
                if target.reason.is_empty() { String::new() } else { format!(" ({})", target.reason) };
            format!("Target {} is {state}{reason}.", target.address)
        }));
    }
    if let Some(service) = &standing.service {
        lines.extend(service.remarks.iter().cloned());
    }
    lines.join("\n")
}
