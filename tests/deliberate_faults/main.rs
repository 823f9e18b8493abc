//! The code broken on purpose, fault by fault: each must be caught by a test.
//!
//! Every run checks that each fault still fits the source. `BLUEGREEN_FAULTS=all cargo test --test
//! deliberate_faults -- --nocapture` breaks a copy of the source with each in turn, runs the test that should
//! catch it, and prints the table; `BLUEGREEN_FAULTS=WORD` takes the faults whose name has WORD in it.

#![allow(clippy::unwrap_used)]

mod list;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use list::{FAULTS, Fault};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn broken(fault: &Fault, tree: &Path) -> Result<String, String> {
    let text =
        fs::read_to_string(tree.join(fault.file)).map_err(|error| format!("{}: {error}", fault.file))?;
    match text.matches(fault.find).count() {
        1 => Ok(text.replacen(fault.find, fault.replace, 1)),
        count => Err(format!("\"{}\": its text occurs {count} times in {}", fault.name, fault.file)),
    }
}

#[test]
fn every_fault_still_fits_the_source() {
    let misfits: Vec<String> = FAULTS.iter().filter_map(|fault| broken(fault, &root()).err()).collect();
    assert!(misfits.is_empty(), "adapt tests/deliberate_faults/list.rs:\n{}", misfits.join("\n"));
    assert!(FAULTS.len() >= 20);
}

#[test]
fn every_fault_is_caught_by_its_test() {
    let Ok(wanted) = std::env::var("BLUEGREEN_FAULTS") else { return };
    let tree = root().join("target/deliberate-faults");
    copy_source(&tree);
    let mut survivors = Vec::new();
    for fault in FAULTS.iter().filter(|fault| wanted == "all" || fault.name.contains(&wanted)) {
        let file = tree.join(fault.file);
        let sound = fs::read_to_string(&file).unwrap();
        fs::write(&file, broken(fault, &tree).unwrap()).unwrap();
        // What does not build proves nothing.
        let builds = cargo(&tree, &[&["test", "--no-run"], fault.caught_by].concat());
        let caught = builds && !cargo(&tree, &[&["test"], fault.caught_by].concat());
        fs::write(&file, sound).unwrap();
        let verdict = match (builds, caught) {
            (false, _) => "DOES NOT BUILD",
            (true, true) => "caught",
            (true, false) => "SURVIVED",
        };
        println!("{verdict:<15} {:<55} {}", fault.name, fault.caught_by.join(" "));
        if verdict != "caught" {
            survivors.push(fault.name);
        }
    }
    assert!(survivors.is_empty(), "not caught: {survivors:?}");
}

fn cargo(tree: &Path, arguments: &[&str]) -> bool {
    Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", tree.join("target"))
        .env_remove("BLUEGREEN_FAULTS")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

/// The tree as it is, without what is built from it.
fn copy_source(to: &Path) {
    for name in ["src", "crates", "proto", "tests", "examples", "docs"] {
        let _ = fs::remove_dir_all(to.join(name));
        copy(&root().join(name), &to.join(name));
    }
    for name in ["Cargo.toml", "Cargo.lock", "clippy.toml", "rustfmt.toml"] {
        fs::copy(root().join(name), to.join(name)).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
