//! Interrupts and timeouts with the real terraform: state holds what is deployed, the error says who serves whom,
//! nothing is reversed, and the next apply finishes the work.

use aws_sandbox::SandboxOptions;
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};

use crate::ring::Hold;
use crate::support::Stage;
use crate::terraform::{Apply, finishes, last_call, until, writes_since};
use crate::wish;

/// Slower than the sweep, so that there is time to interrupt something.
const SPEED: f64 = 25.0;

#[derive(Clone, Copy, Debug)]
enum How {
    /// Ctrl-C that reaches terraform only.
    One,
    /// Ctrl-C in a terminal: it reaches the provider as well.
    Group,
    Twice,
    Terminate,
    TerminateProvider,
}

#[derive(Clone, Copy, Debug)]
enum Moment {
    WaitingForHealth,
    RightAfterTheSwitch,
    Settling,
}
use Moment::{RightAfterTheSwitch, Settling, WaitingForHealth};

async fn stage() -> Stage {
    let mut stage = Stage::with(SandboxOptions { speed: SPEED, ..SandboxOptions::default() }).await;
    stage.set(json!({ "settle_time": "60s" })).apply().await;
    stage
}

fn sides(phase: &str) -> (&'static str, &'static str) {
    if phase == "promoted" { ("blue", "green") } else { ("green", "blue") }
}

async fn serving(stage: &Stage) -> &'static str {
    let seen = stage.admin("GET", "/_sandbox/state", Value::Null).await;
    wish::serving(&seen).unwrap()
}

/// The receiver has its tasks, and they are not healthy yet.
async fn started(stage: &Stage, receiver: &str) {
    until("the receiver is started", async || {
        let seen = stage.admin("GET", "/_sandbox/state", Value::Null).await;
        let services = seen["services"].as_array().unwrap();
        let name = format!("nginx-{receiver}");
        services.iter().any(|it| it["serviceName"] == name.as_str() && it["desiredCount"] == 2)
    })
    .await;
}

async fn switched(stage: &Stage, since: u64) {
    until("the public is switched", async || {
        let calls = stage.admin("GET", &format!("/_sandbox/calls?since={since}"), Value::Null).await;
        let calls = calls["calls"].as_array().unwrap();
        calls.iter().any(|call| call["operation"] == "ModifyRule" && call["status"] == 200)
    })
    .await;
}

async fn strike(how: How, apply: &Apply) {
    match how {
        How::One => apply.signal(Signal::INT),
        How::Group => apply.signal_group(Signal::INT),
        How::Terminate => apply.signal(Signal::TERM),
        How::TerminateProvider => kill_process(apply.provider(), Signal::TERM).unwrap(),
        How::Twice => {
            apply.signal_group(Signal::INT);
            until("terraform minds the interrupt", async || apply.said().contains("Interrupt received"))
                .await;
            apply.signal_group(Signal::INT);
        }
    }
}

/// A move to `phase` that is struck at `moment`, and what must be true then.
async fn interrupted(stage: &mut Stage, phase: &'static str, how: How, moment: Moment) {
    let (leaving, receiver) = sides(phase);
    stage.phase(phase);
    let since = last_call(stage).await;
    let held = json!({ "kind": "hold", "operations": ["ModifyRule"], "call": 1, "when": "after" });
    let hold = match moment {
        RightAfterTheSwitch => Some(Hold::fault(stage, held).await),
        _ => None,
    };
    let apply = Apply::start(stage);
    match (&hold, moment) {
        (Some(hold), _) => drop(hold.held().await),
        (None, WaitingForHealth) => started(stage, receiver).await,
        (None, _) => switched(stage, since).await,
    }
    let struck = last_call(stage).await;
    strike(how, &apply).await;
    if let Some(hold) = hold {
        hold.end().await;
    }
    let ended = apply.end().await;
    let told = format!("{phase}, {how:?}, {moment:?}: {}", ended.said);
    assert!(!ended.ok, "{told}");
    let serves = if matches!(moment, WaitingForHealth) { leaving } else { receiver };
    assert_eq!(serving(stage).await, serves, "{told}");
    assert_eq!(writes_since(stage, struck).await, [""; 0], "{told}");
    // A second Ctrl-C makes Terraform leave at once, without waiting for what the provider has to say.
    if !matches!(how, How::Twice) {
        assert!(ended.said.contains("Interrupted"), "{told}");
        truth(stage, serves, &ended.said, &told).await;
    }
    finishes(stage, Some(phase), phase).await;
}

/// The error says it and the state holds it.
async fn truth(stage: &Stage, serves: &str, said: &str, told: &str) {
    assert!(said.contains(&format!("The public is served by {}", serves.to_uppercase())), "{told}");
    let state = stage.state().await;
    assert_eq!(state["production_color"], serves, "{told}\n{state}");
    assert_eq!(state["promote_to_all"], serves == "green", "{told}\n{state}");
    assert_eq!(state["phase"], "in_transition", "{told}\n{state}");
}

