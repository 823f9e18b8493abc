//! The real terraform at work: its processes, and what it says at the end.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;
use tokio::task::JoinHandle;

use crate::support::Stage;
use crate::wish::{left_over, wish};

const LIMIT: Duration = Duration::from_secs(120);
const BETWEEN_POLLS: Duration = Duration::from_millis(10);

/// `terraform apply` under way, as from a terminal: in a process group of its own.
pub struct Apply {
    child: Child,
    pid: Pid,
    said: Arc<Mutex<Vec<u8>>>,
    listening: Vec<JoinHandle<()>>,
}

/// How it ended.
pub struct Ended {
    pub ok: bool,
    pub said: String,
}

impl Apply {
    pub fn start(stage: &Stage) -> Apply {
        Apply::start_with(stage, &["apply", "-auto-approve", "-no-color"])
    }

    pub fn start_with(stage: &Stage, arguments: &[&str]) -> Apply {
        let mut command = stage.project.command(arguments);
        let mut child = command.process_group(0).spawn().unwrap();
        let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
        let said = Arc::default();
        let listening = vec![
            tokio::spawn(listen(child.stdout.take().unwrap(), Arc::clone(&said))),
            tokio::spawn(listen(child.stderr.take().unwrap(), Arc::clone(&said))),
        ];
        Apply { child, pid, said, listening }
    }

    /// What it said so far, in one line without Terraform's frames.
    pub fn said(&self) -> String {
        let said = String::from_utf8_lossy(&self.said.lock().unwrap()).replace('│', " ");
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    pub fn signal_group(&self, signal: Signal) {
        kill_process_group(self.pid, signal).unwrap();
    }

    /// The provider at work: terraform's child.
    pub fn provider(&self) -> Pid {
        let parent = format!("PPid:\t{}", self.pid.as_raw_nonzero());
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            (status.starts_with("Name:\tterraform-provi") && status.lines().any(|line| line == parent))
                .then_some(pid)
        });
        let found: Vec<i32> = processes.collect();
        let [pid] = found[..] else { panic!("not one provider at work: {found:?}") };
        Pid::from_raw(pid).unwrap()
    }

    /// Returns when terraform has ended.
    pub async fn ends_early(&mut self) {
        self.child.wait().await.unwrap();
    }

    pub async fn end(mut self) -> Ended {
        let status =
            tokio::time::timeout(LIMIT, self.child.wait()).await.expect("terraform does not end").unwrap();
        // The provider holds the other ends too, for as long as it lives.
        for listening in self.listening.drain(..) {
            let _ = tokio::time::timeout(LIMIT, listening).await;
        }
        Ended { ok: status.success(), said: self.said() }
    }
}

async fn listen(mut from: impl AsyncRead + Unpin, said: Arc<Mutex<Vec<u8>>>) {
    let mut some = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut some).await {
        said.lock().unwrap().extend_from_slice(&some[..count]);
    }
}

/// Returns when the process is gone.
pub async fn gone(pid: Pid) {
    let path = format!("/proc/{}/status", pid.as_raw_nonzero());
    let alive = || std::fs::read_to_string(&path).is_ok_and(|status| !status.contains("State:\tZ"));
    until("a process ends by itself", async || !alive()).await;
}

/// Asks again and again until it is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < LIMIT, "waited too long until {what}");
        tokio::time::sleep(BETWEEN_POLLS).await;
    }
}

/// The number of the last call so far.
pub async fn last_call(stage: &Stage) -> u64 {
    stage.admin("GET", "/_sandbox/calls?since=1000000000", Value::Null).await["last"].as_u64().unwrap()
}

/// The writes after that call, by name.
pub async fn writes_since(stage: &Stage, call: u64) -> Vec<String> {
    let calls = stage.admin("GET", &format!("/_sandbox/calls?since={call}"), Value::Null).await;
    let writes = calls["calls"].as_array().unwrap().iter().filter(|call| call["writes"] == true);
    writes.map(|call| call["operation"].as_str().unwrap().to_owned()).collect()
}

/// The error's `import` block, without Terraform's frames.
fn import_block(said: &str) -> Option<String> {
    let lines = said.lines().map(|line| line.trim_start_matches('│').trim());
    let block: Vec<&str> = lines.skip_while(|line| *line != "import {").collect();
    let end = block.iter().position(|line| *line == "}")?;
    Some(block[..=end].join("\n"))
}

/// A plain apply (of nothing: a destroy) finishes the work, and nothing is wrong or left over. What was created, served
/// already and got into no state is refused, and the block in the error is pasted.
pub async fn finishes(stage: &Stage, to: Option<&'static str>, told: &str) {
    match to {
        Some(_) => {
            let ran = stage.project.apply().await.unwrap();
            if !ran.ok {
                assert_eq!(stage.state().await, Value::Null, "{told}: {}", ran.said());
                let block = import_block(&ran.said()).unwrap_or_else(|| panic!("{told}: {}", ran.said()));
                stage.project.write("import.tf", &block).unwrap();
            }
            stage.apply().await;
            stage.project.write("import.tf", "").unwrap();
        }
        None => {
            let ran = stage.project.destroy().await.unwrap();
            assert!(ran.ok, "{told}: {}", ran.said());
            assert_eq!(stage.state().await, Value::Null, "{told}");
        }
    }
    let seen = stage.admin("GET", "/_sandbox/state", Value::Null).await;
    let complaints = to.map_or_else(|| left_over(&seen), |phase| wish(phase).complaints(&seen));
    assert_eq!(complaints, [""; 0], "{told}");
    let violations = stage.admin("GET", "/_sandbox/violations", Value::Null).await;
    assert_eq!(violations["violations"], json!([]), "{told}");
}
