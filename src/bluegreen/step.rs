//! One thing to do next, as plain data.

use super::gate::Gate;
use super::routing::{Role, RuleWish};
use super::side::Side;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    CreateGroup {
        side: Side,
    },
    ConfigureGroup {
        side: Side,
    },
    CreateRule(RuleWish),
    /// In place, in one atomic change.
    ChangeRule {
        id: String,
        to: RuleWish,
        why: Why,
    },
    DeleteRule {
        id: String,
        role: Role,
        priority: u32,
    },
    /// Rules' ARNs and their priorities, all at once.
    Reorder {
        to: Vec<(String, u32)>,
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
    /// Changes nothing: look again until the gate is open.
    Await(Gate),
    Lower {
        side: Side,
        from: u32,
        to: u32,
    },
    Tag {
        object: Object,
    },
    /// Says on a target group that it is still being created.
    Renew {
        side: Side,
    },
    /// Only when the resource is destroyed, as the next.
    DeleteService {
        side: Side,
    },
    DeleteGroup {
        side: Side,
    },
}

/// What a rule is changed for. For people and for the writing of it; what it does to whom is judged by its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Only a group of ours is missing from its forward; whom it sends where stays, others' groups included.
    Attach,
    /// It matches or sends otherwise than it should.
    Send,
    /// The way back while settling: the receiver fell ill and the old side still stands.
    SendBack,
}

/// What can carry tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    Service(Side),
    Group(Side),
    /// The rule's ARN and its role.
    Rule(String, Role),
}

impl Step {
    /// A step that only waits changes nothing and needs no permit.
    pub fn waits(&self) -> bool {
        matches!(self, Step::Await(_))
    }

    /// Changes who is sent where.
    pub fn routes(&self) -> bool {
        match self {
            Step::CreateRule(to) => !to.matches.parked(),
            Step::ChangeRule { why, .. } => *why != Why::Attach,
            Step::DeleteRule { role, .. } => *role != Role::Parking,
            Step::Reorder { .. } => true,
            _ => false,
        }
    }
}
