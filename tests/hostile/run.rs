//! One schedule from its first apply to the end of it, and everything that was wrong with it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sandbox::aws::World;
use aws_sandbox::call::request::{Request, Sender, Service};
use aws_sandbox::faults::fault::Fault;
use aws_sandbox::in_process::{self, InProcess};
use aws_sandbox::journal::Outcome as JournalOutcome;
use bluegreen_provider::provider::Bluegreen;
use bluegreen_provider::referee::Referee;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::plane::{self, Shared};
use crate::schedule::{Chapter, Event, Schedule};
use crate::terraform::Project;
use crate::transport;
use crate::wish::{Place, Wish};

/// Plain applies that must be enough once nobody disturbs.
const PLAIN_APPLIES: usize = 3;
/// About how long a task takes to start.
const TASK_START: Duration = Duration::from_secs(5);
/// Longer than any rule change takes to reach a node, and than targets drain.
const AFTERWARDS: Duration = Duration::from_secs(60);
const OURS: [&str; 2] = ["ours", "rival"];
/// Between a look, however stale or slow, and the act that follows from it, others may have changed what was seen.
const TOO_LATE_TO_SEE: f64 = 30.0;

/// How an apply ends that somebody else works against.
pub const CONTESTED: &str = "Somebody else is changing this service";

/// What one schedule came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub problems: Vec<String>,
    pub applies: u64,
    pub failed_applies: u64,
    pub calls: u64,
    /// Edits by others that had an effect.
    pub edits: u64,
    pub judged: u64,
    /// Complaints that others are to blame for.
    pub excused: u64,
    /// When it imported what another's creation had made, in sandbox seconds.
    pub took_over: Option<f64>,
    pub virtual_time: Duration,
    /// How every disturbed apply ended.
    pub said: Vec<String>,
    /// Every call and its end, for comparing two runs.
    pub calls_made: String,
}

struct Stage {
    sandbox: InProcess,
    place: Place,
    seen: Shared,
    /// When tasks crashed or others edited, in sandbox seconds.
    upsets: Arc<Mutex<Vec<f64>>>,
}

impl Stage {
    fn world<T>(&self, act: impl FnOnce(&mut World, Duration) -> T) -> T {
        self.sandbox.with(act)
    }

    fn state(&self) -> Value {
        self.world(|world, now| aws_sandbox::state_json(world, now, 1.0))
    }
}

/// Runs on a paused clock of its own.
pub fn run(schedule: &Schedule) -> Outcome {
    fastrand::seed(schedule.seed);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(story(schedule))
}

async fn story(schedule: &Schedule) -> Outcome {
    let (sandbox, seam) =
        in_process::start(schedule.seed, schedule.propagation, TASK_START, Referee::boxed()).unwrap();
    let seen = plane::start(&sandbox, seam, schedule.seed);
    let stage = Stage { place: Place::of(&sandbox), sandbox, seen, upsets: Arc::default() };
    let aws = transport::connect(&stage.sandbox, OURS[0], schedule.seed).await;
    let mut project = Project::new(Bluegreen::connected(aws, 1.0));
    let mut outcome = Outcome::default();
    let mut wishes: Vec<&Wish> = Vec::new();
    let mut troubles = tokio::task::JoinSet::new();
    for (number, chapter) in schedule.chapters.iter().enumerate() {
        wishes.push(&chapter.wish);
        stage.seen.lock().unwrap().sides.clear();
        let stop = CancellationToken::new();
        // It goes on when the apply has ended, into the next one.
        troubles.spawn(make_trouble(
            stage.sandbox.clone(),
            stage.upsets.clone(),
            chapter.events.clone(),
            stop.clone(),
        ));
        let seed = schedule.seed ^ number as u64;
        disturbed(&stage, &mut project, chapter, stop, seed, &mut outcome).await;
        if schedule.kind.strict() {
            outcome.problems.extend(strangers(&stage, &wishes));
        }
    }
    troubles.abort_all();
    stage.world(|world, _| world.faults.clear());
    converge(&stage, &mut project, &schedule.last, &mut outcome).await;
    judge(&stage, schedule, &mut outcome);
    if schedule.destroy && outcome.problems.is_empty() {
        destroy(&stage, &mut project, &mut outcome).await;
    }
    outcome.virtual_time = stage.world(|_, now| now);
    outcome.judged = stage.seen.lock().unwrap().judged;
    let calls = stage.world(|world, _| world.journal.json(0));
    outcome.calls = calls["last"].as_u64().unwrap();
    let edits = calls["calls"].as_array().unwrap().iter();
    outcome.edits = edits.filter(|call| call["caller"] == "outsider" && call["status"] == 200).count() as u64;
    let line = |call: &Value| {
        format!("{} {} {} {}\n", call["time"], call["caller"], call["operation"], call["error"])
    };
    outcome.calls_made = calls["calls"].as_array().unwrap().iter().map(line).collect();
    outcome
}

