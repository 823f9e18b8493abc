//! The probe as a person starts it, by name and over TLS, and what its exit codes say.

use std::process::Output;

use aws_sandbox::{Running, SandboxOptions};
use tokio::process::Command;

async fn probe(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-bluegreen"));
    command.arg("probe").args(arguments).kill_on_drop(true).output().await.unwrap()
}

/// The listener's own answer is asked for; there is no service behind it.
struct Asked {
    sandbox: Running,
    url: String,
    resolve: String,
    ca: String,
    _folder: tempfile::TempDir,
}

impl Asked {
    async fn new() -> Asked {
        let folder = tempfile::tempdir().unwrap();
        let options = SandboxOptions { dir: folder.path().to_owned(), ..SandboxOptions::default() };
        let sandbox = aws_sandbox::start(options).await.unwrap();
        let ready = &sandbox.ready;
        let port = ready.listeners.https.port;
        let nodes: Vec<String> = ready.nodes.iter().map(ToString::to_string).collect();
        Asked {
            url: format!("https://nginx.example.com:{port}/"),
            resolve: format!("--resolve=nginx.example.com:{port}:{}", nodes.join(",")),
            ca: format!("--ca-file={}", ready.ca_pem_file.display()),
            sandbox,
            _folder: folder,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_probe_asks_a_secure_listener_by_name_and_its_exit_code_says_how_it_went() {
    let asked = Asked::new().await;
    let (url, resolve, ca) = (asked.url.as_str(), asked.resolve.as_str(), asked.ca.as_str());
    let short = ["--duration=300ms", "--requests-per-second=20", "--expect=404"];
    let wrong = url.replace("nginx.example.com", "nginx.example.net");
    let wrongly_resolved = resolve.replace("nginx.example.com", "nginx.example.net");
    let no_file = "--ca-file=/does/not/exist";
    for (arguments, code, word) in [
        (vec![resolve, ca, url], 0, "× 404 no such site"),
        // Not the system's roots beside the file's, and not the file's without it.
        (vec![resolve, url], 1, "certificate"),
        // A certificate of another name.
        (vec![wrongly_resolved.as_str(), ca, wrong.as_str()], 1, "certificate"),
        (vec![resolve, ca, "--expect=200", url], 1, "FAILED"),
        (vec![resolve, no_file, url], 2, "/does/not/exist"),
        (vec!["--resolve=nginx.example.com:10443", url], 2, "HOST:PORT:ADDRESS"),
        (vec!["--resolve=nginx.example.com:10443:127.0.0.1,nowhere", url], 2, "HOST:PORT:ADDRESS"),
        (vec!["nginx.example.com"], 2, "https://"),
        (vec!["--requests-per-second=0", url], 2, "--requests-per-second"),
        (vec![resolve, ca, "--insecure", url], 2, "--insecure"),
        (vec![], 2, "URL"),
    ] {
        // What is given later counts.
        let own = arguments.iter().filter_map(|it| it.split_once('=')).map(|(name, _)| name);
        let own: Vec<&str> = own.collect();
        let mut line: Vec<&str> =
            short.into_iter().filter(|it| !own.iter().any(|name| it.starts_with(name))).collect();
        line.extend(arguments);
        let ended = probe(&line).await;
        let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{line:?}: {said}");
        assert!(said.contains(word), "{line:?}: {said}");
    }
    asked.sandbox.stop().await;
}
