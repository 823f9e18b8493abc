//! Faults at the borders between several states: what is made, left behind, taken up and planned under one name.

use crate::list::{BORDERS, Fault, INTERLEAVING, LIB};

const CREATING: &[&str] = &["--test", "borders", "creating"];

pub const FAULTS: &[Fault] = &[
    Fault {
        name: "a failed creation deletes the rule that serves",
        file: "src/bluegreen/plan/mod.rs",
        find: "park.or_else(renewal)",
        replace: "park.filter(|_| layout.creating.is_none()).or_else(renewal)",
        caught_by: CREATING,
    },
    Fault {
        name: "a clean-up does not say that it is at work",
        file: "src/bluegreen/plan/mod.rs",
        find: "park.or_else(renewal)",
        replace: "park.or_else(|| renewal().filter(|_| layout.creating.is_none()))",
        caught_by: CREATING,
    },
    Fault {
        name: "what a state holds is for ever being made",
        file: "src/bluegreen/plan/mod.rs",
        find: "Side::BOTH.into_iter().find(said).map(",
        replace: "Side::BOTH.into_iter().find(said).filter(|_| observed.nothing()).map(",
        caught_by: CREATING,
    },
    Fault {
        name: "a creation looks for its name on its own listener only",
        file: "src/aws/rules.rs",
        find: "whose.creates && group",
        replace: "whose.creates && whose.listener.is_empty() && group",
        caught_by: CREATING,
    },
    Fault {
        name: "what is half made can be imported",
        file: "src/provider/service/create.rs",
        find: "let at = groups.filter_map(owned::renewed).max()?;",
        replace: "let at = groups.filter_map(owned::renewed).max().filter(|_| now == 0)?;",
        caught_by: CREATING,
    },
    Fault {
        name: "two resources of one name are planned",
        file: "src/provider/service/namesakes.rs",
        find: "_ => Some(twice(name)),",
        replace: "_ => None,",
        caught_by: LIB,
    },
    Fault {
        name: "a replacement counts as a second resource",
        file: "src/provider/service/namesakes.rs",
        find: "(true, false) => return None,",
        replace: "(true, false) => Fate::Created,",
        caught_by: LIB,
    },
    Fault {
        name: "a renamed address is destroyed and created",
        file: "src/provider/service/namesakes.rs",
        find: "(Fate::Created, Fate::Destroyed) | (Fate::Destroyed, Fate::Created) => Some(moved(name)),",
        replace: "(Fate::Created, Fate::Destroyed) | (Fate::Destroyed, Fate::Created) => None,",
        caught_by: LIB,
    },
    Fault {
        name: "a plan remembers what another run planned",
        file: "src/provider/service/namesakes.rs",
        find: "self.planned = Some(BTreeMap::new());",
        replace: "self.planned.get_or_insert_default();",
        caught_by: LIB,
    },
    Fault {
        name: "a creation that serves is an error where the last look is from before",
        file: "src/provider/service/rollout.rs",
        find: "routed |= act.step().routes();",
        replace: "routed |= act.step().routes() && act.step().waits();",
        caught_by: CREATING,
    },
    Fault {
        name: "callers that an outsider moved are an example for another listener's",
        file: "src/bluegreen/plan/moving.rs",
        find: "ways_in.all(|rule| rule.sends.only() == old.sends.only())",
        replace: "ways_in.any(|rule| rule.sends.only() == old.sends.only())",
        caught_by: INTERLEAVING,
    },
    Fault {
        name: "a full load balancer is met half-way",
        file: "src/bluegreen/preflight/quotas.rs",
        find: "quota.used.saturating_add(*need) > quota.most",
        replace: "quota.used > quota.most.max(*need)",
        caught_by: BORDERS,
    },
    Fault {
        name: "a service behind a gateway is imported",
        file: "src/aws/discover/unfit.rs",
        find: "revision.gateway_connectors().first()?",
        replace: "revision.gateway_connectors().get(1)?",
        caught_by: BORDERS,
    },
];