/// One apply while things go wrong.
async fn disturbed(
    stage: &Stage,
    project: &mut Project,
    chapter: &Chapter,
    stop: CancellationToken,
    seed: u64,
    outcome: &mut Outcome,
) {
    project.config = chapter.wish.config(project.resource(), &stage.place);
    let ended = match &chapter.rival {
        None => vec![project.apply(stop).await],
        Some(wish) => {
            let aws = transport::connect(&stage.sandbox, OURS[1], seed).await;
            let mut rival = project.copy(Bluegreen::connected(aws, 1.0));
            rival.config = wish.config(rival.resource(), &stage.place);
            // Whoever finished last has written the state; here that is always the first one.
            let ended = tokio::join!(project.apply(stop), rival.apply(CancellationToken::new()));
            vec![ended.0, ended.1]
        }
    };
    for ended in ended {
        outcome.applies += 1;
        outcome.failed_applies += u64::from(ended.is_err());
        let said = ended.map_or_else(|error| error, |applied| format!("{applied:?}"));
        if said.contains(CONTESTED) && !chapter.fight() {
            outcome.problems.push(format!("nobody kept undoing it: {said}"));
        }
        outcome.said.push(said);
    }
}

async fn make_trouble(
    sandbox: InProcess,
    upsets: Arc<Mutex<Vec<f64>>>,
    events: Vec<(Duration, Event)>,
    stop: CancellationToken,
) {
    let began = tokio::time::Instant::now();
    for (at, event) in events {
        tokio::time::sleep_until(began + at).await;
        if let Event::Interrupt = event {
            stop.cancel();
        } else {
            sandbox.with(|world, now| {
                upsets.lock().unwrap().extend(event.upsets().then_some(now.as_secs_f64()));
                happen(world, now, &event);
            });
        }
    }
}

fn happen(world: &mut World, now: Duration, event: &Event) {
    match event {
        Event::Fault(fault) => {
            world.fault(now, Fault::clone(fault)).unwrap();
        }
        Event::Crash(service) => {
            let crash = json!({"kind": "crash", "service": service, "count": 1});
            let crash: Fault = serde_json::from_value(crash).unwrap();
            // There may be nothing to crash at that time.
            let _ = world.fault(now, crash);
        }
        Event::Interrupt => {}
        Event::Weights(blue, green) => {
            let arn = |side: &str| {
                let name = format!("nginx-{side}-");
                let named = |group: &Value| group["name"].as_str().is_some_and(|it| it.starts_with(&name));
                arn_of(world, now, "target_groups", named)
            };
            if let (Some(rule), Some(one), Some(two)) = (production(world, now), arn("blue"), arn("green")) {
                let group =
                    |arn: &str, weight: &u32| json!({"TargetGroupArn": arn, "Weight": weight.to_string()});
                let groups = json!([group(&one, blue), group(&two, green)]);
                let action = json!({"Type": "forward", "ForwardConfig": {"TargetGroups": groups}});
                outsider(
                    world,
                    now,
                    Service::Elb,
                    "ModifyRule",
                    json!({"RuleArn": rule, "Actions": [action]}),
                );
            }
        }
        Event::Priority(to) => {
            if let Some(rule) = production(world, now) {
                let pairs = json!([{"RuleArn": rule, "Priority": to.to_string()}]);
                outsider(world, now, Service::Elb, "SetRulePriorities", json!({"RulePriorities": pairs}));
            }
        }
        Event::Count(service, to) => {
            let params = json!({"cluster": "shop", "service": service, "desiredCount": to});
            outsider(world, now, Service::Ecs, "UpdateService", params);
        }
    }
}

