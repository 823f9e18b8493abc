//! The same toy, driven by the terraform that is on the PATH.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use terraform_plugin::testing::Workspace;
use tokio::io::AsyncReadExt as _;

use super::host::{Ear, LIMIT, hear, say_go, write_script};

const HEAD: &str = r#"
terraform {
  required_providers {
    toy = { source = "example.com/x/toy" }
  }
}
provider "toy" {
  token = "hush-hush"
  endpoints { url = "http://localhost" }
}
"#;

const THING: &str = r#"
variable "name" { default = "one" }
variable "mode" { default = "ok" }
variable "talk_to" { default = null }
variable "image" { default = "nginx" }
resource "toy_thing" "a" {
  name    = var.name
  mode    = var.mode
  talk_to = var.talk_to
  ratio   = 0.1
  labels  = ["b", "a", "b"]
  tags    = { k = "v" }
  side = {
    count = 2
    image = var.image
  }
  parts   = [{ name = "p" }, { name = "q", weight = 2.5 }]
  secret  = "hush-hush"
}
"#;

fn workspace(configuration: &str) -> Workspace {
    // A link is followed from where it is.
    let workspace = Workspace::new("example.com/x/toy", Path::new("toy.sh"));
    write_script(&workspace.path().join("toy.sh"));
    workspace.write("main.tf", &format!("{HEAD}{configuration}"));
    workspace
}

/// Starts it as a terminal does, in a process group of its own.
fn start(workspace: &Workspace, arguments: &[&str]) -> Child {
    let mut command = workspace.command(arguments);
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What Ctrl-C in a terminal does: the signal goes to terraform and to the provider.
fn interrupt(terraform: &Child) {
    kill_process_group(Pid::from_child(terraform), Signal::INT).unwrap();
}

/// The provider's end: its side of the conversation closes.
async fn process_ended(conversation: &mut super::host::Conversation) {
    let mut rest = Vec::new();
    tokio::time::timeout(LIMIT, conversation.read_to_end(&mut rest)).await.unwrap().unwrap();
}

#[test]
fn create_update_replace_and_destroy() {
    let workspace = workspace(THING);
    let text = workspace.succeeds(&["apply", "-auto-approve"]);
    assert!(text.contains("1 added, 0 changed, 0 destroyed"), "{text}");
    workspace.plans_nothing(&[]);
    let text = workspace.succeeds(&["apply", "-auto-approve", "-var=image=httpd"]);
    assert!(text.contains("0 added, 1 changed, 0 destroyed") && !text.contains("hush-hush"), "{text}");
    let text = workspace.succeeds(&["apply", "-auto-approve", "-var=name=two"]);
    assert!(
        text.contains("# forces replacement") && text.contains("1 added, 0 changed, 1 destroyed"),
        "{text}"
    );
    let state = workspace.instance();
    assert_eq!(state["attributes"]["id"], "id-of-two");
    assert_eq!(state["attributes"]["ratio"], 0.1);
    assert_eq!(state["attributes"]["parts"][1]["weight"], 2.5);
    workspace.succeeds(&["destroy", "-auto-approve"]);
}

#[test]
fn a_destroy_that_the_resource_speaks_against_ends_with_the_plan() {
    let workspace = workspace(THING);
    workspace.succeeds(&["apply", "-auto-approve", "-var=mode=kept"]);
    let text = workspace.run(&["plan", "-destroy", "-var=mode=kept"]).said;
    assert!(text.contains("Kept") && text.contains("Set another mode first."), "{text}");
    workspace.succeeds(&["apply", "-auto-approve"]);
    workspace.succeeds(&["destroy", "-auto-approve"]);
}

#[test]
fn an_error_shows_the_users_line() {
    let workspace = workspace(THING);
    let text = workspace.run(&["plan", "-var=image="]).said;
    assert!(text.contains("Empty image") && text.contains("    image = var.image"), "{text}");
}

#[test]
fn a_panic_on_the_way_leaves_the_state_as_it_was() {
    let workspace = workspace(THING);
    workspace.succeeds(&["apply", "-auto-approve"]);
    let before = workspace.instance();
    let text = workspace.run(&["apply", "-auto-approve", "-var=mode=panic"]).said;
    assert!(text.contains("Internal error in the provider") && text.contains("as you wished"), "{text}");
    assert!(!text.contains("plugin crashed"), "{text}");
    assert_eq!(workspace.instance()["attributes"], before["attributes"]);
    workspace.plans_nothing(&[]);
}

#[test]
fn an_imported_object_gets_a_configuration_that_plans_nothing() {
    let workspace = workspace("import {\n  to = toy_thing.b\n  id = \"x\"\n}\n");
    let text = workspace.succeeds(&["plan", "-generate-config-out=generated.tf"]);
    assert!(text.contains("1 to import, 0 to add, 0 to change"), "{text}");
    let text = workspace.succeeds(&["apply", "-auto-approve"]);
    assert!(text.contains("1 imported, 0 added, 0 changed"), "{text}");
    workspace.plans_nothing(&[]);
}

#[test]
fn an_object_of_another_type_becomes_a_thing() {
    let workspace = workspace("resource \"terraform_data\" \"a\" {\n  input = \"one\"\n}\n");
    workspace.succeeds(&["apply", "-auto-approve"]);
    let moved = "moved {\n  from = terraform_data.a\n  to   = toy_thing.a\n}\n";
    workspace.write("main.tf", &format!("{HEAD}{THING}{moved}"));
    let text = workspace.succeeds(&["apply", "-auto-approve"]);
    assert!(text.contains("0 added, 1 changed, 0 destroyed"), "{text}");
    assert_eq!(workspace.instance()["attributes"]["name"], "one");
    workspace.plans_nothing(&[]);
}

#[tokio::test]
async fn ctrl_c_stops_the_apply_and_saves_what_exists() {
    let (workspace, ear) = (workspace(THING), Ear::new());
    let talk = format!("-var=talk_to={}", ear.path);
    let terraform = start(&workspace, &["apply", "-auto-approve", "-var=mode=talk", &talk]);
    let mut conversation = ear.started().await;
    interrupt(&terraform);
    assert_eq!(hear(&mut conversation).await, "stopped");
    let output = tokio::task::spawn_blocking(|| terraform.wait_with_output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("The thing is half done."), "{text}");
    let state = workspace.instance();
    assert_eq!((&state["attributes"]["status"], &state["status"]), (&"half done".into(), &"tainted".into()));
    process_ended(&mut conversation).await;
}

#[tokio::test]
async fn a_second_ctrl_c_ends_even_a_provider_that_does_not_listen() {
    let (workspace, ear) = (workspace(THING), Ear::new());
    let talk = format!("-var=talk_to={}", ear.path);
    let mut terraform = start(&workspace, &["apply", "-auto-approve", "-var=mode=deaf", &talk]);
    let mut conversation = ear.started().await;
    interrupt(&terraform);
    let stdout = terraform.stdout.take().unwrap();
    let (terraform, _stdout) = tokio::task::spawn_blocking(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        while !line.contains("Interrupt received") {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "terraform does not mind the interrupt");
        }
        (terraform, stdout)
    })
    .await
    .unwrap();
    interrupt(&terraform);
    process_ended(&mut conversation).await;
    let output = tokio::task::spawn_blocking(move || terraform.wait_with_output().unwrap()).await.unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("Two interrupts received"), "{text}");
}

