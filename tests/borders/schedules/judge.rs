//! Whose everything is, told from the calls alone: from who made it, and from who was told to take it over. It shares
//! nothing with the provider but the tag's name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_sandbox::seam::{Action, Condition};
use aws_sandbox::witness::{Change, Complaint, Event, Scene, Witness};
use bluegreen_provider::referee::Referee;
use serde_json::Value as Json;

use crate::stage::OWNER;

/// Between a look and the act that follows from it others may have acted.
const TOO_LATE_TO_SEE: f64 = 2.0;

/// What calls do not tell.
#[derive(Debug, Default)]
pub struct Notes {
    /// ARNs by the call that made them.
    rules: BTreeMap<u64, String>,
    /// Groups that callers were sent to when a call marked something as its caller's own.
    served: BTreeMap<u64, BTreeSet<String>>,
}

pub type Shared = Arc<Mutex<Notes>>;

/// The referee, and notes for the judge.
#[derive(Debug, Default)]
pub struct Scribe {
    referee: Referee,
    notes: Shared,
}

impl Scribe {
    pub fn boxed(notes: &Shared) -> Option<Box<dyn Witness>> {
        Some(Box::new(Scribe { referee: Referee::default(), notes: notes.clone() }))
    }
}

impl Witness for Scribe {
    fn saw(&mut self, event: &Event, scene: &dyn Scene) {
        let mut notes = self.notes.lock().unwrap();
        match &event.change {
            Change::Rule { before: None, after } => {
                notes.rules.insert(event.call, after.arn.clone());
            }
            Change::Done { tagging, .. } if tagging.contains_key(OWNER) => {
                notes.served.insert(event.call, served(scene));
            }
            _ => {}
        }
        self.referee.saw(event, scene);
    }

    fn complaints(&self) -> Vec<Complaint> {
        self.referee.complaints()
    }

    fn forget(&mut self) {
        self.referee.forget();
    }
}

fn served(scene: &dyn Scene) -> BTreeSet<String> {
    let listeners = scene.listeners();
    let rules = listeners.iter().flat_map(|listener| &listener.rules);
    let open = rules.filter(|rule| {
        !rule.conditions.iter().any(|condition| {
            matches!(condition, Condition::Host(hosts) if hosts.iter().all(|host| host.ends_with(".invalid")))
        })
    });
    let groups = open.filter_map(|rule| match &rule.action {
        Action::Forward { groups, .. } => Some(groups),
        _ => None,
    });
    groups.flatten().filter(|(_, weight)| *weight > 0).map(|(arn, _)| arn.clone()).collect()
}

/// What happened to states, after so many calls.
#[derive(Clone, Debug)]
pub enum Fate {
    /// The state is gone; whether its creation was still under way.
    Lost { unfinished: bool },
    /// An import was told to take these.
    Took(BTreeSet<String>),
}

/// A state, and which of one project's it is.
type Owner = (String, u32);

struct Thing {
    owner: Owner,
    since: f64,
}

#[derive(Default)]
pub struct Ledger {
    things: BTreeMap<String, Thing>,
    epochs: BTreeMap<String, u32>,
    /// States that are lost, and whether while creating.
    lost: BTreeMap<Owner, bool>,
    problems: Vec<String>,
}

/// A name that is its own as long as the object is there.
pub fn key(arn: &str) -> String {
    let short = arn.rsplit_once(":service/").map(|(_, name)| format!("service/{name}"));
    let group = || {
        let (_, rest) = arn.rsplit_once(":targetgroup/")?;
        Some(format!("group/{}", rest.split('/').next().unwrap_or_default()))
    };
    short.or_else(group).unwrap_or_else(|| arn.to_owned())
}

