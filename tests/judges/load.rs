//! wrk as the public: not one request may fail while everything moves.

use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::release::HOST;
use super::sandbox::{Stage, program};

/// Pauses between the requests of a connection, so that wrk leaves the processor to what it watches.
const GENTLE: &str = "function delay() return 4 end";

struct Load(Child);

impl Load {
    fn start(url: &str, connections: u32, script: Option<&std::path::Path>) -> Load {
        let mut wrk = program("wrk");
        wrk.args(["--threads", "1", "--connections", &connections.to_string(), "--duration", "600s"]).args([
            "--timeout",
            "10s",
            "--latency",
            "--header",
            &format!("Host: {HOST}"),
        ]);
        if let Some(script) = script {
            wrk.arg("--script").arg(script);
        }
        Load(wrk.arg(url).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// What wrk says in the end. It speaks of errors only where there were some.
    fn end(self) -> String {
        kill_process(Pid::from_child(&self.0), Signal::INT).unwrap();
        let said = String::from_utf8(self.0.wait_with_output().unwrap().stdout).unwrap();
        assert!(said.contains("Requests/sec"), "{said}");
        assert!(!said.contains("Non-2xx") && !said.contains("Socket errors"), "{said}");
        said
    }
}

fn line<'a>(said: &'a str, word: &str) -> &'a str {
    said.lines().find(|line| line.contains(word)).unwrap_or_default().trim()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_one_request_of_a_load_generator_fails_while_everything_moves() {
    let mut stage = Stage::new().await;
    stage.release.apply().await;
    let script = stage.release.project.folder().join("gentle.lua");
    std::fs::write(&script, GENTLE).unwrap();
    let loads = [0, 1].map(|node| Load::start(&stage.node(node), 4, Some(&script)));
    for phase in ["canary", "promoted", "stable"] {
        stage.release.phase(phase).apply().await;
    }
    for said in loads.map(Load::end) {
        println!("while moving: {}; {}", line(&said, "requests in"), line(&said, "Requests/sec"));
    }
    // As fast as it goes, with nothing else to do.
    let load = Load::start(&stage.node(0), 16, None);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let said = load.end();
    println!("at full speed: {}; 99%: {}", line(&said, "Requests/sec"), line(&said, "99%"));
    stage.end().await;
}
