//! One thing to do next, as plain data, and the sentence people read for it.

use std::collections::BTreeSet;
use std::time::Duration;

use ipnet::IpNet;

use super::layout::{Layout, short_task_definition};
use super::side::Side;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    CreateGroup {
        side: Side,
    },
    ConfigureGroup {
        side: Side,
    },
    /// The production rule, parked: it matches nothing yet.
    CreateProduction,
    /// Add the missing group to the production rule at weight 0; moves nobody.
    Attach,
    /// A rule that matches nothing, to have both groups health-checked while production forwards to neither.
    Park,
    Unpark {
        id: String,
    },
    CreateService {
        side: Side,
        count: u32,
    },
    /// From zero tasks, as a deployment.
    Start {
        side: Side,
        to: u32,
    },
    /// More tasks on a side that has some.
    Raise {
        side: Side,
        from: u32,
        to: u32,
    },
    /// Another task definition or other task settings, in place.
    Deploy {
        side: Side,
        count: u32,
    },
    /// Service settings that replace no task.
    Configure {
        side: Side,
    },
    /// Wait until `side` is proved healthy at `need`.
    Await {
        side: Side,
        need: u32,
    },
    /// Wait until a service that is being deleted is gone.
    AwaitGone {
        side: Side,
    },
    /// The production rule's real conditions and everything to `to`, in one atomic change.
    Route {
        to: Side,
    },
    /// The way back while settling: the receiver fell ill and the old side still stands.
    Return {
        to: Side,
    },
    OpenCanary {
        side: Side,
        priority: u32,
        sources: BTreeSet<IpNet>,
    },
    ChangeCanary {
        id: String,
        side: Side,
        priority: u32,
        sources: BTreeSet<IpNet>,
    },
    CloseCanary {
        id: String,
        priority: u32,
    },
    OpenTest {
        side: Side,
    },
    ChangeTest {
        id: String,
        side: Side,
    },
    CloseTest {
        id: String,
    },
    SetPriorities {
        to: Vec<(String, u32)>,
    },
    /// Wait until the routing has been seen unchanged for `settle_time`.
    Hold {
        time: Duration,
    },
    Lower {
        side: Side,
        from: u32,
        to: u32,
    },
    Tag {
        object: Object,
    },
    /// Only when the resource is destroyed.
    DeleteProduction {
        id: String,
    },
    DeleteService {
        side: Side,
    },
    DeleteGroup {
        side: Side,
    },
}

/// What can carry tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    Service(Side),
    Group(Side),
    /// The rule's ARN and its role.
    Rule(String, &'static str),
}

impl Step {
    /// A step that only waits changes nothing and needs no leave.
    pub fn waits(&self) -> bool {
        matches!(self, Step::Await { .. } | Step::AwaitGone { .. } | Step::Hold { .. })
    }

    /// Changes who is sent where.
    pub fn routes(&self) -> bool {
        matches!(
            self,
            Step::Route { .. }
                | Step::Return { .. }
                | Step::OpenCanary { .. }
                | Step::ChangeCanary { .. }
                | Step::CloseCanary { .. }
                | Step::OpenTest { .. }
                | Step::ChangeTest { .. }
                | Step::CloseTest { .. }
                | Step::SetPriorities { .. }
                | Step::DeleteProduction { .. }
        )
    }

    /// The plain sentence that plans, logs and errors show.
    pub fn sentence(&self, layout: &Layout) -> String {
        let definition = |side: Side| short_task_definition(&layout.sides[side].task_definition).to_owned();
        let address = layout.address();
        let listed = |sources: &BTreeSet<IpNet>| {
            sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        match self {
            Step::CreateGroup { side } => format!("create the {side} target group"),
            Step::ConfigureGroup { side } => format!("change the settings of the {side} target group"),
            Step::CreateProduction => {
                format!(
                    "create the production rule ({}), parked: it matches nothing yet",
                    layout.production_priority
                )
            }
            Step::Attach => format!(
                "attach both target groups to the production rule ({}), moving nobody",
                layout.production_priority
            ),
            Step::Park => {
                "attach both target groups to a parked rule, so that they are health-checked".to_owned()
            }
            Step::Unpark { .. } => "delete the parked rule".to_owned(),
            Step::CreateService { side, count: 0 } => format!("create the {side} service with no tasks"),
            Step::CreateService { side, count } => {
                format!("create the {side} service: {} of {}", tasks(*count), definition(*side))
            }
            Step::Start { side, to } => format!("start {side}: 0 -> {} of {}", tasks(*to), definition(*side)),
            Step::Raise { side, from, to } => format!("raise {side}: {from} -> {}", tasks(*to)),
            Step::Deploy { side, count: 0 } => format!("give {side} {}, with no tasks", definition(*side)),
            Step::Deploy { side, .. } => format!("deploy {} on {side}, in place", definition(*side)),
            Step::Configure { side } => format!("change the settings of the {side} service"),
            Step::Await { side, need: 1 } => format!("wait until 1 {side} target is healthy"),
            Step::Await { side, need } => format!("wait until {need} {side} targets are healthy"),
            Step::AwaitGone { side } => format!("wait until the {side} service is gone"),
            Step::Route { to } => format!("send {address} to {to} (rule {})", layout.production_priority),
            Step::Return { to } => {
                format!("send {address} back to {to} (rule {})", layout.production_priority)
            }
            Step::OpenCanary { side, priority, sources } => {
                format!("send {address} from {} to {side} (rule {priority})", listed(sources))
            }
            Step::ChangeCanary { side, priority, sources, .. } => {
                format!(
                    "change the canary to send {address} from {} to {side} (rule {priority})",
                    listed(sources)
                )
            }
            Step::CloseCanary { priority, .. } => format!("close the canary (rule {priority})"),
            Step::OpenTest { side } => format!("open the test listener's rule to {side}"),
            Step::ChangeTest { side, .. } => format!("change the test listener's rule to {side}"),
            Step::CloseTest { .. } => "close the test listener's rule".to_owned(),
            Step::SetPriorities { to } => {
                let numbers =
                    to.iter().map(|(_, priority)| priority.to_string()).collect::<Vec<_>>().join(", ");
                format!("move the rules to priority {numbers}, all at once")
            }
            Step::Hold { time } => format!("hold {}", seconds(*time)),
            Step::Lower { side, from, to: 0 } => format!("stop {side}: {from} -> 0 tasks"),
            Step::Lower { side, from, to } => format!("lower {side}: {from} -> {}", tasks(*to)),
            Step::Tag { object: Object::Service(side) } => format!("tag the {side} service"),
            Step::Tag { object: Object::Group(side) } => format!("tag the {side} target group"),
            Step::Tag { object: Object::Rule(_, role) } => format!("tag the {role} rule"),
            Step::DeleteProduction { .. } => format!("delete the production rule of {address}"),
            Step::DeleteService { side } => format!("delete the {side} service"),
            Step::DeleteGroup { side } => format!("delete the {side} target group"),
        }
    }
}

fn tasks(count: u32) -> String {
    if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") }
}

fn seconds(time: Duration) -> String {
    let whole = time.as_secs_f64();
    format!("{whole}s")
}