/// What a write is about; rules that it makes are in the notes.
fn about(call: &Json) -> Vec<String> {
    let params = &call["parameters"];
    let text = |name: &str| params[name].as_str().unwrap_or_default();
    let short = |cluster: &str| cluster.rsplit('/').next().unwrap_or_default().to_owned();
    let service = |name: &str| {
        let name = name.rsplit('/').next().unwrap_or_default();
        vec![format!("service/{}/{name}", short(text("cluster")))]
    };
    let list = |name: &str| params[name].as_array().cloned().unwrap_or_default();
    match call["operation"].as_str().unwrap_or_default() {
        "CreateService" => service(text("serviceName")),
        "UpdateService" | "DeleteService" => service(text("service")),
        "TagResource" | "UntagResource" => vec![key(text("resourceArn"))],
        "CreateTargetGroup" => vec![format!("group/{}", text("Name"))],
        "ModifyTargetGroup" | "ModifyTargetGroupAttributes" | "DeleteTargetGroup" => {
            vec![key(text("TargetGroupArn"))]
        }
        "AddTags" | "RemoveTags" => {
            list("ResourceArns").iter().filter_map(|arn| Some(key(arn.as_str()?))).collect()
        }
        "ModifyRule" | "DeleteRule" => vec![text("RuleArn").to_owned()],
        "SetRulePriorities" => {
            let pairs = list("RulePriorities");
            pairs.iter().filter_map(|pair| Some(pair["RuleArn"].as_str()?.to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

/// Everything that a state did to what is not its own.
pub fn judge(calls: &Json, notes: &Notes, fates: &[(u64, String, Fate)]) -> Vec<String> {
    let mut ledger = Ledger::default();
    let mut fates = fates.iter().peekable();
    for call in calls["calls"].as_array().unwrap() {
        let number = call["number"].as_u64().unwrap();
        while let Some((_, whose, fate)) = fates.next_if(|(after, ..)| *after < number) {
            ledger.befalls(whose, fate, call["time"].as_f64().unwrap());
        }
        if call["writes"] == true && (call["status"] == 200 || call["closed"] == true) {
            ledger.writes(call, number, notes);
        }
    }
    ledger.problems
}

impl Ledger {
    fn state(&self, caller: &str) -> Owner {
        (caller.to_owned(), self.epochs.get(caller).copied().unwrap_or_default())
    }

    fn befalls(&mut self, whose: &str, fate: &Fate, now: f64) {
        let owner = self.state(whose);
        match fate {
            Fate::Lost { unfinished } => {
                self.lost.insert(owner, *unfinished);
                *self.epochs.entry(whose.to_owned()).or_default() += 1;
            }
            Fate::Took(keys) => {
                for key in keys {
                    self.things.insert(key.clone(), Thing { owner: owner.clone(), since: now });
                }
            }
        }
    }

    fn writes(&mut self, call: &Json, number: u64, notes: &Notes) {
        let operation = call["operation"].as_str().unwrap();
        let (caller, now) = (call["caller"].as_str().unwrap(), call["time"].as_f64().unwrap());
        let me = self.state(caller);
        let made = notes.rules.get(&number).cloned();
        let made = made.or_else(|| operation.starts_with("Create").then(|| about(call).pop()).flatten());
        if let Some(made) = made {
            if self.things.contains_key(&made) {
                // AWS answers with the group that is there, and changes nothing.
                // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
                if operation == "CreateTargetGroup" {
                    return;
                }
                self.problems.push(format!("{now:.2} s: {caller} did {operation} to {made}, which is there"));
            }
            self.things.insert(made, Thing { owner: me, since: now });
            return;
        }
        for it in about(call) {
            let Some(thing) = self.things.get_mut(&it) else {
                self.problems
                    .push(format!("{now:.2} s: {caller} did {operation} to {it}, which nobody made"));
                continue;
            };
            if thing.owner == me {
                continue;
            }
            let unfinished = self.lost.get(&thing.owner) == Some(&true);
            let served = notes.served.get(&number).map(|served| served.iter().any(|arn| key(arn) == it));
            // What was left behind may be marked anew, while nobody is served by it.
            if unfinished && served == Some(false) && ["AddTags", "TagResource"].contains(&operation) {
                *thing = Thing { owner: me.clone(), since: now };
                continue;
            }
            if now - thing.since <= TOO_LATE_TO_SEE {
                continue;
            }
            let (owner, state) = &thing.owner;
            let lost = if self.lost.contains_key(&thing.owner) { ", lost" } else { "" };
            self.problems.push(format!(
                "I5: {now:.2} s: {caller} did {operation} to {it}, which is of {owner} (state {state}{lost}) since {:.2} s",
                thing.since
            ));
        }
        if operation.starts_with("Delete") {
            about(call).iter().for_each(|key| drop(self.things.remove(key)));
        }
    }
}
