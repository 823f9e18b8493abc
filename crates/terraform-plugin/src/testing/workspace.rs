//! A directory with a configuration, and the real Terraform that finds the provider under test.

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

/// A working directory of `terraform`, or of `tofu` where there is no `terraform` on the PATH.
pub struct Workspace {
    folder: TempDir,
    tool: &'static str,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it said on stdout and then on stderr.
    pub said: String,
}

impl Workspace {
    /// An empty one in which the provider at the source address `address`, such as `example.com/me/toy`, is
    /// the executable `binary`. There is no need for `init` then: development overrides do without.
    pub fn new(address: &str, binary: &Path) -> Workspace {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let name = address.rsplit('/').next().unwrap_or(address);
        let place = folder.path().join(format!("terraform-provider-{name}"));
        std::os::unix::fs::symlink(binary, place).expect("a link to the provider");
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{ {address:?} = {:?} }}\n  direct {{}}\n}}\n",
            folder.path()
        );
        let tool = ["terraform", "tofu"].into_iter().find(|tool| is_there(tool));
        let tool =
            tool.expect("this test needs terraform or tofu on the PATH: install either, 1.11 or newer");
        let workspace = Workspace { folder, tool };
        workspace.write("terraform.rc", &overrides);
        workspace
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes one of its files.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).expect("its files can be written");
    }

    /// The tool with these arguments, to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.tool);
        command.args(arguments).arg("-no-color").current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TF_")) {
            command.env_remove(name);
        }
        command.env("TF_CLI_CONFIG_FILE", self.path().join("terraform.rc")).env("CHECKPOINT_DISABLE", "1");
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().expect("it can be run").into()
    }

    /// Runs it, and panics unless it succeeds; what it said.
    pub fn succeeds(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{} {arguments:?}: {}", self.tool, ran.said);
        ran.said
    }

    /// Panics unless a plan finds nothing to do.
    pub fn plans_nothing(&self, arguments: &[&str]) {
        self.succeeds(&[&["plan", "-detailed-exitcode"], arguments].concat());
    }

    /// The one instance of the one resource in the state.
    pub fn instance(&self) -> Json {
        let state = std::fs::read(self.path().join("terraform.tfstate")).expect("there is a state");
        let state: Json = serde_json::from_slice(&state).expect("the state is JSON");
        state["resources"][0]["instances"][0].clone()
    }
}

fn is_there(tool: &str) -> bool {
    let mut command = Command::new(tool);
    command.arg("version").env("CHECKPOINT_DISABLE", "1").stdout(Stdio::null()).stderr(Stdio::null());
    !command.status().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code(), said: text(&output.stdout) + &text(&output.stderr) }
    }
}
