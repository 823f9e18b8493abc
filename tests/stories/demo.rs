//! The demo as a person starts it, with the real terraform and without any: the folder `examples/sandbox`, on HTTPS.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use regex::Regex;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Longer than any of these takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(240);

struct Demo {
    child: Child,
    /// Where it puts its folder, and whatever else is temporary.
    place: TempDir,
}

impl Demo {
    /// The first four moves, to the promotion. `path` stands for the PATH.
    fn start(path: Option<&Path>) -> Demo {
        let place = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-bluegreen"));
        command.args(["demo", "--speed", "40", "--moves", "4"]).env("TMPDIR", place.path());
        if let Some(path) = path {
            command.env("PATH", path);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        Demo { child, place }
    }

    /// What it said, and its exit code.
    async fn end(mut self) -> (String, Option<i32>) {
        let mut said = String::new();
        let end = async {
            self.child.stdout.as_mut().unwrap().read_to_string(&mut said).await.unwrap();
            self.child.wait().await.unwrap()
        };
        let ended = tokio::time::timeout(PATIENCE, end).await.expect("the demo ends");
        let left: Vec<PathBuf> =
            std::fs::read_dir(self.place.path()).unwrap().map(|it| it.unwrap().path()).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        (said, ended.code())
    }
}

/// The last line is as README promises, and every move went as it should.
fn went_well(said: &str, code: Option<i32>) {
    assert_eq!(code, Some(0), "{said}");
    let last = Regex::new(r"\ndemo: [1-9]\d* requests, 0 failed, 5 moves, \d+ seconds\n$").unwrap();
    assert!(last.is_match(said), "{said}");
    for (name, sides) in [
        ("create", "blue    blue    empty"),
        ("staged", "blue    blue    empty"),
        ("canary", "blue    green   empty"),
        ("promoted", "green   green   empty"),
    ] {
        let row = Regex::new(&format!(r"\n{name} +\d+ +0 +[\d.]+  {sides}\n")).unwrap();
        assert!(row.is_match(said), "no such row: {name}\n{said}");
    }
    for told in [
        "env/terraform.tfvars: activate_canary = true",
        "send nginx.example.com from 127.0.99.0/24 to GREEN (rule 99)",
        "https://nginx.example.com:",
    ] {
        assert!(said.contains(told), "it does not say {told}:\n{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_plays_the_examples_folder_with_the_real_terraform() {
    let (said, code) = Demo::start(None).end().await;
    went_well(&said, code);
    let typed = Regex::new(r"\$ (terraform|tofu) init -backend-config=env/backend.hcl\n").unwrap();
    assert!(typed.is_match(&said), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_machine_without_terraform_the_demo_drives_the_provider_itself() {
    let nothing = tempfile::tempdir().unwrap();
    let (said, code) = Demo::start(Some(nothing.path())).end().await;
    went_well(&said, code);
    assert!(said.starts_with("Neither terraform nor tofu is on PATH."), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_demo_fails_and_takes_its_folder_along() {
    let nothing = tempfile::tempdir().unwrap();
    for (path, signal) in
        [(None, rustix::process::Signal::INT), (Some(nothing.path()), rustix::process::Signal::TERM)]
    {
        let mut demo = Demo::start(path);
        let mut lines = BufReader::new(demo.child.stdout.take().unwrap()).lines();
        let applying =
            async { while !lines.next_line().await.unwrap().unwrap().contains("terraform apply") {} };
        tokio::time::timeout(PATIENCE, applying).await.expect("it comes to its first apply");
        let process = rustix::process::Pid::from_raw(demo.child.id().unwrap().try_into().unwrap()).unwrap();
        rustix::process::kill_process(process, signal).unwrap();
        demo.child.stdout = Some(lines.into_inner().into_inner());
        let (said, code) = demo.end().await;
        assert_eq!(code, Some(1), "{said}");
    }
}
