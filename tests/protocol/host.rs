//! The toy provider of these tests, served in this process or in one of its own, and calls to it.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use terraform_plugin::testing::{Process, Served, rules};
use terraform_plugin::wire::tfplugin6 as wire;
use terraform_plugin::{Provider as _, Value, codec};
use tokio::net::UnixStream;

use super::toy::{Toy, toy};

/// Nothing here takes long; whatever waits longer than this hangs.
pub const LIMIT: Duration = Duration::from_secs(20);

/// The toy, served in this process without TLS.
pub fn served() -> Served {
    Served::start(toy())
}

/// Runs this very test binary as the toy, given as `$0`: stdout is only for the handshake, as the test harness
/// writes there too.
const RUN: &str =
    r#"exec env TOY_HANDSHAKE=/dev/fd/3 "$0" toy::toy_process --exact --nocapture 3>&1 >/dev/null"#;

/// The toy as an executable.
pub fn write_script(path: &Path) {
    let binary = std::env::current_exe().unwrap();
    let script = format!("#!/bin/sh\n{}\n", RUN.replace("$0", &binary.display().to_string()));
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Starts the toy with these variables beside the cookie.
pub fn start(variables: &[(&str, &str)]) -> Process {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", RUN]).arg(std::env::current_exe().unwrap()).stderr(Stdio::piped());
    Process::start_with(command, variables).unwrap()
}

/// What is done to a process and seen of its end.
pub trait Watched {
    fn wait(&mut self) -> ExitStatus;
    fn stderr(&mut self) -> String;
    fn signal(&self, signal: rustix::process::Signal);
}

impl Watched for Process {
    /// Waits for its end.
    fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < LIMIT, "the plugin does not end");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it wrote to stderr until its end.
    fn stderr(&mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

fn provider() -> Arc<Toy> {
    toy()
}

/// A `toy_thing` with these attributes, the rest null.
pub fn thing(attributes: &[(&str, Value)]) -> Value {
    let mut value = provider().resource("toy_thing").unwrap().schema().null_object();
    for (name, attribute) in attributes {
        value.set(*name, attribute.clone());
    }
    value
}

pub fn encode(value: &Value) -> Option<wire::DynamicValue> {
    let kind = provider().resource("toy_thing").unwrap().schema().object_type();
    Some(codec::encode(value, &kind).unwrap())
}

pub fn decode(value: Option<wire::DynamicValue>) -> Value {
    let kind = provider().resource("toy_thing").unwrap().schema().object_type();
    codec::decode(&value.unwrap(), &kind).unwrap()
}

/// Terraform's merge, for configurations without computed attributes that are not null in the prior.
pub fn plan_request(prior: &Value, config: &Value) -> wire::plan_resource_change::Request {
    let proposed = rules::proposed_new(&toy_schema(), prior, config);
    wire::plan_resource_change::Request {
        type_name: "toy_thing".into(),
        prior_state: encode(prior),
        proposed_new_state: encode(&proposed),
        config: encode(config),
        prior_private: b"private".to_vec(),
        ..Default::default()
    }
}

pub fn toy_schema() -> terraform_plugin::Schema {
    provider().resource("toy_thing").unwrap().schema().clone()
}

/// Plans and applies a creation of `config`.
pub fn apply_request(planned: &Value, config: &Value) -> wire::apply_resource_change::Request {
    wire::apply_resource_change::Request {
        type_name: "toy_thing".into(),
        prior_state: encode(&Value::Null),
        planned_state: encode(planned),
        config: encode(config),
        planned_private: b"planned".to_vec(),
        ..Default::default()
    }
}

/// A socket for the toy to talk to.
pub struct Ear {
    listener: tokio::net::UnixListener,
    pub path: String,
    _directory: tempfile::TempDir,
}

pub type Conversation = tokio::io::BufReader<UnixStream>;

impl Ear {
    pub fn new() -> Ear {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ear");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        Ear { listener, path: path.to_str().unwrap().to_owned(), _directory: directory }
    }

    /// Waits until a thing has started.
    pub async fn started(&self) -> Conversation {
        let (stream, _) = tokio::time::timeout(LIMIT, self.listener.accept()).await.unwrap().unwrap();
        let mut conversation = tokio::io::BufReader::new(stream);
        assert_eq!(hear(&mut conversation).await, "started");
        conversation
    }
}

pub async fn hear(conversation: &mut Conversation) -> String {
    use tokio::io::AsyncBufReadExt as _;
    let mut line = String::new();
    tokio::time::timeout(LIMIT, conversation.read_line(&mut line)).await.unwrap().unwrap();
    line.trim_end().to_owned()
}

pub async fn say_go(conversation: &mut Conversation) {
    use tokio::io::AsyncWriteExt as _;
    conversation.write_all(b"go\n").await.unwrap();
}
