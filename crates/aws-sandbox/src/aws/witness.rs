//! Who watches the world, and what he is told: every change that callers make, as it takes effect, in plain data.

use std::fmt::Debug;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::tags::Tags;
use crate::seam::{ListenerView, Node, RuleView};

/// A judge of what callers do. What is good order among them is his business, not AWS's.
pub trait Witness: Send + Debug {
    fn saw(&mut self, event: &Event, scene: &dyn Scene);

    /// What he holds against callers so far, for `/_sandbox/violations`.
    fn complaints(&self) -> Vec<Complaint>;

    fn forget(&mut self);
}

/// One change made by one successful call.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When the call arrived, in sandbox time.
    pub at: Duration,
    /// The call's number in `/_sandbox/calls`.
    pub call: u64,
    /// Access key id.
    pub caller: String,
    pub operation: String,
    pub change: Change,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A listener rule was made (there was none before) or modified.
    Rule { before: Option<Box<RuleView>>, after: Box<RuleView> },
    /// A service is to have fewer tasks, or is deleted and is to have none.
    Lowered { service: String, groups: Vec<String>, from: u32, to: u32 },
    /// The call is over. Everything it changed or deleted, with the tags each thing had before, and the tags the call
    /// carried itself.
    Done { touched: Vec<(String, Tags)>, tagging: Tags },
}

/// The world as a witness sees it when he is told of an event.
pub trait Scene {
    /// Listeners as the API tells of them, with all their rules.
    fn listeners(&self) -> Vec<ListenerView>;

    fn nodes(&self) -> usize;

    /// Listeners as a node has them, which may be behind.
    fn known_to(&self, node: Node) -> Vec<Arc<ListenerView>>;

    /// Address, port and state (`healthy`, `initial` …) of a group's targets.
    fn targets(&self, group: &str) -> Vec<(Ipv4Addr, u16, &'static str)>;
}

#[derive(Clone, Debug, Serialize)]
pub struct Complaint {
    /// Sandbox seconds.
    pub time: f64,
    pub invariant: &'static str,
    pub what: String,
    pub call: u64,
    pub caller: String,
}