#[tokio::test]
async fn when_terraform_is_killed_the_provider_stops_and_ends_too() {
    let (workspace, ear) = (workspace(THING), Ear::new());
    let talk = format!("-var=talk_to={}", ear.path);
    let mut terraform = start(&workspace, &["apply", "-auto-approve", "-var=mode=talk", &talk]);
    let mut conversation = ear.started().await;
    terraform.kill().unwrap();
    terraform.wait().unwrap();
    assert_eq!(hear(&mut conversation).await, "stopped");
    process_ended(&mut conversation).await;
}

#[tokio::test]
async fn a_provider_started_by_hand_serves_run_after_run() {
    let (workspace, ear) = (workspace(THING), Ear::new());
    let mut provider = Command::new(std::env::current_exe().unwrap())
        .args(["toy::toy_debug_process", "--exact", "--nocapture"])
        .env("TOY_DEBUG", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(provider.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("TF_REATTACH_PROVIDERS=") {
        line.clear();
        assert_ne!(stdout.read_line(&mut line).unwrap(), 0);
    }
    let reattach = line.trim().trim_start_matches("TF_REATTACH_PROVIDERS=").trim_matches('\'').to_owned();
    let socket: serde_json::Value = serde_json::from_str(&reattach).unwrap();
    let socket = socket["example.com/x/toy"]["Addr"]["String"].as_str().unwrap().to_owned();
    let talk = format!("-var=talk_to={}", ear.path);
    for image in ["-var=image=one", "-var=image=two"] {
        let mut command = workspace.command(&["apply", "-auto-approve", "-var=mode=talk", &talk, image]);
        command.env("TF_REATTACH_PROVIDERS", &reattach).env_remove("TF_CLI_CONFIG_FILE");
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let mut conversation = ear.started().await;
        say_go(&mut conversation).await;
        let output = output.await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(Path::new(&socket).exists());
    kill_process(Pid::from_child(&provider), Signal::INT).unwrap();
    assert!(provider.wait().unwrap().success());
    assert!(!Path::new(&socket).exists());
}
