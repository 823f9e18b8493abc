//! Whether a load balancer has room for what a story makes on it.

use super::Problem;
use crate::bluegreen::layout::Layout;
use crate::bluegreen::listener;
use crate::bluegreen::step::Step;

/// Of one kind of thing on a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub used: usize,
    pub most: usize,
}

/// What a load balancer has and may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub rules: Quota,
    pub groups: Quota,
}

/// What a story has more of at its height than when it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    pub rules: usize,
    pub groups: usize,
}

impl Need {
    pub fn of(story: &[Step]) -> Need {
        let (mut more, mut need) = (0usize, Need::default());
        // A rule that goes before others come leaves its room to them; one that goes first of all is not counted.
        for step in story {
            match step {
                Step::CreateRule(_) => more += 1,
                Step::DeleteRule { .. } => more = more.saturating_sub(1),
                Step::CreateGroup { .. } => need.groups += 1,
                _ => {}
            }
            need.rules = need.rules.max(more);
        }
        need
    }

    pub fn nothing(self) -> bool {
        self == Need::default()
    }
}

pub fn check(need: Need, room: Room, layout: &Layout) -> Vec<Problem> {
    let canary = layout.canary.as_ref().filter(|canary| canary.sources.len() > canary.capacity);
    let rules_for = if canary.is_some() { "canary_source_ips" } else { "listener_arn" };
    let rows = [
        (rules_for, "rules", "rules-per-application-load-balancer", need.rules, room.rules),
        (
            "listener_arn",
            "target groups",
            "target-groups-per-application-load-balancer",
            need.groups,
            room.groups,
        ),
    ];
    let full = rows.into_iter().filter(|(.., need, quota)| quota.used.saturating_add(*need) > quota.most);
    full.map(|(attribute, what, quota, need, Quota { used, most })| {
        let balancer = listener::load_balancer(&layout.listener).unwrap_or_default();
        let each = canary.filter(|_| attribute == "canary_source_ips").map_or(String::new(), |canary| {
            format!(
                " A rule takes {} of the {} blocks that canary_source_ips come to; fewer blocks are fewer rules.",
                canary.capacity,
                canary.sources.len()
            )
        });
        Problem {
            attribute,
            summary: format!("No room for {need} more {what} on the load balancer"),
            detail: format!(
                "The load balancer {balancer} has {used} of the {most} {what} that one may have in this account ({quota}), and this takes {need} more.{each} Delete {what} that are no longer used, or ask AWS for a higher quota."
            ),
            fatal: true,
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bluegreen::routing::{Role, RuleWish, Sends};
    use crate::bluegreen::side::Side;

    #[test]
    fn what_goes_first_leaves_its_room() {
        let delete = || Step::DeleteRule { id: "a".to_owned(), role: Role::Canary, priority: 99 };
        let create = || {
            Step::CreateRule(RuleWish {
                role: Role::Canary,
                listener: String::new(),
                priority: 99,
                matches: Default::default(),
                carried: Default::default(),
                sends: Sends::both(Side::Green),
            })
        };
        let need = |steps: &[Step]| Need::of(steps).rules;
        assert_eq!(need(&[create(), create(), delete()]), 2);
        assert_eq!(need(&[create(), delete(), create()]), 1);
        assert_eq!(need(&[delete(), create()]), 1);
        assert!(Need::of(&[delete()]).nothing());
    }
}
