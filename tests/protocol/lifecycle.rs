//! A plugin process from its first line to its end.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use terraform_plugin::testing::{COOKIE, Certificate, Process, Route};
use terraform_plugin::wire::plugin::Empty;
use terraform_plugin::wire::plugin::grpc_controller_client::GrpcControllerClient;
use terraform_plugin::wire::tfplugin6 as wire;
use terraform_plugin::{Type, Value, codec};

use super::host::{Ear, Watched as _, apply_request, decode, hear, plan_request, start, thing};

fn start_plain(variables: &[(&str, &str)]) -> (Process, Route) {
    let mut process = start(variables);
    let fields = process.handshake().unwrap();
    (process, Route::plain(fields[3].as_ref()))
}

/// Starts an apply that talks to `ear` and returns once it is under way.
async fn applying(route: &Route, mode: &str, ear: &Ear) -> super::host::Conversation {
    let mut client = route.client().await;
    let config = thing(&[("name", "n".into()), ("mode", mode.into()), ("talk_to", ear.path.as_str().into())]);
    let plan = client.plan_resource_change(plan_request(&Value::Null, &config)).await.unwrap().into_inner();
    let request = apply_request(&decode(plan.planned_state), &config);
    tokio::spawn(async move { client.apply_resource_change(request).await });
    ear.started().await
}

#[test]
fn the_handshake_is_one_line_of_six_fields() {
    let mut process = start(&[("PLUGIN_CLIENT_CERT", &Certificate::new().pem)]);
    let fields = process.handshake().unwrap();
    assert_eq!(fields.len(), 6, "{fields:?}");
    assert_eq!([&fields[0], &fields[1], &fields[2], &fields[4]], ["1", "6", "unix", "grpc"]);
    assert!(std::path::Path::new(&fields[3]).is_absolute());
    assert!(!fields[5].contains('=') && Process::certificate(&fields[5]).unwrap().len() > 50);
    let mut process = start(&[("PLUGIN_MULTIPLEX_GRPC", "true")]);
    assert_eq!(process.handshake().unwrap()[5..], ["", "false"]);
}

