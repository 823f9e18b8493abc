//! The example provider's life under the real terraform, or tofu.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::path::PathBuf;
use std::process::Command;

use terraform_plugin::testing::{Process, Workspace};
use terraform_plugin::wire::tfplugin6 as wire;

const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    note = { source = "example.com/x/note" }
  }
}
variable "text" { default = "buy milk" }
resource "note_file" "a" {
  path = "${path.module}/a.txt"
  text = var.text
}
"#;

/// Cargo puts examples beside its `deps`, where this test is.
fn note() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let binary = test.parent().unwrap().parent().unwrap().join("examples/note");
    assert!(binary.exists(), "build it first: cargo build -p terraform-plugin --example note");
    binary
}

#[test]
fn the_whole_provider_is_shorter_than_a_hundred_lines() {
    assert!(include_str!("../examples/note.rs").lines().count() < 100);
}

#[test]
fn a_note_is_made_changed_and_thrown_away() {
    let workspace = Workspace::new("example.com/x/note", &note());
    workspace.write("main.tf", CONFIGURATION);
    let file = workspace.path().join("a.txt");
    let said = workspace.succeeds(&["apply", "-auto-approve"]);
    assert!(said.contains("1 added, 0 changed, 0 destroyed"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "buy milk");
    assert_eq!(workspace.instance()["attributes"]["length"], 8);
    workspace.plans_nothing(&[]);
    let said = workspace.succeeds(&["apply", "-auto-approve", "-var=text=buy two"]);
    assert!(said.contains("0 added, 1 changed, 0 destroyed"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "buy two");
    let said = workspace.succeeds(&["destroy", "-auto-approve"]);
    assert!(said.contains("1 destroyed"), "{said}");
    assert!(!file.exists());
}

#[test]
fn a_note_of_somebody_else_is_imported() {
    let workspace = Workspace::new("example.com/x/note", &note());
    workspace.write("a.txt", "buy milk");
    workspace.write("main.tf", CONFIGURATION);
    workspace.succeeds(&["import", "note_file.a", "./a.txt"]);
    workspace.plans_nothing(&[]);
}

#[tokio::test]
async fn a_note_is_served_to_the_host_that_started_it() {
    let mut process = Process::start(Command::new(note())).unwrap();
    let mut client = process.route().unwrap().client().await;
    let names = client.get_metadata(wire::get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(names.resources[0].type_name, "note_file");
    assert!(!names.server_capabilities.unwrap().move_resource_state, "nothing can be moved here");
}
