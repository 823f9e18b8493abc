//! The provider's process is killed at call k of every move, before its effect and after it.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::full;
use crate::ring::{Blow, Kill, Ring};
use crate::wish::{Wish, wish};

/// Rings at work at the same time, beside other tests; most of a ring's time is waiting, and a full sweep is alone.
const AT_ONCE: usize = 3;
/// Between the reads at which a full sweep interrupts: looks are all alike, and what dies at one is every call.
const STRIDE: u64 = 7;

/// Moves that lead back to where they began; of those with that word in their names, if one is asked for.
fn rings() -> Vec<(&'static str, Vec<Option<Wish>>)> {
    let word = std::env::var("BLUEGREEN_RING").unwrap_or_default();
    let mut rings = all_rings();
    rings.retain(|(name, _)| name.contains(&word));
    rings
}

fn all_rings() -> Vec<(&'static str, Vec<Option<Wish>>)> {
    let pair = |one, two| vec![Some(wish(one)), Some(wish(two))];
    vec![
        ("create and destroy", vec![None, Some(wish("canary"))]),
        ("stable and staged", pair("stable", "staged")),
        ("stable and canary", pair("stable", "canary")),
        ("stable and promoted", pair("stable", "promoted")),
        ("staged and canary", pair("staged", "canary")),
        // With an open canary all the while.
        ("to another listener and back", vec![Some(wish("canary")), Some(wish("canary").secure())]),
        ("staged and promoted", pair("staged", "promoted")),
        ("canary and promoted", pair("canary", "promoted")),
        (
            "side swap and the next release",
            // The idle side is given something else with each swap, and yet another with the release after it.
            vec![
                Some(wish("promoted").blue("nginx:3")),
                Some(wish("stable").primary("green")),
                Some(wish("promoted").primary("green").blue("nginx:3")),
                Some(wish("stable").blue("nginx:3").green("nginx:4")),
            ],
        ),
        (
            "coming home",
            vec![
                Some(wish("promoted")),
                Some(wish("stable").blue("nginx:3")),
                Some(wish("promoted").blue("nginx:3")),
                Some(wish("stable")),
            ],
        ),
    ]
}

/// The kills of one move.
struct Schedule {
    /// Everyday: exactly these.
    spread: Vec<Kill>,
    /// In full: on and on until a run ends before it is reached.
    next: Option<Kill>,
    /// Between the reads then.
    stride: u64,
}

impl Schedule {
    /// `number` is the move's; neighbours are killed elsewhere.
    fn new(number: u64, blow: Blow) -> Schedule {
        let stride = if blow == Blow::Kill { 1 } else { STRIDE };
        if full() {
            let first = Kill { writes: true, call: 1, after: false };
            return Schedule { spread: Vec::new(), next: Some(first), stride };
        }
        if blow == Blow::Stop {
            let writes = !number.is_multiple_of(4);
            let call = if writes { 1 + number % 3 } else { 40 + number };
            return Schedule { spread: vec![Kill { writes, call, after: true }], next: None, stride };
        }
        let spread = vec![
            Kill { writes: true, call: 1 + number % 3, after: number.is_multiple_of(2) },
            Kill { writes: true, call: 1 + (number + 1) % 2, after: !number.is_multiple_of(2) },
            Kill { writes: false, call: 5 + 13 * (number % 5), after: number.is_multiple_of(3) },
        ];
        Schedule { spread, next: None, stride }
    }

    fn take(&mut self) -> Option<Kill> {
        self.next.or_else(|| self.spread.pop())
    }

    /// Whether `kill` was reached.
    fn was(&mut self, kill: Kill, reached: bool) {
        if self.next.is_none() {
            return;
        }
        self.next = match (reached, kill) {
            (true, Kill { after: false, .. }) => Some(Kill { after: true, ..kill }),
            (true, Kill { writes: true, call, .. }) => Some(Kill { call: call + 1, after: false, ..kill }),
            (true, Kill { call, .. }) => Some(Kill { call: call + self.stride, after: false, ..kill }),
            (false, Kill { writes: true, .. }) => Some(Kill { writes: false, call: 1, after: false }),
            (false, _) => None,
        };
    }
}

