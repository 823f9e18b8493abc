//! The same questions to moto and to our sandbox, with AWS's answer beside both.

use std::process::Command;

use aws_sandbox::SandboxOptions;
use serde_json::Value;

use super::python::{Script, scripts, tool};

/// Where moto 5.2.5 is known to answer otherwise than AWS.
const LIES: [&str; 14] = [
    "tags of no rule",
    "tags of no group",
    "the same group again",
    "swapped priorities",
    "delete a rule twice",
    "change a deleted service",
    "the same name with other settings",
    "delete a cluster that has services",
    "tasks of no service",
    "an imported certificate",
    "a key of another certificate",
    "a secure listener without certificate",
    "an unknown policy",
    "delete a certificate in use",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sandbox_answers_as_aws_does_and_moto_too_but_for_its_known_lies() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions { speed: 25.0, dir: folder.path().to_owned(), ..SandboxOptions::default() };
    let sandbox = aws_sandbox::start(options).await.unwrap();
    let moto = Script::start("moto_stage.py", &[]);
    let mut bare = moto.ready.clone();
    bare["endpoint"] = bare["moto"].clone();
    let asked = Command::new(tool("python"))
        .arg(scripts().join("differential.py"))
        .args([bare.to_string(), serde_json::to_string(&sandbox.ready).unwrap()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output();
    let output = asked.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Vec<(String, Value, Value, Value)> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answers.len() > 60, "{}", answers.len());
    for (question, aws, _, ours) in &answers {
        assert_eq!(ours, aws, "the sandbox on: {question}");
    }
    let lies: Vec<&str> = answers
        .iter()
        .filter(|(_, aws, moto, _)| moto != aws)
        .map(|(question, ..)| question.as_str())
        .collect();
    assert_eq!(lies, LIES, "moto");
    moto.end();
    sandbox.stop().await;
}