/// Forth, back and forth again, each time struck at another moment.
async fn at_every_moment(how: How) {
    let mut stage = stage().await;
    let traffic = stage.traffic();
    interrupted(&mut stage, "promoted", how, WaitingForHealth).await;
    interrupted(&mut stage, "stable", how, Settling).await;
    interrupted(&mut stage, "promoted", how, RightAfterTheSwitch).await;
    let requests = traffic.none_failed().await;
    println!("{how:?}: 3 interrupts, {requests} requests, 0 failed");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_ctrl_c_to_terraform() {
    at_every_moment(How::One).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_ctrl_c_to_the_whole_process_group() {
    at_every_moment(How::Group).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_ctrl_c_in_a_row() {
    at_every_moment(How::Twice).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_to_terraform() {
    at_every_moment(How::Terminate).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_to_the_provider() {
    at_every_moment(How::TerminateProvider).await;
}

/// A move whose `update` timeout runs out at `moment`; with its own settle time.
async fn timed_out(stage: &mut Stage, phase: &'static str, moment: Moment, settle_time: &str) {
    let (leaving, receiver) = sides(phase);
    stage.phase(phase).set(json!({ "settle_time": settle_time, "timeouts": { "update": "60s" } }));
    let held = json!({ "kind": "hold", "operations": ["ModifyRule"], "call": 1, "when": "after" });
    let hold = match moment {
        RightAfterTheSwitch => Some(Hold::fault(stage, held).await),
        _ => None,
    };
    let apply = Apply::start(stage);
    if let Some(hold) = hold {
        hold.held().await;
        let now = async || stage.admin("GET", "/_sandbox/state", Value::Null).await["time"].as_f64().unwrap();
        let over = now().await + 70.0;
        until("the time has run out", async || now().await > over).await;
        hold.end().await;
    }
    let ended = apply.end().await;
    let told = format!("{phase}, timeout, {moment:?}: {}", ended.said);
    assert!(!ended.ok && ended.said.contains("The time for this operation ran out"), "{told}");
    let serves = if matches!(moment, WaitingForHealth) { leaving } else { receiver };
    assert_eq!(serving(stage).await, serves, "{told}");
    truth(stage, serves, &ended.said, &told).await;
    // More time is what anybody would give it.
    stage.set(json!({ "settle_time": "20s", "timeouts": null }));
    finishes(stage, Some(phase), phase).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_update_timeout_runs_out() {
    let mut stage = stage().await;
    let traffic = stage.traffic();
    timed_out(&mut stage, "promoted", WaitingForHealth, "20s").await;
    // From here on the candidate is warm, and the switch comes soon.
    for (moment, settle_time) in [(Settling, "300s"), (RightAfterTheSwitch, "20s")] {
        stage.set(json!({ "canary_count": 2 })).phase("staged").apply().await;
        timed_out(&mut stage, "promoted", moment, settle_time).await;
    }
    let requests = traffic.none_failed().await;
    println!("timeouts: 3, {requests} requests, 0 failed");
    stage.end().await;
}

/// What an interrupted create had made by then is in the state and made anew by the next one; what one out of time had
/// made is gone again; what a destroy
/// has left stays in the state, and the next one goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn create_and_destroy_interrupted_or_out_of_time() {
    let mut stage = Stage::with(SandboxOptions { speed: SPEED, ..SandboxOptions::default() }).await;
    stage.set(json!({ "settle_time": "20s" })).phase("promoted");
    let apply = Apply::start(&stage);
    started(&stage, "green").await;
    let struck = last_call(&stage).await;
    apply.signal_group(Signal::INT);
    let ended = apply.end().await;
    assert!(!ended.ok && ended.said.contains("Interrupted"), "{}", ended.said);
    assert!(ended.said.contains("parked, so nobody is sent to this service yet"), "{}", ended.said);
    assert!(ended.said.contains("the next apply takes it away and makes it anew"), "{}", ended.said);
    // Only what says that it is being made is taken off, so that nobody takes it for left behind.
    let mut writes = writes_since(&stage, struck).await;
    writes.retain(|write| write != "RemoveTags");
    assert_eq!(writes, [""; 0], "{}", ended.said);
    assert_eq!(stage.state().await["production_color"], Value::Null);

    stage.set(json!({ "timeouts": { "create": "10s" } }));
    let said = stage.apply_fails().await;
    assert!(said.contains("The time for this operation ran out"), "{said}");
    assert!(said.contains("Nothing was left behind"), "{said}");
    stage.set(json!({ "timeouts": null }));
    finishes(&stage, Some("promoted"), "promoted").await;

    let held = json!({ "kind": "hold", "operations": ["DeleteRule"], "call": 1, "when": "after" });
    let hold = Hold::fault(&stage, held).await;
    let destroy = Apply::start_with(&stage, &["destroy", "-auto-approve", "-no-color"]);
    let call = hold.held().await;
    destroy.signal_group(Signal::INT);
    until("terraform minds the interrupt", async || destroy.said().contains("Interrupt received")).await;
    hold.end().await;
    let ended = destroy.end().await;
    assert!(!ended.ok && ended.said.contains("destroy again to go on"), "{}", ended.said);
    assert_eq!(writes_since(&stage, call).await, [""; 0], "{}", ended.said);
    let state = stage.state().await;
    assert_eq!((&state["production_rule_arn"], &state["production_color"]), (&Value::Null, &Value::Null));
    finishes(&stage, None, "destroy").await;
    stage.end().await;
}
