//! I1, I2 and I3: who is sent to what while it changes.

use aws_sandbox::seam::{Action, Condition, RuleView};
use aws_sandbox::witness::Scene;

type Broken = Vec<(&'static str, String)>;

/// Whether no caller can ever match: every host of the rule ends in `.invalid`.
fn parked(rule: &RuleView) -> bool {
    rule.conditions.iter().any(|condition| match condition {
        Condition::Host(hosts) => hosts.iter().all(|host| host.to_ascii_lowercase().ends_with(".invalid")),
        _ => false,
    })
}

fn groups(rule: &RuleView) -> &[(String, u32)] {
    match &rule.action {
        Action::Forward { groups, .. } => groups,
        _ => &[],
    }
}

/// Whether the rule sends anybody to the group.
fn sends(rule: &RuleView, group: &str) -> bool {
    !parked(rule) && groups(rule).iter().any(|(arn, weight)| arn == group && *weight > 0)
}

/// I1: a rule that callers can match is pointed at a group without a healthy target.
pub fn pointed(before: Option<&RuleView>, after: &RuleView, scene: &dyn Scene) -> Broken {
    let newly = |arn: &String| sends(after, arn) && !before.is_some_and(|before| sends(before, arn));
    let mut broken = Broken::new();
    for (arn, _) in groups(after).iter().filter(|(arn, _)| newly(arn)) {
        let targets = scene.targets(arn);
        if targets.iter().any(|(.., state)| *state == "healthy") {
            continue;
        }
        let seen: Vec<String> =
            targets.iter().map(|(ip, port, state)| format!("{ip}:{port} {state}")).collect();
        let what = format!(
            "rule {} (priority {}) now sends traffic to {arn}, which has no healthy target (targets: [{}])",
            after.arn,
            after.priority.unwrap_or_default(),
            seen.join(", ")
        );
        broken.push(("I1", what));
    }
    broken
}

/// I2 and I3: a service loses tasks while a rule, or a node's older view of one, still sends its groups traffic. Groups
/// that no rule names at all are being destroyed on purpose.
pub fn lowered(what: &str, of: &[String], to: u32, scene: &dyn Scene) -> Broken {
    let mut broken = Broken::new();
    let listeners = scene.listeners();
    let rules = || listeners.iter().flat_map(|listener| &listener.rules);
    for group in of {
        if let Some(rule) = rules().find(|rule| sends(rule, group)).filter(|_| to == 0) {
            broken.push(("I2", format!("{what} while {} sends it traffic", rule.arn)));
        }
        if !rules().any(|rule| groups(rule).iter().any(|(arn, _)| arn == group)) {
            continue;
        }
        for node in 0..scene.nodes() {
            let known = scene.known_to(node);
            let still = known.iter().flat_map(|listener| &listener.rules).find(|old| {
                let newer = rules().find(|rule| rule.arn == old.arn);
                let sent = newer.is_some_and(|newer| {
                    groups(newer).iter().any(|(arn, weight)| arn == group && *weight > 0)
                });
                sends(old, group) && !sent
            });
            if let Some(rule) = still {
                let arn = &rule.arn;
                broken.push((
                    "I3",
                    format!("{what} while node {node} still sends it traffic by its older view of {arn}"),
                ));
            }
        }
    }
    broken
}
