//! Which of the rules on the listeners are ours, and which part each of them plays.

use aws_sdk_elasticloadbalancingv2::types as elb;

use super::{carried, flatten};
use crate::aws::ownership::Ownership;
use crate::aws::tags::Tags;
use crate::bluegreen::listener;
use crate::bluegreen::names::ROLE_TAG;
use crate::bluegreen::owned::Mark;
use crate::bluegreen::routing::{DEFAULT_PRIORITY, Neighbour, Role, Rule, Sends};
use crate::bluegreen::side::{Pair, Side};

/// A rule with its tags; `None` where others' tags were not asked for.
pub(in crate::aws) struct Seen<'a> {
    pub raw: &'a elb::Rule,
    pub tags: Option<&'a Tags>,
}

#[derive(Debug, Default, PartialEq)]
pub(in crate::aws) struct Sorted {
    pub rules: Vec<Rule>,
    pub neighbours: Vec<Neighbour>,
    pub test_neighbours: Vec<Neighbour>,
    pub elsewhere: Vec<Neighbour>,
}

/// Always the same answer for the same rules. Of rules that play one part, the one that serves (not parked,
/// then the lowest number) has it; the others count as canaries, or as parked, and are closed as such.
pub(in crate::aws) fn sort(seen: &[Seen<'_>], whose: &Ownership, groups: &Pair<Option<String>>) -> Sorted {
    let mut sorted = Sorted::default();
    let mut ours = Vec::new();
    for one in seen {
        let Some(arn) = &one.raw.rule_arn else { continue };
        let tags = one.tags.cloned().unwrap_or_default();
        let (id, matches, sends) = (arn.clone(), flatten::matches(one.raw), flatten::sends(one.raw, groups));
        let weights = match &sends {
            Sends::Forward(forward) => forward.ours,
            Sends::Elsewhere(_) => Pair::default(),
        };
        let concerns = Side::BOTH.into_iter().any(|side| weights[side].is_some());
        let Some(priority) = flatten::priority(one.raw) else {
            let priority = DEFAULT_PRIORITY;
            sorted.elsewhere.extend(concerns.then_some(Neighbour { id, priority, matches, sends: weights }));
            continue;
        };
        let mark = whose.mark(arn, &tags);
        // What another creation of this name has made is its own, unless it was left behind where this one makes it.
        let held = whose.known.contains(arn) || mark == Mark::Tagged;
        let on = listener::of_rule(arn);
        let wished = on.as_ref() == Some(&whose.listener) || (on.is_some() && on == whose.test_listener);
        if held || (mark == Mark::Namesake && whose.creates && wished) {
            let carried = carried::flatten(one.raw);
            let role = Role::Production;
            let rule = Rule { id, role, priority, matches, carried, sends, tags, mark };
            ours.push(Rule { role: role_of(&rule, whose), ..rule });
            continue;
        }
        let neighbour = Neighbour { id, priority, matches, sends: weights };
        match on {
            Some(listener) if listener == whose.listener => sorted.neighbours.push(neighbour),
            listener if listener == whose.test_listener => sorted.test_neighbours.push(neighbour),
            _ => sorted.elsewhere.extend(concerns.then_some(neighbour)),
        }
    }
    // A copied tag takes no part away from a rule that is known to play it.
    ours.sort_by_key(|rule| (rule.matches.parked(), rule.mark != Mark::Held, rule.priority, rule.id.clone()));
    for mut rule in ours {
        rule.role = free_role(&sorted.rules, &rule);
        sorted.rules.push(rule);
    }
    sorted.neighbours.sort_by_key(|neighbour| neighbour.priority);
    sorted.test_neighbours.sort_by_key(|neighbour| neighbour.priority);
    sorted
}

/// The part a rule plays where others before it, on the same listener, have taken theirs.
fn free_role(before: &[Rule], rule: &Rule) -> Role {
    let beside = |other: &&Rule| other.listener() == rule.listener();
    let taken = |role: Role| before.iter().filter(beside).any(|rule| rule.role == role);
    if rule.role == Role::Canary || !taken(rule.role) {
        rule.role
    } else if rule.matches.parked() && !taken(Role::Parking) {
        Role::Parking
    } else {
        Role::Canary
    }
}

/// By its tag, or, for a rule made by somebody else and imported, by what it does.
fn role_of(rule: &Rule, whose: &Ownership) -> Role {
    if let Some(role) = rule.tags.get(ROLE_TAG).and_then(|name| Role::from_name(name)) {
        return role;
    }
    if whose.production.as_ref() == Some(&rule.id) {
        return Role::Production;
    }
    let one_group = matches!(&rule.sends, Sends::Forward(forward)
        if Side::BOTH.into_iter().filter(|side| forward.ours[*side].is_some()).count() == 1);
    let testing = whose.test_listener.as_ref().is_some_and(|test| rule.on_listener(test));
    if testing || whose.known_test.as_ref() == Some(&rule.id) {
        Role::Test
    } else if !rule.matches.sources.is_empty() && one_group {
        Role::Canary
    } else {
        Role::Production
    }
}

#[cfg(test)]
mod tests {
    use super::super::expand;
    use super::*;
    use crate::bluegreen::matches::Matches;
    use crate::bluegreen::names::OWNER_TAG;

    const RULES: &str = "arn:x:listener-rule/app/web/1/2";

    fn whose() -> Ownership {
        let (listener, test) = ("arn:x:listener/app/web/1/2", "arn:x:listener/app/web/1/9");
        Ownership::new("shop", "web", "1", listener, Some(test))
    }

    fn groups() -> Pair<Option<String>> {
        Pair { blue: Some("B".to_owned()), green: Some("G".to_owned()) }
    }

    fn raw(id: &str, priority: u32, host: &str, source: Option<&str>, sends: &Sends) -> elb::Rule {
        let matches = Matches {
            hosts: [host.to_owned()].into(),
            sources: source.map(|source| source.parse().unwrap()).into_iter().collect(),
            ..Matches::default()
        };
        elb::Rule::builder()
            .rule_arn(id)
            .priority(priority.to_string())
            .set_conditions(Some(expand::conditions(&matches)))
            .actions(expand::forward(sends, &groups(), None).unwrap())
            .build()
    }

    fn ours(role: &str) -> Tags {
        let pairs = [(OWNER_TAG, "shop/web/1"), (ROLE_TAG, role)];
        pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    fn parts(sorted: &Sorted) -> Vec<(Role, u32)> {
        sorted.rules.iter().map(|rule| (rule.role, rule.priority)).collect()
    }

    #[test]
    fn untagged_rules_known_to_be_ours_are_told_apart_by_what_they_do() {
        let both = Sends::both(Side::Blue);
        let single = Sends::single(Side::Green);
        let rules = [
            raw(&format!("{RULES}/p"), 100, "a.example.com", None, &both),
            raw(&format!("{RULES}/c"), 99, "a.example.com", Some("10.0.0.0/8"), &single),
            raw("arn:x:listener-rule/app/web/1/9/t", 5, "a.example.com", None, &single),
            raw(&format!("{RULES}/n"), 7, "b.example.com", None, &both),
        ];
        let mut whose = whose();
        whose.known = rules[..3].iter().filter_map(|rule| rule.rule_arn.clone()).collect();
        let seen: Vec<_> = rules.iter().map(|raw| Seen { raw, tags: None }).collect();
        let sorted = sort(&seen, &whose, &groups());
        let roles = [(Role::Test, 5), (Role::Canary, 99), (Role::Production, 100)];
        assert_eq!(parts(&sorted), roles);
        assert_eq!(sorted.neighbours[0].priority, 7);
        assert!(sorted.test_neighbours.is_empty());
    }

    #[test]
    fn of_two_production_rules_the_one_that_serves_is_it_and_the_other_is_cleaned_up() {
        let both = Sends::both(Side::Blue);
        let rules = [
            raw(&format!("{RULES}/parked"), 100, "x.bluegreen.invalid", None, &both),
            raw(&format!("{RULES}/serves"), 200, "a.example.com", None, &both),
            raw(&format!("{RULES}/second"), 300, "a.example.com", None, &both),
        ];
        let tags = ours("production");
        let seen: Vec<_> = rules.iter().map(|raw| Seen { raw, tags: Some(&tags) }).collect();
        let sorted = sort(&seen, &whose(), &groups());
        let roles = [(Role::Production, 200), (Role::Canary, 300), (Role::Parking, 100)];
        assert_eq!(parts(&sorted), roles);
    }
}
