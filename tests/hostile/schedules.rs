//! Hundreds of schedules every day, thousands when asked: `BLUEGREEN_SCHEDULES=10000 cargo test
//! --profile sweep --test hostile`.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::run::{self, Outcome};
use crate::schedule::{self, Chapter, Event, Kind, Schedule};
use crate::wish::{Phase, Wish};

const EVERYDAY: u64 = 300;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn outcome_of(seed: u64) -> Outcome {
    let schedule = schedule::of(seed);
    catch_unwind(AssertUnwindSafe(|| run::run(&schedule))).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Outcome { problems: vec![format!("panicked: {}", said.unwrap_or_default())], ..Outcome::default() }
    })
}

#[derive(Default)]
struct Sum {
    schedules: u64,
    applies: u64,
    failed_applies: u64,
    calls: u64,
    edits: u64,
    judged: u64,
    excused: u64,
    hours: f64,
}

#[test]
fn no_schedule_of_faults_breaks_an_invariant_or_keeps_the_wish_from_coming_true() {
    if let Some(seed) = number("BLUEGREEN_SEED") {
        println!("{:#?}", schedule::of(seed));
        let outcome = outcome_of(seed);
        println!("{} applies, {} failed, {} calls", outcome.applies, outcome.failed_applies, outcome.calls);
        for (number, said) in outcome.said.iter().enumerate() {
            println!("apply {}: {said}", number + 1);
        }
        if std::env::var("BLUEGREEN_CALLS").is_ok() {
            println!("{}", outcome.calls_made);
        }
        assert!(outcome.problems.is_empty(), "seed {seed}:\n{}", outcome.problems.join("\n"));
        return;
    }
    let count = number("BLUEGREEN_SCHEDULES").unwrap_or(EVERYDAY);
    let first = number("BLUEGREEN_FIRST_SEED").unwrap_or(1);
    let next = AtomicU64::new(first);
    let failed = Mutex::new(BTreeMap::new());
    let sums: Mutex<BTreeMap<Kind, Sum>> = Mutex::default();
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
                    if !outcome.problems.is_empty() {
                        failed.lock().unwrap().insert(seed, outcome.problems);
                    }
                    if (seed - first + 1).is_multiple_of(1000) {
                        println!("… {}, {} failed so far", seed - first + 1, failed.lock().unwrap().len());
                    }
                    let mut sums = sums.lock().unwrap();
                    let sum = sums.entry(schedule::of(seed).kind).or_default();
                    sum.schedules += 1;
                    sum.applies += outcome.applies;
                    sum.failed_applies += outcome.failed_applies;
                    sum.calls += outcome.calls;
                    sum.edits += outcome.edits;
                    sum.judged += outcome.judged;
                    sum.excused += outcome.excused;
                    sum.hours += outcome.virtual_time.as_secs_f64() / 3600.0;
                }
            });
        }
    });
    for (kind, sum) in sums.lock().unwrap().iter() {
        println!(
            "{kind:?}: {} schedules, {:.1} sandbox hours, {} applies ({} failed on the way), {} API calls, {} edits by others, {} callers judged, {} complaints excused",
            sum.schedules,
            sum.hours,
            sum.applies,
            sum.failed_applies,
            sum.calls,
            sum.edits,
            sum.judged,
            sum.excused
        );
    }
    let failed = failed.into_inner().unwrap();
    println!("{count} schedules in {:.0} s, {} failed", began.elapsed().as_secs_f64(), failed.len());
    let mut text = String::new();
    for (seed, problems) in &failed {
        text += &format!("BLUEGREEN_SEED={seed} cargo test --test hostile no_schedule -- --nocapture\n");
        for problem in problems.iter().take(3) {
            text += &format!("    {}\n", problem.replace('\n', "\n    "));
        }
    }
    assert!(failed.is_empty(), "{} of {count} schedules failed; to replay one:\n{text}", failed.len());
}

#[test]
fn a_seed_tells_the_same_story_twice() {
    for seed in [3, 4] {
        let (one, two) = (outcome_of(seed), outcome_of(seed));
        assert!(one.calls_made == two.calls_made, "seed {seed} cannot be replayed");
    }
}

/// The judge is no good if it never finds anything.
#[test]
fn a_wish_without_settling_is_caught_and_so_is_an_outsider_who_sends_callers_to_nobody() {
    let mut schedule = schedule::of(1);
    schedule.kind = Kind::Api;
    schedule.propagation = Duration::from_secs(30);
    schedule.destroy = false;
    let last = schedule.last.clone();
    let wish = |phase, settle| Wish { phase, settle, standby: 0, primary: "blue", ..last.clone() };
    let chapter = |wish, events| Chapter { wish, rival: None, events };
    schedule.chapters =
        vec![chapter(wish(Phase::Stable, 0), Vec::new()), chapter(wish(Phase::Promoted, 0), Vec::new())];
    schedule.last = wish(Phase::Promoted, 0);
    let hasty: Vec<String> =
        (1..=4).flat_map(|seed| run::run(&Schedule { seed, ..schedule.clone() }).problems).collect();
    let hasty = hasty.join("\n");
    assert!(hasty.contains("I3") && hasty.contains("finds no target in nginx-blue"), "{hasty}");

    schedule.propagation = Duration::ZERO;
    let meddling = (Duration::from_secs(5), Event::Weights(0, 100));
    schedule.chapters = vec![
        chapter(wish(Phase::Stable, 30), Vec::new()),
        chapter(wish(Phase::Promoted, 30), vec![meddling]),
    ];
    schedule.last = wish(Phase::Promoted, 30);
    let meddled = run::run(&schedule);
    assert!(meddled.edits == 1 && meddled.problems.join("\n").contains("finds no target in nginx-green"));
}

#[test]
fn two_applies_with_different_wishes_do_not_send_the_public_to_and_fro_for_long() {
    let mut schedule = schedule::of(1);
    (schedule.kind, schedule.destroy) = (Kind::Outsider, false);
    let last = schedule.last.clone();
    let wish = |phase| Wish { phase, primary: "blue", ..last.clone() };
    let chapter = |phase, rival| Chapter { wish: wish(phase), rival, events: Vec::new() };
    let rival = Some(wish(Phase::Canary));
    schedule.chapters = vec![chapter(Phase::Staged, None), chapter(Phase::Promoted, rival)];
    schedule.last = wish(Phase::Promoted);
    let outcome = run::run(&schedule);
    assert!(outcome.problems.is_empty(), "{}", outcome.problems.join("\n"));
    let said = outcome.said.join("\n");
    assert!(said.contains(run::CONTESTED), "{said}");
    let edits = ["CreateRule", "DeleteRule", "ModifyRule"];
    let edits =
        outcome.calls_made.lines().filter(|line| edits.iter().any(|edit| line.contains(edit))).count();
    assert!((16..60).contains(&edits), "{edits} edits of rules");
}
