//! The wished end state. The planner knows layouts, not phases: promote and roll back are two layouts.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipnet::IpNet;

use super::audience;
use super::carried::{Carried, Login, Secret};
use super::demand::Demand;
use super::extras::{self, Extras};
use super::gate::Gate;
use super::listener;
use super::matches::Matches;
use super::names;
use super::observed::Observed;
use super::owned::RENEWED;
use super::phase::Phase;
use super::routing::{Role, Rule, RuleWish, Sends};
use super::side::{Pair, Side};
use super::spec::{GroupSettings, ServiceSettings, Spec};

#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub cluster: String,
    pub name: String,
    /// What the creation drew; empty while nothing has been created, and of what was taken over until it is first
    /// changed.
    pub id: String,
    /// During a creation: the seconds since 1970, now.
    pub creating: Option<u64>,
    pub listener: String,
    /// Where rules go from one listener to another, or once did: the ids of all that may have some.
    pub listeners: BTreeSet<String>,
    pub sides: Pair<SideWish>,
    /// The side that serves the public, and how many tasks it needs for that.
    pub public: Side,
    pub need: u32,
    pub production_priority: u32,
    /// What the rules ask and carry beside hosts and paths: by configuration, or by what stands.
    pub extras: Extras,
    pub oidc_secret: Option<Secret>,
    /// Every rule with an OpenID login is written once, for the secret's sake.
    pub new_secret: bool,
    pub production_matches: Matches,
    /// The logins and rewrites of every rule.
    pub carried: Carried,
    pub canary_priority: u32,
    pub canary: Option<CanaryWish>,
    pub test: Option<TestWish>,
    pub service: Pair<ServiceSettings>,
    pub group: GroupSettings,
    pub settle_time: Duration,
    /// Users' tags; ownership tags are added per object.
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SideWish {
    pub task_definition: String,
    pub demand: Demand,
}

impl SideWish {
    /// The fewest tasks that are enough.
    pub fn least(&self) -> u32 {
        self.demand.least()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct CanaryWish {
    pub side: Side,
    /// Merged.
    pub sources: BTreeSet<IpNet>,
    /// How many source values one rule has room for.
    pub capacity: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TestWish {
    pub listener: String,
    pub priority: u32,
    pub side: Side,
    pub matches: Matches,
    /// Its rule asks all that production's does, not only hosts and paths.
    pub all_conditions: bool,
    /// The rule exists only while the side has tasks.
    pub open: bool,
}

impl Layout {
    pub fn of(spec: &Spec) -> Layout {
        let home = spec.primary;
        let candidate = home.other();
        let (public, home_count, candidate_count) = match spec.phase {
            Phase::Stable => (home, spec.desired_count, spec.standby_count),
            Phase::Staged | Phase::Canary => (home, spec.desired_count, spec.canary_count),
            Phase::Promoted => (candidate, spec.standby_count, spec.desired_count),
        };
        let count = |side| if side == home { home_count } else { candidate_count };
        let layout = Layout {
            cluster: spec.cluster.clone(),
            name: spec.name.clone(),
            id: String::new(),
            creating: None,
            listener: spec.listener.clone(),
            listeners: BTreeSet::new(),
            sides: Pair::from_fn(|side| SideWish {
                task_definition: spec.task_definitions[side].clone(),
                demand: Demand::Exactly(count(side)),
            }),
            public,
            need: spec.desired_count,
            production_priority: spec.production_priority,
            extras: spec.extras.clone(),
            oidc_secret: spec.oidc_secret.clone(),
            new_secret: spec.new_secret,
            production_matches: Matches::default().at(&spec.hosts, &spec.paths),
            carried: Carried::default(),
            canary_priority: spec.canary_priority,
            canary: (spec.phase == Phase::Canary).then(|| CanaryWish {
                side: candidate,
                sources: audience::merge(&spec.canary_sources),
                capacity: 0,
            }),
            test: spec.test.as_ref().map(|test| TestWish {
                listener: test.listener.clone(),
                priority: test.priority,
                side: candidate,
                matches: Matches { sources: audience::merge(&test.sources), ..Matches::default() },
                all_conditions: test.all_conditions,
                open: candidate_count > 0,
            }),
            service: Pair::from_fn(|side| spec.service_on(side)),
            group: spec.group.clone(),
            settle_time: spec.settle_time,
            tags: spec.tags.clone(),
        };
        let (matches, carried) = layout.extras_over(None);
        layout.with(matches, carried)
    }

    /// Whether a rule with this is to be given a secret.
    pub fn renews(&self, carried: &Carried) -> bool {
        self.new_secret && carried.has(Login::Oidc)
    }

    /// Over what stands: what is not asked for is kept as the production rule has it.
    pub fn over(&self, observed: &Observed) -> Cow<'_, Layout> {
        let (matches, carried) = self.extras_over(Some(observed));
        let listeners = self.listeners_with_rules(observed);
        if matches == self.production_matches && carried == self.carried && listeners == self.listeners {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Layout { listeners, ..self.clone() }.with(matches, carried))
    }

    /// The listener rules of that role are to be on; none where there are to be no such rules.
    pub fn listener_of(&self, role: Role) -> Option<&str> {
        match role {
            Role::Test => self.test.as_ref().map(|test| test.listener.as_str()),
            Role::Production | Role::Canary | Role::Parking => Some(&self.listener),
        }
    }

    /// On a listener that rules of its role are to leave.
    pub fn leaves(&self, rule: &Rule) -> bool {
        self.listener_of(rule.role).is_some_and(|listener| !rule.on_listener(listener))
    }

    fn listeners_with_rules(&self, observed: &Observed) -> BTreeSet<String> {
        let group = observed.sides.blue.group.as_ref();
        let said = group.is_some_and(|group| group.tags.contains_key(names::LISTENERS_TAG));
        let leaving = || observed.rules.iter().any(|rule| self.leaves(rule));
        if self.creating.is_some() || !(said || leaving()) {
            return BTreeSet::new();
        }
        let standing = observed.rules.iter().map(Rule::listener);
        let wished = Role::ALL.into_iter().filter_map(|role| self.listener_of(role)).map(str::to_owned);
        standing.chain(wished).map(|arn| listener::id(&arn).to_owned()).collect()
    }

    /// The rule whose conditions, logins and rewrites are kept: the one on the wished listener once callers come by it.
    pub fn model<'a>(&self, observed: &'a Observed) -> Option<&'a Rule> {
        let here = observed.production_on(&self.listener).filter(|rule| rule.open());
        here.or_else(|| observed.production())
    }

