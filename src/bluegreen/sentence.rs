//! The plain sentence for a step, which plans, logs and errors show.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::layout::{Layout, short_task_definition};
use super::listener;
use super::routing::{Role, RuleWish};
use super::side::Side;
use super::step::{Object, Step, Why};

impl Step {
    pub fn sentence(&self, layout: &Layout) -> String {
        let definition = |side: Side| short_task_definition(&layout.sides[side].task_definition).to_owned();
        match self {
            Step::CreateGroup { side } => format!("create the {side} target group"),
            Step::ConfigureGroup { side } => format!("change the settings of the {side} target group"),
            Step::CreateRule(to) => created(to, layout),
            Step::ChangeRule { to, why, .. } => changed(to, *why, layout),
            Step::DeleteRule { id, role, priority } if leaves(id, *role, layout) => format!(
                "delete the {} rule ({priority}) on the listener {}, which is left",
                role.name(),
                listener::id(&listener::of_rule(id).unwrap_or_default())
            ),
            Step::DeleteRule { role, priority, .. } => match role {
                Role::Production => format!("delete the production rule of {}", layout.address()),
                Role::Canary => format!("close the canary (rule {priority})"),
                Role::Test => "close the test listener's rule".to_owned(),
                Role::Parking => "delete the parked rule".to_owned(),
            },
            Step::Reorder { to } => {
                let numbers =
                    to.iter().map(|(_, priority)| priority.to_string()).collect::<Vec<_>>().join(", ");
                format!("move the rules to priority {numbers}, all at once")
            }
            Step::CreateService { side, count: 0 } => format!("create the {side} service with no tasks"),
            Step::CreateService { side, count } => {
                format!("create the {side} service: {} of {}", tasks(*count), definition(*side))
            }
            Step::Start { side, to } => format!("start {side}: 0 -> {} of {}", tasks(*to), definition(*side)),
            Step::Raise { side, from, to } => format!("raise {side}: {from} -> {}", tasks(*to)),
            Step::Deploy { side, count: 0 } => format!("give {side} {}, with no tasks", definition(*side)),
            Step::Deploy { side, .. } => format!("deploy {} on {side}, in place", definition(*side)),
            Step::Configure { side } => format!("change the settings of the {side} service"),
            Step::Await(gate) => gate.sentence(),
            Step::Lower { side, from, to: 0 } => format!("stop {side}: {from} -> 0 tasks"),
            Step::Lower { side, from, to } => format!("lower {side}: {from} -> {}", tasks(*to)),
            Step::Tag { object: Object::Service(side) } => format!("tag the {side} service"),
            Step::Tag { object: Object::Group(side) } => format!("tag the {side} target group"),
            Step::Tag { object: Object::Rule(_, role) } => format!("tag the {} rule", role.name()),
            Step::Renew { side } => format!("say that the {side} target group is still being created"),
            Step::DeleteService { side } => format!("delete the {side} service"),
            Step::DeleteGroup { side } => format!("delete the {side} target group"),
        }
    }
}

/// On another listener than rules of that role are to be on.
fn leaves(rule: &str, role: Role, layout: &Layout) -> bool {
    let (wished, is) = (layout.listener_of(role), listener::of_rule(rule));
    wished.zip(is).is_some_and(|(wished, is)| wished != is)
}

fn created(to: &RuleWish, layout: &Layout) -> String {
    match to.role {
        Role::Production if to.matches.parked() => {
            format!("create the production rule ({}), parked: it matches nothing yet", to.priority)
        }
        Role::Production => format!(
            "send {} to {} by the listener {} too (rule {})",
            layout.address(),
            receiver(to),
            listener::id(&to.listener),
            to.priority
        ),
        Role::Canary => format!(
            "send {} from {} to {} (rule {})",
            layout.address(),
            listed(&to.matches.sources),
            receiver(to),
            to.priority
        ),
        Role::Test => format!("open the test listener's rule to {}", receiver(to)),
        Role::Parking => {
            "attach both target groups to a parked rule, so that they are health-checked".to_owned()
        }
    }
}

fn changed(to: &RuleWish, why: Why, layout: &Layout) -> String {
    let address = layout.address();
    match (to.role, why) {
        (Role::Canary, _) => format!(
            "change the canary to send {address} from {} to {} (rule {})",
            listed(&to.matches.sources),
            receiver(to),
            to.priority
        ),
        (Role::Test, _) => format!("change the test listener's rule to {}", receiver(to)),
        (_, Why::Attach) => {
            format!("attach both target groups to the production rule ({}), moving nobody", to.priority)
        }
        (_, Why::Send) => format!("send {address} to {} (rule {})", receiver(to), to.priority),
        (_, Why::SendBack) => format!("send {address} back to {} (rule {})", receiver(to), to.priority),
    }
}

fn receiver(to: &RuleWish) -> String {
    to.sends.only().map_or_else(|| "both sides".to_owned(), |side| side.to_string())
}

fn listed(sources: &BTreeSet<IpNet>) -> String {
    sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn tasks(count: u32) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}
