//! The real terraform: its provider is killed under it, or it is killed itself and the provider ends by itself.
//! Afterwards plain `terraform apply`: no lock to break, nothing tainted, nothing to remove from the state.

use rustix::process::{Signal, kill_process};

use crate::full;
use crate::ring::{Hold, Kill, stage};
use crate::support::Stage;
use crate::terraform::{Apply, finishes, gone};

#[derive(Clone, Copy, Debug)]
enum Victim {
    Provider,
    Terraform,
}
use Victim::{Provider, Terraform};

/// An apply (of nothing: a destroy) that does not survive; false when it ended before.
async fn dies(stage: &Stage, to: Option<&str>, victim: Victim, kill: Kill) -> bool {
    let hold = Hold::set(stage, kill).await;
    let what = if to.is_some() { "apply" } else { "destroy" };
    let mut apply = Apply::start_with(stage, &[what, "-auto-approve", "-no-color"]);
    let call = tokio::select! {
        call = hold.held() => call,
        () = apply.ends_early() => {
            hold.end().await;
            let ended = apply.end().await;
            assert!(ended.ok, "not killed at {kill}: {}", ended.said);
            return false;
        }
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
    true
}

/// To a phase or to nothing, struck on the way, and then plainly once more; whether it was struck.
async fn go(stage: &mut Stage, to: Option<&'static str>, victim: Victim, kill: Kill) -> bool {
    if let Some(phase) = to {
        stage.phase(phase);
    }
    let struck = dies(stage, to, victim, kill).await;
    finishes(stage, to, &format!("{to:?}, {victim:?} killed at {kill}")).await;
    struck
}

fn write(call: u64, after: bool) -> Kill {
    Kill { writes: true, call, after }
}

/// All twelve moves between phases, and back to where they began.
const TOUR: [&str; 12] = [
    "canary", "stable", "promoted", "staged", "canary", "staged", "promoted", "canary", "promoted", "stable",
    "staged", "stable",
];

/// Round and round, struck at the first write of every move, at the second, and so on until no move has as many;
/// how often it was struck, and the requests meanwhile.
async fn round_and_round(tour: Vec<Option<&'static str>>, victim: Victim) -> (u64, u64) {
    let mut stage = stage().await;
    let mut traffic = None;
    if let Some(Some(last)) = tour.last() {
        stage.phase(last).apply().await;
        traffic = Some(stage.traffic());
    }
    let mut struck = 0;
    for after in [false, true] {
        let mut ended = vec![false; tour.len()];
        for call in 1.. {
            for (to, ended) in tour.iter().zip(&mut ended) {
                *ended = !go(&mut stage, *to, victim, write(call, after)).await;
                struck += u64::from(!*ended);
            }
            if ended.iter().all(|ended| *ended) {
                break;
            }
        }
    }
    let requests = match traffic {
        Some(traffic) => traffic.none_failed().await,
        None => 0,
    };
    println!(
        "{victim:?} under terraform: {} moves, {struck} killed, {requests} requests, 0 failed",
        tour.len()
    );
    stage.end().await;
    (struck, requests)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_or_its_provider_killed_and_then_plainly_applied_again() {
    if full() {
        let around = |victim| round_and_round(TOUR.map(Some).to_vec(), victim);
        let there_and_gone = |victim| round_and_round(vec![Some("canary"), None], victim);
        let rounds = tokio::join!(
            around(Provider),
            around(Terraform),
            there_and_gone(Provider),
            there_and_gone(Terraform)
        );
        let rounds = [rounds.0, rounds.1, rounds.2, rounds.3];
        let (killed, requests) = rounds.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        println!("the real terraform: {killed} killed, {requests} requests, 0 failed");
        return;
    }
    let mut stage = stage().await;
    assert!(go(&mut stage, Some("canary"), Provider, write(4, true)).await);
    let traffic = stage.traffic();
    for (phase, victim, kill) in [
        ("promoted", Terraform, write(1, false)),
        ("stable", Provider, write(2, true)),
        ("staged", Terraform, write(1, true)),
    ] {
        assert!(go(&mut stage, Some(phase), victim, kill).await);
    }
    let requests = traffic.none_failed().await;
    assert!(go(&mut stage, None, Provider, write(3, true)).await);
    println!("the real terraform: 5 killed, {requests} requests, 0 failed");
    stage.end().await;
}

/// Terraform dies while the created object is not in any state yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_whose_terraform_was_killed_is_taken_up_by_the_next() {
    let mut stage = stage().await;
    assert!(go(&mut stage, Some("promoted"), Terraform, write(6, true)).await);
    stage.end().await;
}