pub fn production(world: &World, now: Duration) -> Option<String> {
    arn_of(world, now, "rules", |rule| rule["tags"].to_string().contains("production"))
}

/// The first of a kind that is meant.
pub fn arn_of(world: &World, now: Duration, kind: &str, meant: impl Fn(&Value) -> bool) -> Option<String> {
    let state = aws_sandbox::state_json(world, now, 1.0);
    let found = state[kind].as_array()?.iter().find(|it| meant(it))?;
    Some(found["arn"].as_str()?.to_owned())
}

/// Somebody with a console of his own. What is refused is refused.
pub fn outsider(world: &mut World, now: Duration, service: Service, operation: &str, params: Value) {
    let request = Request { service, operation: operation.to_owned(), params };
    let sender = Sender { caller: "outsider".to_owned(), ..Sender::default() };
    let (number, _) = world.arrive(now, &request, sender);
    let (status, error) = match world.act(now, number, &request, &Default::default()) {
        Ok(_) => (200, None),
        Err(error) => (error.status, Some(error.code)),
    };
    world.journal.answered(now, number, JournalOutcome::Answered { status, error });
}

/// Sides that callers met and that none of the last wishes sends them to.
fn strangers(stage: &Stage, wishes: &[&Wish]) -> Vec<String> {
    let late = &wishes[wishes.len().saturating_sub(3)..];
    let seen = stage.seen.lock().unwrap();
    let mut problems = Vec::new();
    for (caller, right) in [("public", Wish::public as fn(&Wish) -> &'static str), ("office", Wish::office)] {
        let allowed: BTreeSet<&str> = late.iter().map(|wish| right(wish)).collect();
        let met = seen.sides.get(caller).cloned().unwrap_or_default();
        // While a canary is opened or closed, the office may be where the public is.
        let allowed: BTreeSet<&str> = if caller == "office" {
            allowed.into_iter().chain(late.iter().map(|w| w.public())).collect()
        } else {
            allowed
        };
        for side in met.difference(&allowed) {
            problems.push(format!("I4: the {caller} met {side}, and only {allowed:?} was ever wished"));
        }
    }
    problems
}

/// Plain applies until there is nothing to do, and what is there then.
async fn converge(stage: &Stage, project: &mut Project, wish: &Wish, outcome: &mut Outcome) {
    project.config = wish.config(project.resource(), &stage.place);
    let mut said = Vec::new();
    let mut done = false;
    for _ in 0..PLAIN_APPLIES {
        outcome.applies += 1;
        match project.apply(CancellationToken::new()).await {
            Ok(_) => {
                done = true;
                break;
            }
            Err(error) => {
                // Of two who created it at the same time the other one has got it, and his state is not kept.
                if project.state.is_null() && error.contains("import {") {
                    outcome.took_over = Some(stage.world(|_, now| now.as_secs_f64()));
                    said.extend(project.import("shop/nginx").await.err());
                }
                said.push(error);
            }
        }
    }
    if !done {
        let said = said.join("\n--\n");
        outcome.problems.push(format!("{PLAIN_APPLIES} plain applies were not enough:\n{said}"));
        return;
    }
    match project.has_changes().await {
        Ok(false) => {}
        Ok(true) => {
            outcome.problems.push(format!("the second plan is not empty: {:?}", project.state.get("phase")))
        }
        Err(error) => outcome.problems.push(format!("the second plan failed: {error}")),
    }
    tokio::time::sleep(AFTERWARDS).await;
    let from = {
        let mut seen = stage.seen.lock().unwrap();
        seen.sides.clear();
        seen.failed.len()
    };
    tokio::time::sleep(AFTERWARDS).await;
    outcome.problems.extend(misplaced(&stage.state(), wish));
    let seen = stage.seen.lock().unwrap();
    outcome.problems.extend(seen.failed[from..].iter().map(|it| format!("afterwards: {it}")));
    for (caller, side) in [("public", wish.public()), ("office", wish.office())] {
        let met: Vec<&str> = seen.sides.get(caller).into_iter().flatten().copied().collect();
        if met != [side] {
            outcome.problems.push(format!("in the end the {caller} meets {met:?}, not {side}"));
        }
    }
}

/// Counts, weights and leftovers, from the sandbox's own state.
fn misplaced(state: &Value, wish: &Wish) -> Vec<String> {
    let mut problems = Vec::new();
    let list = |name: &str| state[name].as_array().cloned().unwrap_or_default();
    let active: Vec<Value> = list("services").into_iter().filter(|it| it["status"] == "ACTIVE").collect();
    for side in ["blue", "green"] {
        let name = format!("nginx-{side}");
        let count = wish.count(side);
        let right = active.iter().filter(|it| it["serviceName"] == name.as_str());
        let counts: Vec<_> =
            right.map(|it| (it["desiredCount"].clone(), it["runningCount"].clone())).collect();
        if counts != [(json!(count), json!(count))] {
            problems.push(format!("{name} has (desired, running) {counts:?} instead of {count}"));
        }
    }
    let groups: Vec<String> = list("target_groups").iter().map(|it| it["name"].to_string()).collect();
    if active.len() != 2 || groups != ["\"nginx-blue-ddf171\"", "\"nginx-green-ddf171\""] {
        problems.push(format!("{} services, groups {groups:?}", active.len()));
    }
    let expected = if wish.phase == crate::wish::Phase::Canary { 2 } else { 1 };
    let rules = list("rules");
    if rules.len() != expected {
        problems.push(format!("{} rules instead of {expected}: {rules:?}", rules.len()));
    }
    problems
}

/// What the sandbox and the callers hold against the provider.
fn judge(stage: &Stage, schedule: &Schedule, outcome: &mut Outcome) {
    let broken = stage.world(|world, _| world.violations_json());
    // Two who want different things fight over every rule; all that is asked of them is that it ends well.
    let fight = schedule.fight();
    let upsets = stage.upsets.lock().unwrap();
    for it in broken["violations"].as_array().unwrap() {
        let caller = it["caller"].as_str().unwrap_or_default();
        let at = it["time"].as_f64().unwrap_or_default();
        let upset = upsets.iter().any(|upset| (0.0..=TOO_LATE_TO_SEE).contains(&(at - upset)));
        // Whoever judges by tags sees neither an import nor a state that two runners have copies of.
        let shared = caller == OURS[1] || outcome.took_over.is_some_and(|since| since <= at);
        let took_over = it["invariant"] == "I5" && shared;
        if !OURS.contains(&caller) || took_over {
            continue;
        }
        if fight || upset {
            outcome.excused += 1;
        } else {
            outcome.problems.push(format!("{} at {at} s: {}", it["invariant"], it["what"]));
        }
    }
    let seen = stage.seen.lock().unwrap();
    let complaints = seen.failed.iter().chain(&seen.open).cloned();
    if schedule.kind.strict() {
        outcome.problems.extend(complaints);
    } else {
        outcome.excused += complaints.count() as u64;
    }
}

async fn destroy(stage: &Stage, project: &mut Project, outcome: &mut Outcome) {
    stage.seen.lock().unwrap().destroying = true;
    if let Err(error) = project.destroy().await {
        outcome.problems.push(format!("destroy failed: {error}"));
        return;
    }
    let state = stage.state();
    let left = |name: &str| state[name].as_array().cloned().unwrap_or_default();
    let services = left("services").into_iter().filter(|it| it["status"] != "INACTIVE").count();
    let (rules, groups) = (left("rules").len(), left("target_groups").len());
    if (services, rules, groups) != (0, 0, 0) {
        outcome.problems.push(format!("destroy left {services} services, {rules} rules, {groups} groups"));
    }
}
