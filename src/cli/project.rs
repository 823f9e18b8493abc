//! A Terraform project in a folder of its own, driven with the real `terraform` or `tofu` and this very
//! program as the provider.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::process::{Child, Command};

pub struct Project {
    folder: PathBuf,
    tool: PathBuf,
    environment: Vec<(String, String)>,
}

/// What one run of the tool came to.
#[derive(Debug)]
pub struct Ran {
    pub ok: bool,
    /// 2 from `plan` means there is something to do.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Everything it said, for errors.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// `terraform` or, without it, `tofu`.
pub fn find_tool() -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = ["terraform", "tofu"].into_iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
            .find(|candidate| candidate.is_file())
    });
    found.context("neither terraform nor tofu is on PATH; install one of them, 1.11 or newer")
}

impl Project {
    /// `provider` is the binary; it is used in place, so nothing is downloaded and `init` is not needed.
    pub fn new(folder: &Path, provider: &Path) -> anyhow::Result<Self> {
        let tool = find_tool()?;
        std::fs::create_dir_all(folder)?;
        let home = provider.parent().context("the provider's binary has no folder")?;
        let home = serde_json::to_string(home)?;
        let config = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"ecs-bluegreen/bluegreen\" = {home}\n  }}\n  direct {{}}\n}}\n"
        );
        let config_file = folder.join("cli.tfrc");
        std::fs::write(&config_file, config)?;
        let environment = [
            ("TF_CLI_CONFIG_FILE", config_file.display().to_string()),
            ("TF_IN_AUTOMATION", "1".to_owned()),
            ("TF_INPUT", "0".to_owned()),
            ("CHECKPOINT_DISABLE", "1".to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Ok(Project { folder: folder.to_owned(), tool, environment })
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The command line a person would type to use the project.
    pub fn typed(&self) -> String {
        let needed = ["TF_CLI_CONFIG_FILE", "BLUEGREEN_CLOCK_SPEED"];
        let set = self.environment.iter().filter(|(name, _)| needed.contains(&name.as_str()));
        let set: Vec<String> = set.map(|(name, value)| format!("{name}={value}")).collect();
        let tool = self.tool.file_name().unwrap_or_default().to_string_lossy();
        format!("cd {} && {} {tool}", self.folder.display(), set.join(" "))
    }

    pub fn write(&self, file: &str, text: &str) -> anyhow::Result<()> {
        let path = self.folder.join(file);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    }

    /// Ready to start; killed when dropped.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.tool);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub fn start(&self, arguments: &[&str]) -> anyhow::Result<Child> {
        self.command(arguments).spawn().with_context(|| format!("starting {}", self.tool.display()))
    }

    pub async fn run(&self, arguments: &[&str]) -> anyhow::Result<Ran> {
        let child = self.start(arguments)?;
        let limit = Duration::from_secs(600);
        let output = tokio::time::timeout(limit, child.wait_with_output()).await.with_context(|| {
            format!("{} {} did not end within {limit:?}", self.tool.display(), arguments.join(" "))
        })??;
        Ok(Ran::from(output))
    }

    pub async fn apply(&self) -> anyhow::Result<Ran> {
        self.run(&["apply", "-auto-approve", "-no-color"]).await
    }

    pub async fn destroy(&self) -> anyhow::Result<Ran> {
        self.run(&["destroy", "-auto-approve", "-no-color"]).await
    }

    /// Whether a plan finds nothing to do.
    pub async fn plan_is_empty(&self) -> anyhow::Result<bool> {
        let ran = self.run(&["plan", "-no-color", "-detailed-exitcode"]).await?;
        match ran.code {
            Some(0) => Ok(true),
            Some(2) => Ok(false),
            _ => bail!("plan failed:\n{}", ran.said()),
        }
    }

    /// The attributes of one resource in the state; null when it is not there.
    pub async fn state_of(&self, address: &str) -> anyhow::Result<Value> {
        let ran = self.run(&["show", "-json", "-no-color"]).await?;
        let shown: Value = serde_json::from_str(&ran.stdout).with_context(|| ran.said())?;
        let resources = shown["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        let found = resources.into_iter().find(|resource| resource["address"] == address);
        Ok(found.map_or(Value::Null, |resource| resource["values"].clone()))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            ok: output.status.success(),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
