//! libcurl as the canary user: in and out of the chosen addresses, in and out of the host, and on one connection
//! while everything moves.

use serde_json::{Value, json};

use super::python::Script;
use super::release::HOST;
use super::sandbox::Stage;

const OFFICE: &str = "127.0.99.7";
const PUBLIC: &str = "127.0.98.7";

struct Curl(Script);

/// Of one answer: status, connections made for it, and the service that sent it.
type Answer = (u16, u32, String);

impl Curl {
    /// Asks the URLs in turn, so often a second, until it is told to end; once each when that is 0.
    fn start(from: &str, host: &str, rate: u32, urls: &[String]) -> Curl {
        let rate = rate.to_string();
        let urls = urls.iter().map(String::as_str);
        let arguments: Vec<&str> = [from, host, &rate].into_iter().chain(urls).collect();
        Curl(Script::start("curl.py", &arguments))
    }

    fn end(self) -> Vec<Answer> {
        let said: Value = serde_json::from_str(&self.0.end()).unwrap();
        serde_json::from_value(said).unwrap()
    }
}

/// Status and service, which must be the same at both nodes.
fn ask(stage: &Stage, from: &str, host: &str) -> (u16, String) {
    let answers = Curl::start(from, host, 0, &[stage.node(0), stage.node(1)]).end();
    assert!(answers.len() == 2 && answers[0] == answers[1], "the nodes differ: {answers:?}");
    assert_eq!(answers[0].1, 1, "{answers:?}");
    (answers[0].0, answers[0].2.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chosen_see_green_and_nobody_else_and_one_connection_sees_the_switch() {
    let mut stage = Stage::new().await;
    stage.release.set(json!({ "canary_source_ips": ["127.0.99.0/24"] })).phase("canary");
    stage.release.apply().await;
    for (from, host, status, service) in [
        (OFFICE, HOST, 200, "nginx-green"),
        (PUBLIC, HOST, 200, "nginx-blue"),
        ("127.0.100.0", HOST, 200, "nginx-blue"),
        ("127.0.99.255", HOST, 200, "nginx-green"),
        (OFFICE, "NGINX.Example.com", 200, "nginx-green"),
        (OFFICE, "other.example.com", 404, ""),
        (PUBLIC, "other.example.com", 404, ""),
    ] {
        assert_eq!(ask(&stage, from, host), (status, service.to_owned()), "{from} asks {host}");
    }

    // One connection each, kept while everything moves and moves back.
    let (office, public) = {
        let kept = |from: &str| Curl::start(from, HOST, 40, &[stage.node(1)]);
        (kept(OFFICE), kept(PUBLIC))
    };
    stage.release.phase("promoted").apply().await;
    stage.release.phase("canary").apply().await;
    for (curl, sides) in [
        // Never anything but GREEN for the chosen few.
        (office, &["nginx-green"][..]),
        (public, &["nginx-blue", "nginx-green", "nginx-blue"]),
    ] {
        let answers = curl.end();
        assert!(answers.iter().all(|(status, ..)| *status == 200), "{answers:?}");
        let connections: u32 = answers.iter().map(|(_, connections, _)| connections).sum();
        assert_eq!(connections, 1, "the connection was not kept");
        let mut seen: Vec<&str> = answers.iter().map(|(.., service)| service.as_str()).collect();
        println!("{} requests on one connection", seen.len());
        seen.dedup();
        assert_eq!(seen, sides);
    }
    stage.end().await;
}
