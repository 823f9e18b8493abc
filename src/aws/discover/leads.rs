//! The rules that lead to what is to be imported, and which of them is production's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types as elb;

use super::Unfit;
use crate::aws::ownership::Ownership;
use crate::aws::rules::{flatten, forwards_to};
use crate::aws::tags::Tags;
use crate::bluegreen::matches::Matches;
use crate::bluegreen::names::{OWNER_TAG, ROLE_TAG};
use crate::bluegreen::routing::{Role, Sends};
use crate::bluegreen::side::{Pair, Side};

/// A rule that forwards to one of the groups.
pub(super) struct Lead {
    listener: String,
    arn: String,
    /// None of a listener's default action.
    priority: Option<u32>,
    matches: Matches,
    sends: Sends,
    role: Option<Role>,
    /// The id in its ownership tag, where that has this name.
    id: Option<String>,
    tagged: bool,
}

/// Which rules are taken along.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Routes {
    pub listener: String,
    pub test_listener: Option<String>,
    pub production: Option<String>,
    /// ARNs of all that are taken over.
    pub rules: BTreeSet<String>,
    /// Of the creation that made them.
    pub id: Option<String>,
}

pub(super) fn of(
    listener: &str,
    rules: &[elb::Rule],
    tags: &BTreeMap<String, Option<Arc<Tags>>>,
    groups: &Pair<Option<String>>,
    whose: &Ownership,
) -> Vec<Lead> {
    let leading = rules.iter().filter(|rule| forwards_to(rule, groups));
    let lead = |rule: &elb::Rule| {
        let arn = rule.rule_arn.clone()?;
        let tags = tags.get(&arn).and_then(Option::as_deref);
        let owner = tags.and_then(|tags| tags.get(OWNER_TAG));
        Some(Lead {
            listener: listener.to_owned(),
            priority: flatten::priority(rule),
            matches: flatten::matches(rule),
            sends: flatten::sends(rule, groups),
            role: tags.and_then(|tags| Role::from_name(tags.get(ROLE_TAG)?)),
            id: owner.and_then(|owner| whose.id_in(owner)).map(str::to_owned),
            tagged: owner.is_some(),
            arn,
        })
    };
    leading.filter_map(lead).collect()
}

/// Ours by their tags; or else somebody's who had no tags for it, and then every one of them has to have its part.
pub(super) fn routes(leads: &[Lead], service: &str) -> Result<Routes, Unfit> {
    if let Some(id) = leads.iter().find_map(|lead| lead.id.as_ref()) {
        return Ok(tagged(leads, id));
    }
    // What carries another's tag stays another's.
    let rules: Vec<&Lead> = leads.iter().filter(|lead| lead.priority.is_some() && !lead.tagged).collect();
    if rules.is_empty() {
        return by_default(leads, service);
    }
    let production = public(&rules).ok_or_else(|| several(&rules))?;
    let test = rules.iter().find(|lead| lead.tests(production));
    Ok(Routes {
        listener: production.listener.clone(),
        test_listener: test.map(|test| test.listener.clone()),
        production: Some(production.arn.clone()),
        rules: rules.iter().map(|lead| lead.arn.clone()).collect(),
        id: None,
    })
}

fn tagged(leads: &[Lead], id: &str) -> Routes {
    let ours: Vec<&Lead> = leads.iter().filter(|lead| lead.id.as_deref() == Some(id)).collect();
    let with_role = |role: Role| ours.iter().find(|lead| lead.role == Some(role));
    let main = with_role(Role::Production).or_else(|| with_role(Role::Canary)).or_else(|| ours.first());
    let listener = main.map(|lead| lead.listener.clone()).unwrap_or_default();
    Routes {
        test_listener: with_role(Role::Test).map(|lead| lead.listener.clone()),
        production: with_role(Role::Production).map(|lead| lead.arn.clone()),
        rules: ours.iter().map(|lead| lead.arn.clone()).collect(),
        id: Some(id.to_owned()),
        listener,
    }
}

/// The listener's default action stays as it is; a rule is put before it.
fn by_default(leads: &[Lead], service: &str) -> Result<Routes, Unfit> {
    match &leads.iter().filter(|lead| lead.priority.is_none()).collect::<Vec<_>>()[..] {
        [] => Err(Unfit::NoRule(service.to_owned())),
        [one] => Ok(Routes { listener: one.listener.clone(), ..Routes::default() }),
        several => Err(self::several(several)),
    }
}

/// The one that all others are canaries or tests of; of a rule and its test, each of which could be the other's, the
/// one for everybody, or else BLUE's.
fn public<'a>(rules: &[&'a Lead]) -> Option<&'a Lead> {
    let others = |one: &Lead| {
        rules.iter().all(|lead| lead.arn == one.arn || lead.is_canary_of(one) || lead.tests(one))
    };
    let fitting = rules.iter().copied().filter(|one| others(one));
    fitting.min_by_key(|one| (!one.matches.sources.is_empty(), one.only() == Some(Side::Green)))
}

fn several(leads: &[&Lead]) -> Unfit {
    Unfit::SeveralRules(leads.iter().map(|lead| lead.said()).collect())
}

impl Lead {
    /// The one group it forwards to.
    fn only(&self) -> Option<Side> {
        let Sends::Forward(forward) = &self.sends else { return None };
        let mut sides = Side::BOTH.into_iter().filter(|side| forward.ours[*side].is_some());
        sides.next().filter(|_| sides.next().is_none())
    }

    /// The same requests of some addresses, sent to the other side.
    fn is_canary_of(&self, production: &Lead) -> bool {
        let everybody = |lead: &Lead| Matches { sources: BTreeSet::new(), ..lead.matches.clone() };
        self.listener == production.listener
            && self.priority < production.priority
            && !self.matches.sources.is_empty()
            && everybody(self) == everybody(production)
            && self.only().is_some()
            && self.only() != production.sends.only()
    }

    /// On another listener, and to the side that the public is not sent to.
    fn tests(&self, production: &Lead) -> bool {
        self.listener != production.listener
            && self.only().is_some()
            && self.only() != production.sends.only()
    }

    fn said(&self) -> String {
        let priority = self.priority.map_or("default action".to_owned(), |it| format!("priority {it}"));
        format!("{} ({priority}: {})", self.arn, self.matches.said())
    }
}
