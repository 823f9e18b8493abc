//! The pinned Python packages, and programs that run on them.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Where the judges' scripts are.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/python")
}

/// A program of the pinned packages: `python`, `aws`. Installs them if this is the first time.
pub fn tool(name: &str) -> PathBuf {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(install).join("bin").join(name)
}

/// One process installs, the others wait. A stamp says which pins are in place.
fn install() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("judges");
    std::fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let (venv, stamp) = (home.join("venv"), home.join("stamp"));
    let wished = Sha256::digest(REQUIREMENTS).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if std::fs::read_to_string(&stamp).is_ok_and(|is| is == wished) {
        return venv;
    }
    let _ = std::fs::remove_file(&stamp);
    let missing = "the judges need python3 (3.10 or newer, with venv); install python3 and python3-venv";
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv), missing);
    let pins = home.join("requirements.txt");
    std::fs::write(&pins, REQUIREMENTS).unwrap();
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"];
    run(
        Command::new(venv.join("bin/python")).args(quiet).arg(&pins),
        "the judges' pinned packages cannot be installed; pip needs a package index",
    );
    std::fs::write(&stamp, wished).unwrap();
    venv
}

fn run(command: &mut Command, or: &str) {
    let output = command.output().unwrap_or_else(|error| panic!("{or} ({error})"));
    assert!(output.status.success(), "{or}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// A script that says in one JSON line when it is ready, and ends when its standard input does.
pub struct Script {
    pub ready: Value,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Script {
    pub fn start(name: &str, arguments: &[&str]) -> Script {
        let mut child = Command::new(tool("python"))
            .arg(scripts().join(name))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{name} did not start"));
        Script { ready, child, input, output }
    }

    pub fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    /// It must have nothing to complain about. What it says in the end.
    pub fn end(mut self) -> String {
        drop(self.input.take());
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success(), "the script complains, see above");
        said
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a script's server answers.
pub fn get(endpoint: &str, path: &str) -> Value {
    let address = endpoint.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{path}: {answer}"));
    serde_json::from_str(body).unwrap()
}