    fn extras_over(&self, observed: Option<&Observed>) -> (Matches, Carried) {
        let production = observed.and_then(|observed| self.model(observed));
        let Matches { hosts, paths, .. } = &self.production_matches;
        (self.extras.conditions(production).at(hosts, paths), self.extras.carried(production))
    }

    /// Values that are carried leave the canary's rules less room for addresses.
    fn with(mut self, production: Matches, carried: Carried) -> Layout {
        if let Some(canary) = &mut self.canary {
            canary.sources = extras::within(&canary.sources, &production.sources).into_owned();
            canary.capacity = room(&production);
        }
        if let Some(test) = &mut self.test {
            let sources = std::mem::take(&mut test.matches.sources);
            let Matches { hosts, host_regexes, paths, path_regexes, .. } = production.clone();
            test.matches = if test.all_conditions {
                Matches { sources, ..production.clone() }
            } else {
                Matches { hosts, host_regexes, paths, path_regexes, sources, ..Matches::default() }
            };
        }
        Layout { production_matches: production, carried, ..self }
    }

    /// What is waited for after a switch.
    pub fn settle(&self) -> Gate {
        Gate::Settled { time: self.settle_time }
    }

    pub fn owner(&self) -> String {
        format!("{}/{}", self.cluster, self.name)
    }

    /// Tasks `side` needs for the traffic this layout sends it; 0 when it sends none.
    pub fn need_of(&self, side: Side) -> u32 {
        let public = if self.public == side { self.need } else { 0 };
        let canary = self.canary.iter().filter(|c| c.side == side).map(|_| self.sides[side].least()).max();
        let test = self.test.iter().filter(|t| t.open && t.side == side).map(|_| 1).max();
        public.max(canary.unwrap_or(0)).max(test.unwrap_or(0))
    }

    /// The production rule, sending everything to `side`, with both groups attached.
    pub fn production_rule(&self, side: Side) -> RuleWish {
        self.rule(Role::Production, self.production_priority, &self.production_matches, Sends::both(side))
    }