#[tokio::test]
async fn a_shutdown_ends_the_process_at_once_when_it_is_idle() {
    let (mut process, route) = start_plain(&[]);
    let channel = route.channel().await.unwrap();
    let began = Instant::now();
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    assert!(process.wait().success());
    assert!(began.elapsed() < Duration::from_millis(1000), "{:?}", began.elapsed());
    assert!(!route.path.exists());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_an_apply_beyond_the_hosts_patience() {
    let (ear, (mut process, route)) = (Ear::new(), start_plain(&[]));
    let _conversation = applying(&route, "deaf", &ear).await;
    let began = Instant::now();
    let _ = GrpcControllerClient::new(route.channel().await.unwrap()).shutdown(Empty {}).await;
    assert!(process.wait().success());
    assert!(began.elapsed() < Duration::from_millis(2000), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_the_terminal_sends_is_the_hosts_business() {
    let (mut process, route) = start_plain(&[]);
    process.signal(Signal::INT);
    process.signal(Signal::HUP);
    let mut client = route.client().await;
    client.get_metadata(wire::get_metadata::Request {}).await.unwrap();
    assert!(process.child.try_wait().unwrap().is_none());
}

#[tokio::test]
async fn a_termination_stops_the_apply_in_flight_and_then_ends() {
    let (ear, (mut process, route)) = (Ear::new(), start_plain(&[]));
    let mut conversation = applying(&route, "talk", &ear).await;
    process.signal(Signal::TERM);
    assert_eq!(hear(&mut conversation).await, "stopped");
    assert!(process.wait().success());
}

#[tokio::test]
async fn a_second_termination_does_not_wait() {
    let (ear, (mut process, route)) = (Ear::new(), start_plain(&[]));
    let _conversation = applying(&route, "deaf", &ear).await;
    process.signal(Signal::TERM);
    // Two signals may become one if the first was not seen yet, so this one comes until it works.
    let began = Instant::now();
    while process.child.try_wait().unwrap().is_none() {
        process.signal(Signal::TERM);
        assert!(began.elapsed() < Duration::from_secs(10), "it waits all the same");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_orphan_stops_its_apply_and_ends() {
    // A shell in between is the parent that dies.
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("toy");
    super::host::write_script(&script);
    let mut parent = std::process::Command::new("/bin/sh")
        .args(["-c", "\"$0\" & wait", script.to_str().unwrap()])
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_UNIX_SOCKET_DIR", directory.path())
        .env_remove("PLUGIN_CLIENT_CERT")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(parent.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
    let route = Route::plain(line.split('|').nth(3).unwrap().as_ref());
    let ear = Ear::new();
    let mut conversation = applying(&route, "talk", &ear).await;
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert_eq!(hear(&mut conversation).await, "stopped");
    // Its stdout closes when it has ended.
    let mut rest = String::new();
    tokio::task::spawn_blocking(move || std::io::Read::read_to_string(&mut stdout, &mut rest))
        .await
        .unwrap()
        .unwrap();
    assert!(!route.path.exists());
}

#[tokio::test]
async fn log_lines_are_what_the_host_expects_and_hold_no_secrets() {
    let variables = [("TF_LOG", "off"), ("TF_LOG_PROVIDER", "ERROR"), ("TF_LOG_PROVIDER_TOY", "TRACE")];
    let (mut process, route) = start_plain(&variables);
    let mut client = route.client().await;
    let provider = Value::object([("token", "hush-hush".into()), ("endpoints", Value::List(vec![]))]);
    let endpoint = Type::Object([("url".to_owned(), Type::String)].into());
    let kind = [("token".to_owned(), Type::String), ("endpoints".to_owned(), Type::list(endpoint))];
    let config = Some(codec::encode(&provider, &Type::Object(kind.into())).unwrap());
    client
        .configure_provider(wire::configure_provider::Request {
            config,
            terraform_version: "1.11.4".into(),
            client_capabilities: None,
        })
        .await
        .unwrap();
    let config = thing(&[("name", "n".into()), ("secret", "hush-hush".into()), ("mode", "panic".into())]);
    let plan = client.plan_resource_change(plan_request(&Value::Null, &config)).await.unwrap().into_inner();
    let applied = client
        .apply_resource_change(apply_request(&decode(plan.planned_state), &config))
        .await
        .unwrap()
        .into_inner();
    assert!(applied.diagnostics[0].detail.contains("toy.rs:"), "{}", applied.diagnostics[0].detail);
    process.signal(Signal::TERM);
    process.wait();
    let stderr = process.stderr();
    assert!(!stderr.contains("hush-hush"));
    assert!(!stderr.contains("panic:") && !stderr.contains("panicked"), "{stderr}");
    let lines: Vec<serde_json::Map<String, serde_json::Value>> =
        stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    for line in &lines {
        assert!(line.values().all(serde_json::Value::is_string), "{line:?}");
        let (_, digits) = line["@timestamp"].as_str().unwrap().split_once('.').unwrap();
        assert_eq!(digits.len(), 7, "six digits and a Z");
    }
    let with = |key: &str, value: &str| lines.iter().any(|l| l.get(key).is_some_and(|v| v == value));
    assert!(with("@message", "configured") && with("terraform_version", "1.11.4"));
    assert!(!stderr.contains("a library chats"));
    assert!(with("tf_rpc", "PlanResourceChange") && with("tf_resource_type", "toy_thing"));
    assert!(
        lines
            .iter()
            .any(|l| l["@level"] == "error" && l["@message"].as_str().unwrap().contains("as you wished"))
    );
}

#[test]
fn the_handshake_is_there_before_anybody_gets_impatient() {
    let certificate = Certificate::new();
    let began = Instant::now();
    let mut process = start(&[("PLUGIN_CLIENT_CERT", &certificate.pem)]);
    process.handshake().unwrap();
    // Meant to be 60 ms; a debug build on a busy machine, through a shell, is given more.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