/// Goes round until every move has had its kills: moves, calls killed, requests.
async fn sweep(blow: Blow, name: &str, wishes: Vec<Option<Wish>>, first: u64) -> (u64, u64, u64) {
    let began = Instant::now();
    let moves = wishes.len();
    let mut ring = Ring::new(blow).await;
    if let Some(start) = &wishes[0] {
        ring.go(Some(start), None).await;
        if wishes.iter().flatten().any(|wish| wish.secure) {
            ring.watch_both_listeners();
        } else {
            ring.watch();
        }
    }
    let mut schedules: Vec<Schedule> =
        (first..).take(moves).map(|number| Schedule::new(number, blow)).collect();
    let mut killed = 0;
    loop {
        let kills: Vec<Option<Kill>> = schedules.iter_mut().map(Schedule::take).collect();
        if kills.iter().all(Option::is_none) {
            break;
        }
        for (number, kill) in kills.into_iter().enumerate() {
            let reached = ring.go(wishes[(number + 1) % moves].as_ref(), kill).await;
            if let Some(kill) = kill {
                schedules[number].was(kill, reached);
            }
            killed += u64::from(reached);
        }
    }
    let struck_at = std::mem::take(&mut ring.struck_at);
    let requests = ring.end().await;
    println!(
        "{blow:?}, {name}: {moves} moves, {killed} calls, {requests} requests, 0 failed, {:.0?}; {struck_at:?}",
        began.elapsed()
    );
    (moves as u64, killed, requests)
}

/// All rings: moves, calls, requests.
async fn sweep_all(blow: Blow) -> (u64, u64, u64) {
    let slots = Arc::new(Semaphore::new(if full() { rings().len() } else { AT_ONCE }));
    let mut running = JoinSet::new();
    let mut first = 0;
    for (name, wishes) in rings() {
        let (slots, number) = (slots.clone(), first);
        first += wishes.len() as u64;
        running.spawn(async move {
            let _slot = slots.acquire().await.unwrap();
            sweep(blow, name, wishes, number).await
        });
    }
    let (mut moves, mut killed, mut requests) = (0, 0, 0);
    while let Some(ended) = running.join_next().await {
        let ended = ended.unwrap();
        moves += ended.0;
        killed += ended.1;
        requests += ended.2;
    }
    (moves, killed, requests)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_call_the_provider_dies_at_the_next_apply_finishes_the_move() {
    let (moves, killed, requests) = sweep_all(Blow::Kill).await;
    println!("kills: {moves} moves, {killed} calls killed, {requests} requests, 0 failed");
    assert!(killed >= 2 * moves, "too few of the calls were reached");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_call_is_in_flight_an_interrupt_finishes_it_and_the_next_apply_the_move() {
    let (moves, stopped, requests) = sweep_all(Blow::Stop).await;
    println!("stops: {moves} moves, {stopped} calls interrupted, {requests} requests, 0 failed");
    assert!(stopped >= moves / 2, "too few of the calls were reached");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_dies_after_every_single_write_still_arrives() {
    let mut ring = Ring::new(Blow::Kill).await;
    let kill = Kill { writes: true, call: 1, after: true };
    // A creation first puts its own id on what another left behind, so its lives must be longer than that.
    let creation = Kill { call: 8, ..kill };
    let mut deaths = ring.dying(Some(&wish("canary")), creation).await;
    ring.watch();
    for phase in ["promoted", "stable"] {
        deaths += ring.dying(Some(&wish(phase)), kill).await;
    }
    let requests = ring.end().await;
    println!("one write a life: {deaths} lives, {requests} requests, 0 failed");
}