    /// What makes a production rule send to `side`, wherever it stands. Only on the wished listener it is made as wished
    /// in all else.
    pub fn production_at(&self, rule: &Rule, side: Side) -> RuleWish {
        let wish = self.production_rule(side);
        if rule.on_listener(&self.listener) {
            return wish;
        }
        let (matches, carried) = (rule.matches.clone(), rule.carried.clone());
        RuleWish { listener: rule.listener(), priority: rule.priority, matches, carried, ..wish }
    }

    /// The production rule before anybody is sent by it, and what keeps the groups attached in its stead.
    pub fn parked_rule(&self, role: Role, priority: u32) -> RuleWish {
        self.rule(role, priority, &self.parked_matches(), Sends::both(self.public))
    }

    /// One rule of the canary, for some of its sources.
    pub fn canary_rule(&self, side: Side, priority: u32, sources: BTreeSet<IpNet>) -> RuleWish {
        self.rule(Role::Canary, priority, &self.canary_matches(sources), Sends::single(side))
    }

    /// The test listener's rule.
    pub fn test_rule(&self, test: &TestWish) -> RuleWish {
        RuleWish {
            listener: test.listener.clone(),
            ..self.rule(Role::Test, test.priority, &test.matches, Sends::single(test.side))
        }
    }

    fn rule(&self, role: Role, priority: u32, matches: &Matches, sends: Sends) -> RuleWish {
        RuleWish {
            role,
            listener: self.listener.clone(),
            priority,
            matches: matches.clone(),
            carried: if matches.parked() { Carried::default() } else { self.carried.clone() },
            sends,
        }
    }

    /// Users' tags and ours for one object; `role` is what it is for.
    pub fn tags_for(&self, role: &str) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        tags.insert(names::OWNER_TAG.to_owned(), format!("{}/{}", self.owner(), self.id));
        tags.insert(names::ROLE_TAG.to_owned(), role.to_owned());
        tags
    }

    /// A target group's tags, which also say that it is being created.
    pub fn group_tags(&self, side: Side) -> BTreeMap<String, String> {
        let mut tags = self.tags_for(side.name());
        tags.extend(self.creating.map(|now| (names::CREATING_TAG.to_owned(), now.to_string())));
        if side == Side::Blue && !self.listeners.is_empty() {
            let ids: Vec<&str> = self.listeners.iter().map(String::as_str).collect();
            tags.insert(names::LISTENERS_TAG.to_owned(), ids.join("/"));
        }
        tags
    }

    /// Whether a target group's tags are as they are to be. While it is created, also those of a minute ago are.
    pub fn tags_group(&self, side: Side, tags: &BTreeMap<String, String>) -> bool {
        let mut tags = tags.clone();
        let Some(now) = self.creating else { return tags == self.group_tags(side) };
        let said = tags.remove(names::CREATING_TAG).and_then(|said| said.parse::<u64>().ok());
        said.is_some_and(|said| now < said.saturating_add(RENEWED)) && tags == self.tags_for(side.name())
    }

    /// How many source values one rule of the canary has room for.
    pub fn canary_room(&self) -> usize {
        room(&self.production_matches)
    }

    pub fn parked_matches(&self) -> Matches {
        Matches {
            hosts: BTreeSet::from([names::parked_host(&self.cluster, &self.name)]),
            ..Matches::default()
        }
    }

    pub fn canary_matches(&self, sources: BTreeSet<IpNet>) -> Matches {
        Matches { sources, ..self.production_matches.clone() }
    }

    /// The hosts (or else paths) people know the service by.
    pub fn address(&self) -> String {
        let known = if self.production_matches.hosts.is_empty() {
            &self.production_matches.paths
        } else {
            &self.production_matches.hosts
        };
        known.iter().cloned().collect::<Vec<_>>().join(", ")
    }
}

fn room(production: &Matches) -> usize {
    audience::VALUES_PER_RULE.saturating_sub(production.count() - production.sources.len())
}

/// `nginx:42` for both `nginx:42` and `arn:aws:ecs:…:task-definition/nginx:42`.
pub fn short_task_definition(task_definition: &str) -> &str {
    task_definition.rsplit_once("task-definition/").map_or(task_definition, |(_, short)| short)
}

/// Two spellings of one task definition.
pub fn same_task_definition(a: &str, b: &str) -> bool {
    let both_arns = a.starts_with("arn:") && b.starts_with("arn:");
    if both_arns { a == b } else { short_task_definition(a) == short_task_definition(b) }
}
