//! curl as the canary user: in and out of the chosen addresses, in and out of the host, and on one connection while
//! everything moves.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::json;

use super::release::HOST;
use super::sandbox::{Stage, program};

const OFFICE: &str = "127.0.99.7";
const PUBLIC: &str = "127.0.98.7";
/// Status, new connections, and the service that answered. To standard error, which curl does not buffer.
const FORMAT: &str = "%{stderr}%{http_code} %{num_connects} %header{x-service}\\n";

fn ask(stage: &Stage, from: &str, host: &str) -> String {
    let output = program("curl")
        .args(["--silent", "--show-error", "--max-time", "10"])
        // One for each URL.
        .args(["--output", "/dev/null", "--output", "/dev/null"])
        .args(["--interface", from, "--header", &format!("Host: {host}"), "--write-out", FORMAT])
        .args([stage.node(0), stage.node(1)])
        .output()
        .unwrap();
    let answers = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{answers}");
    let answers: BTreeSet<&str> = answers.lines().collect();
    assert_eq!(answers.len(), 1, "the nodes differ: {answers:?}");
    answers.into_iter().next().unwrap().replacen(" 1 ", " ", 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chosen_see_green_and_nobody_else_and_one_connection_sees_the_switch() {
    let mut stage = Stage::new().await;
    stage.release.set(json!({ "canary_source_ips": ["127.0.99.0/24"] })).phase("canary");
    stage.release.apply().await;
    for (from, host, answer) in [
        (OFFICE, HOST, "200 nginx-green"),
        (PUBLIC, HOST, "200 nginx-blue"),
        ("127.0.100.0", HOST, "200 nginx-blue"),
        ("127.0.99.255", HOST, "200 nginx-green"),
        (OFFICE, "NGINX.Example.com", "200 nginx-green"),
        (OFFICE, "other.example.com", "404 "),
        (PUBLIC, "other.example.com", "404 "),
    ] {
        assert_eq!(ask(&stage, from, host), answer, "{from} asks {host}");
    }

    // Many URLs for one curl: one connection, kept while everything moves and moves back.
    let urls = format!("{}/[1-100000]", stage.node(1));
    let kept = |from: &str| {
        program("curl")
            .args([
                "--silent",
                "--show-error",
                "--output",
                "/dev/null",
                "--max-time",
                "300",
                "--rate",
                "40/s",
            ])
            .args(["--interface", from, "--header", &format!("Host: {HOST}"), "--write-out", FORMAT, &urls])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let (office, public) = (kept(OFFICE), kept(PUBLIC));
    stage.release.phase("promoted").apply().await;
    stage.release.phase("canary").apply().await;
    for (mut curl, sides) in [
        // Never anything but GREEN for the chosen few.
        (office, &["nginx-green"][..]),
        (public, &["nginx-blue", "nginx-green", "nginx-blue"]),
    ] {
        curl.kill().unwrap();
        let output = curl.wait_with_output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        // curl was stopped, so its last line may be half a line.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let answers: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
        assert!(answers.iter().all(|answer| answer[0] == "200"), "{answers:?}");
        let connections: u32 = answers.iter().map(|answer| answer[1].parse::<u32>().unwrap()).sum();
        assert_eq!(connections, 1, "the connection was not kept");
        let mut seen: Vec<&str> = answers.iter().map(|answer| answer[2]).collect();
        println!("{} requests on one connection", seen.len());
        seen.dedup();
        assert_eq!(seen, sides);
    }
    stage.end().await;
}
