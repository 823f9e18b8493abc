//! Several states, with any of same or other name, cluster, listener and load balancer, one after the other and at the
//! same time, killed at any call: nothing is ever touched by a state that does not own it, nothing that serves is lost,
//! and whatever was made is in a state, gone, or what an import takes over.
//!
//! A few of them every day; `BLUEGREEN_SCHEDULES=1000 cargo test --test borders no_schedule` for more.

mod judge;
mod line;
mod player;
mod plot;
mod run;
mod stage;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use run::Outcome;

const EVERYDAY: u64 = 12;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn outcome_of(seed: u64) -> Outcome {
    let schedule = plot::of(seed);
    // Futures within futures are deep without optimisation.
    let thread = std::thread::Builder::new().stack_size(16 << 20);
    let ended = thread.spawn(move || run::run(&schedule)).unwrap().join();
    ended.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Outcome { problems: vec![format!("panicked: {}", said.unwrap_or_default())], ..Outcome::default() }
    })
}

#[test]
fn no_schedule_of_several_states_touches_what_is_anothers_or_loses_what_serves() {
    if let Some(seed) = number("BLUEGREEN_SEED") {
        println!("{:#?}", plot::of(seed));
        let outcome = outcome_of(seed);
        outcome.said.iter().for_each(|said| println!("{said}"));
        assert!(outcome.problems.is_empty(), "seed {seed}:\n{}", outcome.problems.join("\n"));
        return;
    }
    let count = number("BLUEGREEN_SCHEDULES").unwrap_or(EVERYDAY);
    let first = number("BLUEGREEN_FIRST_SEED").unwrap_or(1);
    let (next, sums) = (AtomicU64::new(first), [const { AtomicU64::new(0) }; 3]);
    let failed = Mutex::new(BTreeMap::new());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    let outcome = outcome_of(seed);
                    let counts = [outcome.calls, outcome.judged, outcome.said.len() as u64];
                    for (sum, count) in sums.iter().zip(counts) {
                        sum.fetch_add(count, Ordering::Relaxed);
                    }
                    if !outcome.problems.is_empty() {
                        failed.lock().unwrap().insert(seed, outcome.problems);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let [calls, judged, deeds] = sums.map(AtomicU64::into_inner);
    println!(
        "{count} schedules in {:.0} s: {deeds} applies, imports and destroys, {calls} calls, {judged} callers judged, {} schedules failed",
        began.elapsed().as_secs_f64(),
        failed.len()
    );
    let mut text = String::new();
    for (seed, problems) in &failed {
        text += &format!("BLUEGREEN_SEED={seed} cargo test --test borders no_schedule -- --nocapture\n");
        for problem in problems.iter().take(3) {
            text += &format!("    {}\n", problem.replace('\n', "\n    "));
        }
    }
    assert!(failed.is_empty(), "{} of {count} schedules failed; to replay one:\n{text}", failed.len());
}
