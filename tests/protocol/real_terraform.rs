//! The same toy, driven by the terraform that is on the PATH.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
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

/// A directory with a configuration, and a terraform that finds the toy.
struct Workspace(tempfile::TempDir);

impl Workspace {
    fn new(configuration: &str) -> Workspace {
        let directory = tempfile::tempdir().unwrap();
        write_script(&directory.path().join("terraform-provider-toy"));
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{ \"example.com/x/toy\" = {:?} }}\n  direct {{}}\n}}\n",
            directory.path()
        );
        std::fs::write(directory.path().join("terraform.rc"), overrides).unwrap();
        std::fs::write(directory.path().join("main.tf"), format!("{HEAD}{configuration}")).unwrap();
        Workspace(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command.args(arguments).arg("-no-color").current_dir(self.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TF_")) {
            command.env_remove(name);
        }
        command.env("TF_CLI_CONFIG_FILE", self.path().join("terraform.rc")).env("CHECKPOINT_DISABLE", "1");
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments)
            .output()
            .expect("these tests need terraform on the PATH: install Terraform 1.11 or newer")
    }

    /// Runs it, expects success, and gives its output.
    fn terraform(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "terraform {arguments:?}: {text}");
        text
    }

    fn plans_nothing(&self, arguments: &[&str]) {
        let output = self.run(&[&["plan", "-detailed-exitcode"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    }

    /// Starts it as a terminal does, in a process group of its own.
    fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("these tests need terraform on the PATH: install Terraform 1.11 or newer")
    }

    /// The one instance in the state.
    fn instance(&self) -> serde_json::Value {
        let state = std::fs::read(self.path().join("terraform.tfstate")).unwrap();
        let state: serde_json::Value = serde_json::from_slice(&state).unwrap();
        state["resources"][0]["instances"][0].clone()
    }
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
    let workspace = Workspace::new(THING);
    let text = workspace.terraform(&["apply", "-auto-approve"]);
    assert!(text.contains("1 added, 0 changed, 0 destroyed"), "{text}");
    workspace.plans_nothing(&[]);
    let text = workspace.terraform(&["apply", "-auto-approve", "-var=image=httpd"]);
    assert!(text.contains("0 added, 1 changed, 0 destroyed") && !text.contains("hush-hush"), "{text}");
    let text = workspace.terraform(&["apply", "-auto-approve", "-var=name=two"]);
    assert!(
        text.contains("# forces replacement") && text.contains("1 added, 0 changed, 1 destroyed"),
        "{text}"
    );
    let state = workspace.instance();
    assert_eq!(state["attributes"]["id"], "id-of-two");
    assert_eq!(state["attributes"]["ratio"], 0.1);
    assert_eq!(state["attributes"]["parts"][1]["weight"], 2.5);
    workspace.terraform(&["destroy", "-auto-approve"]);
}

#[test]
fn an_error_shows_the_users_line() {
    let workspace = Workspace::new(THING);
    let output = workspace.run(&["plan", "-var=image="]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("Empty image") && text.contains("    image = var.image"), "{text}");
}

#[test]
fn a_panic_on_the_way_leaves_the_state_as_it_was() {
    let workspace = Workspace::new(THING);
    workspace.terraform(&["apply", "-auto-approve"]);
    let before = workspace.instance();
    let output = workspace.run(&["apply", "-auto-approve", "-var=mode=panic"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("Internal error in the provider") && text.contains("as you wished"), "{text}");
    assert!(!text.contains("plugin crashed"), "{text}");
    assert_eq!(workspace.instance()["attributes"], before["attributes"]);
    workspace.plans_nothing(&[]);
}

#[test]
fn an_imported_object_gets_a_configuration_that_plans_nothing() {
    let workspace = Workspace::new("import {\n  to = toy_thing.b\n  id = \"x\"\n}\n");
    let text = workspace.terraform(&["plan", "-generate-config-out=generated.tf"]);
    assert!(text.contains("1 to import, 0 to add, 0 to change"), "{text}");
    let text = workspace.terraform(&["apply", "-auto-approve"]);
    assert!(text.contains("1 imported, 0 added, 0 changed"), "{text}");
    workspace.plans_nothing(&[]);
}

#[tokio::test]
async fn ctrl_c_stops_the_apply_and_saves_what_exists() {
    let (workspace, ear) = (Workspace::new(THING), Ear::new());
    let talk = format!("-var=talk_to={}", ear.path);
    let terraform = workspace.start(&["apply", "-auto-approve", "-var=mode=talk", &talk]);
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
    let (workspace, ear) = (Workspace::new(THING), Ear::new());
    let talk = format!("-var=talk_to={}", ear.path);
    let mut terraform = workspace.start(&["apply", "-auto-approve", "-var=mode=deaf", &talk]);
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
    let (workspace, ear) = (Workspace::new(THING), Ear::new());
    let talk = format!("-var=talk_to={}", ear.path);
    let mut terraform = workspace.start(&["apply", "-auto-approve", "-var=mode=talk", &talk]);
    let mut conversation = ear.started().await;
    terraform.kill().unwrap();
    terraform.wait().unwrap();
    assert_eq!(hear(&mut conversation).await, "stopped");
    process_ended(&mut conversation).await;
}

#[tokio::test]
async fn a_provider_started_by_hand_serves_run_after_run() {
    let (workspace, ear) = (Workspace::new(THING), Ear::new());
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
