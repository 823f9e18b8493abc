//! The code broken on purpose, fault by fault: each must be caught by a test.
//!
//! Every run checks that each fault still fits the source, and breaks a copy of the source with two of them: each
//! day the next two of those whose test is quick, so that all of these come round. `BLUEGREEN_FAULTS_DAY=N` takes
//! another day's. `BLUEGREEN_FAULTS=all cargo test --test deliberate_faults -- --nocapture` breaks it with each in
//! turn and prints the table; `BLUEGREEN_FAULTS=WORD` takes the faults whose name has WORD in it.

#![allow(clippy::unwrap_used)]

mod borders;
mod list;
mod tree;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use list::{Fault, INTERLEAVING, LIB};
use tree::{Ended, Tree};

const A_DAY: usize = 2;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn broken(fault: &Fault, tree: &Path) -> Result<String, String> {
    let text =
        std::fs::read_to_string(tree.join(fault.file)).map_err(|error| format!("{}: {error}", fault.file))?;
    match text.matches(fault.find).count() {
        1 => Ok(text.replacen(fault.find, fault.replace, 1)),
        count => Err(format!("\"{}\": its text occurs {count} times in {}", fault.name, fault.file)),
    }
}

/// Days since 1970, or what `BLUEGREEN_FAULTS_DAY` says.
fn day() -> usize {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let asked = std::env::var("BLUEGREEN_FAULTS_DAY").ok();
    asked.map_or(usize::try_from(seconds / 86_400).unwrap(), |day| day.parse().unwrap())
}

/// Told also by a test that passes, and not held back until it ends.
#[allow(clippy::explicit_write, reason = "what a test prints with `eprintln!` is held back until it fails")]
fn tell(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap();
}

fn chosen() -> Vec<&'static Fault> {
    if let Ok(wanted) = std::env::var("BLUEGREEN_FAULTS") {
        let chosen = list::all().filter(|fault| wanted == "all" || fault.name.contains(&wanted)).collect();
        tell(&format!("deliberate faults: \"{wanted}\""));
        return chosen;
    }
    let day = day();
    tell(&format!("deliberate faults: {A_DAY} of day {day}; the same again with BLUEGREEN_FAULTS_DAY={day}"));
    let quick: Vec<&Fault> =
        list::all().filter(|fault| [INTERLEAVING, LIB].contains(&fault.caught_by)).collect();
    (0..A_DAY).map(|n| quick[(day.wrapping_mul(A_DAY) + n) % quick.len()]).collect()
}

#[test]
fn every_fault_still_fits_the_source() {
    let misfits: Vec<String> = list::all().filter_map(|fault| broken(fault, &root()).err()).collect();
    assert!(misfits.is_empty(), "adapt tests/deliberate_faults/list.rs:\n{}", misfits.join("\n"));
    assert!(list::all().count() >= 20);
}

#[test]
fn faults_are_caught_by_their_tests() {
    let faults = chosen();
    assert!(!faults.is_empty(), "no fault has that in its name");
    let tree = Tree::copied(&root());
    let mut survivors = Vec::new();
    for fault in faults {
        let sound = tree.replace(fault.file, &broken(fault, tree.path()).unwrap());
        // What does not build proves nothing.
        let verdict = match tree.cargo(&["test", "--no-run"], fault.caught_by) {
            Ended::Badly(said) => format!("DOES NOT BUILD\n{said}"),
            Ended::Well => match tree.cargo(&["test"], fault.caught_by) {
                Ended::Badly(_) => "caught".to_owned(),
                Ended::Well => "SURVIVED".to_owned(),
            },
        };
        tree.replace(fault.file, &sound);
        tell(&format!("{verdict:<15} {:<55} {}", fault.name, fault.caught_by.join(" ")));
        if verdict != "caught" {
            survivors.push(fault.name);
        }
    }
    assert!(survivors.is_empty(), "not caught: {survivors:?}");
}
