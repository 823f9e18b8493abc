//! A crowd on aiohttp as the public: not one request may fail while everything moves.

use std::time::Duration;

use serde::Deserialize;

use super::python::Script;
use super::release::HOST;
use super::sandbox::Stage;

struct Load {
    crowd: Script,
    connections: u64,
}

#[derive(Deserialize)]
struct Seen {
    requests: u64,
    seconds: f64,
    /// What was not an answer with a status of 2xx, and complete.
    failures: Vec<String>,
    /// Connections opened in all.
    connections: u64,
    /// Milliseconds within which 99 of 100 requests were answered.
    most: f64,
}

impl Load {
    /// Each connection pauses `pause` milliseconds between its requests.
    fn start(url: &str, connections: u64, pause: u32) -> Load {
        let arguments = [url, HOST, &connections.to_string(), &pause.to_string()];
        Load { crowd: Script::start("load.py", &arguments), connections }
    }

    /// Every answer was right, and nobody needed a second connection.
    fn end(self) -> Seen {
        let seen: Seen = serde_json::from_str(&self.crowd.end()).unwrap();
        assert!(seen.failures.is_empty(), "{:#?}", seen.failures);
        assert_eq!(seen.connections, self.connections, "not every connection was kept");
        assert!(seen.requests > seen.connections);
        seen
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_one_request_of_a_load_generator_fails_while_everything_moves() {
    let mut stage = Stage::new().await;
    stage.release.apply().await;
    let loads = [0, 1].map(|node| Load::start(&stage.node(node), 4, 4));
    for phase in ["canary", "promoted", "stable"] {
        stage.release.phase(phase).apply().await;
    }
    for seen in loads.map(Load::end) {
        println!("while moving: {} requests in {:.1} s, none failed", seen.requests, seen.seconds);
    }
    // As fast as it goes, with nothing else to do.
    let load = Load::start(&stage.node(0), 16, 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let seen = load.end();
    let rate = seen.requests as f64 / seen.seconds;
    println!("at full speed: {rate:.0} requests/s; 99%: {:.1} ms", seen.most);
    stage.end().await;
}
