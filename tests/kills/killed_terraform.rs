//! The real terraform: its provider is killed under it, or it is killed itself and the provider ends by itself.
//! Afterwards plain `terraform apply`: no lock to break, nothing tainted, nothing to remove from the state.

use rustix::process::{Signal, kill_process};
use serde_json::Value;

use crate::full;
use crate::ring::{Hold, Kill, stage};
use crate::support::Stage;
use crate::terraform::{Apply, gone};
use crate::wish::{left_over, wish};

#[derive(Clone, Copy, Debug)]
enum Victim {
    Provider,
    Terraform,
}
use Victim::{Provider, Terraform};

/// An apply that does not survive.
async fn dies(stage: &Stage, victim: Victim, kill: Kill) {
    let hold = Hold::set(stage, kill).await;
    let mut apply = Apply::start(stage);
    let call = tokio::select! {
        call = hold.held() => call,
        () = apply.ends_early() => panic!("not killed at {kill}: {}", apply.said()),
    };
    let provider = apply.provider();
    match victim {
        Provider => {
            kill_process(provider, Signal::KILL).unwrap();
            let ended = apply.end().await;
            assert!(!ended.ok, "killed at {kill}: {}", ended.said);
            hold.gone(call).await;
        }
        Terraform => {
            apply.signal(Signal::KILL);
            hold.end().await;
            assert!(!apply.end().await.ok);
            gone(provider).await;
        }
    }
}

async fn moves(stage: &mut Stage, list: &[(&'static str, Victim, Kill)]) {
    for (phase, victim, kill) in list {
        stage.phase(phase);
        dies(stage, *victim, *kill).await;
        stage.apply().await;
        let seen = stage.admin("GET", "/_sandbox/state", Value::Null).await;
        let complaints = wish(phase).complaints(&seen);
        assert!(complaints.is_empty(), "{phase}, {victim:?} killed at {kill}: {complaints:#?}");
    }
}

fn write(call: u64, after: bool) -> Kill {
    Kill { writes: true, call, after }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_or_its_provider_killed_and_then_plainly_applied_again() {
    let mut stage = stage().await;
    let create = [("canary", Provider, write(4, true))];
    moves(&mut stage, &create).await;
    let traffic = stage.traffic();
    let mut list = vec![
        ("promoted", Terraform, write(1, false)),
        ("stable", Provider, write(2, true)),
        ("staged", Terraform, write(1, true)),
    ];
    if full() {
        let tour = [
            "stable", "canary", "stable", "promoted", "staged", "canary", "staged", "promoted", "canary",
            "promoted", "stable", "staged",
        ];
        for victim in [Provider, Terraform] {
            for after in [false, true] {
                list.extend(tour.map(|phase| (phase, victim, write(1, after))));
            }
        }
    }
    moves(&mut stage, &list).await;
    let requests = traffic.none_failed().await;
    println!("the real terraform: {} killed, {requests} requests, 0 failed", 1 + list.len());

    // The same for a destroy.
    let hold = Hold::set(&stage, write(3, true)).await;
    let apply = Apply::start_with(&stage, &["destroy", "-auto-approve", "-no-color"]);
    let call = hold.held().await;
    kill_process(apply.provider(), Signal::KILL).unwrap();
    assert!(!apply.end().await.ok);
    hold.gone(call).await;
    let ran = stage.project.destroy().await.unwrap();
    assert!(ran.ok, "{}", ran.said());
    let seen = stage.admin("GET", "/_sandbox/state", Value::Null).await;
    assert_eq!(left_over(&seen), [""; 0]);
    assert_eq!(stage.state().await, Value::Null);
    stage.end().await;
}

/// Terraform dies while the created object is not in any state yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_whose_terraform_was_killed_is_taken_up_by_the_next() {
    let mut stage = stage().await;
    moves(&mut stage, &[("promoted", Terraform, write(6, true))]).await;
    stage.end().await;
}
