//! Listener rules as data: what each is for, which requests it matches, and which side it sends them to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::carried::Carried;
use super::listener;
use super::matches::Matches;
use super::owned::Mark;
use super::side::{Pair, Side};

/// What a rule of ours is for. Its name is what the role tag says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sends the public, and keeps both target groups attached.
    Production,
    /// Sends the chosen few to the candidate, from above the production rule.
    Canary,
    /// Always reaches the candidate, on a listener of its own.
    Test,
    /// Matches nothing, and keeps the groups attached while production cannot.
    Parking,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Production, Role::Canary, Role::Test, Role::Parking];

    pub fn name(self) -> &'static str {
        match self {
            Role::Production => "production",
            Role::Canary => "canary",
            Role::Test => "test",
            Role::Parking => "parking",
        }
    }

    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A rule that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The rule's ARN.
    pub id: String,
    pub role: Role,
    pub priority: u32,
    pub matches: Matches,
    #[serde(default)]
    pub carried: Carried,
    pub sends: Sends,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    pub mark: Mark,
}

/// A rule as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleWish {
    pub role: Role,
    /// ARN of the listener it is on.
    pub listener: String,
    pub priority: u32,
    pub matches: Matches,
    pub carried: Carried,
    pub sends: Sends,
}

impl Rule {
    pub fn on_listener(&self, listener: &str) -> bool {
        stands_on(&self.id, listener)
    }

    /// The ARN of the listener it is on.
    pub fn listener(&self) -> String {
        listener::of_rule(&self.id).unwrap_or_default()
    }

    /// Callers can come by it.
    pub fn open(&self) -> bool {
        !self.matches.parked()
    }

    /// Some of somebody's requests go to `side` by this rule.
    pub fn serves(&self, side: Side) -> bool {
        !self.matches.parked() && self.sends.reaches(side)
    }
}

/// A rule's ARN is its listener's with `listener-rule` for `listener` and one more part.
fn stands_on(rule: &str, listener: &str) -> bool {
    rule.starts_with(&format!("{}/", listener.replacen(":listener/", ":listener-rule/", 1)))
}

/// Where a rule's action sends what it matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sends {
    Forward(Forward),
    /// A redirect, a fixed response or anything else that is no plain forward.
    Elsewhere(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// Weight of each of our target groups; `None` when the group is not part of the action.
    pub ours: Pair<Option<u32>>,
    /// Target groups that are not ours, with their weights.
    #[serde(default)]
    pub foreign: Vec<(String, u32)>,
    /// Group stickiness, which would pin callers to the side left behind.
    #[serde(default)]
    pub sticky: bool,
}

impl Sends {
    /// The production rule's form: both groups attached, everything to `side`.
    pub fn both(side: Side) -> Sends {
        Sends::Forward(Forward {
            ours: Pair::from_fn(|s| Some(if s == side { 100 } else { 0 })),
            ..Forward::default()
        })
    }

    /// The canary and test rules' form: one group.
    pub fn single(side: Side) -> Sends {
        Sends::Forward(Forward {
            ours: Pair::from_fn(|s| if s == side { Some(1) } else { None }),
            ..Forward::default()
        })
    }

    /// Some of what is matched goes to `side`.
    pub fn reaches(&self, side: Side) -> bool {
        matches!(self, Sends::Forward(forward) if forward.ours[side].is_some_and(|weight| weight > 0))
    }

    /// All of what is matched goes to `side`.
    pub fn all_to(&self, side: Side) -> bool {
        match self {
            Sends::Forward(forward) => {
                self.reaches(side)
                    && !self.reaches(side.other())
                    && forward.foreign.iter().all(|(_, weight)| *weight == 0)
            }
            Sends::Elsewhere(_) => false,
        }
    }

    /// The side that gets everything, if one does.
    pub fn only(&self) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| self.all_to(*side))
    }

    /// Both our groups are part of the action, so both are health-checked and ECS accepts them.
    pub fn attaches_both(&self) -> bool {
        matches!(self, Sends::Forward(forward) if forward.ours.blue.is_some() && forward.ours.green.is_some())
    }

    /// The same forwarding with both our groups part of it.
    pub fn attached(&self) -> Sends {
        match self {
            Sends::Forward(forward) => Sends::Forward(Forward {
                ours: Pair::from_fn(|side| Some(forward.ours[side].unwrap_or(0))),
                ..forward.clone()
            }),
            Sends::Elsewhere(action) => Sends::Elsewhere(action.clone()),
        }
    }

    /// Exactly the form we write for `side`, whatever the weights' absolute size.
    pub fn is_both(&self, side: Side) -> bool {
        self.all_to(side)
            && self.attaches_both()
            && matches!(self, Sends::Forward(forward) if forward.foreign.is_empty() && !forward.sticky)
    }

    pub fn is_single(&self, side: Side) -> bool {
        self.all_to(side)
            && matches!(self, Sends::Forward(forward) if forward.foreign.is_empty() && !forward.sticky)
    }
}

/// A rule of somebody else on one of our listeners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    pub id: String,
    /// `DEFAULT_PRIORITY` for what a listener does by default.
    pub priority: u32,
    pub matches: Matches,
    /// Weight of each of our target groups in its action; `None` when the group is not part of it.
    #[serde(default)]
    pub sends: Pair<Option<u32>>,
}

/// Evaluated after every number a rule can have.
pub const DEFAULT_PRIORITY: u32 = u32::MAX;

impl Neighbour {
    pub fn on_listener(&self, listener: &str) -> bool {
        stands_on(&self.id, listener)
    }

    /// Sends some of somebody's requests to `side`.
    pub fn serves(&self, side: Side) -> bool {
        !self.matches.parked() && self.sends[side].is_some_and(|weight| weight > 0)
    }
}

/// Everything that decides who is sent where; compared as a whole to know since when it has stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing(pub Vec<(String, u32, Matches, Sends)>);
