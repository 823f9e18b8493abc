//! A Terraform project in a folder of its own, driven with the real `terraform` or `tofu` and this very
//! program as the provider.

use std::ffi::OsString;
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

/// `terraform` or, without it, `tofu`; where neither is on PATH, none.
pub fn find_tool() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    ["terraform", "tofu"].into_iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
            .find(|candidate| candidate.is_file())
    })
}

/// Our source address, and what stands before it where it is short.
const SOURCE: &str = "ecs-bluegreen/bluegreen";
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

impl Project {
    /// `provider` is the binary; it is used in place, so nothing is downloaded and `init` is not needed.
    pub fn new(folder: &Path, provider: &Path) -> anyhow::Result<Self> {
        let home = provider.parent().context("the provider's binary has no folder")?;
        let home = serde_json::to_string(home)?;
        Project::installing(
            folder,
            &format!("dev_overrides {{\n    {SOURCE:?} = {home}\n  }}\n  direct {{}}"),
        )
    }

    /// The same for a project that has to be initialised, as one with a backend: `init` finds `provider` in a mirror.
    pub fn mirrored(folder: &Path, provider: &Path) -> anyhow::Result<Self> {
        let mirror = folder.join("providers");
        let version = env!("CARGO_PKG_VERSION");
        for registry in REGISTRIES {
            let place = mirror.join(registry).join(SOURCE).join(version).join(platform());
            std::fs::create_dir_all(&place).with_context(|| format!("making {}", place.display()))?;
            let link = place.join(format!("terraform-provider-bluegreen_v{version}"));
            // There from an earlier run in the same folder, and perhaps to another binary.
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(provider, &link)
                .with_context(|| format!("linking {}", link.display()))?;
        }
        let mirror = serde_json::to_string(&mirror)?;
        Project::installing(folder, &format!("filesystem_mirror {{\n    path = {mirror}\n  }}"))
    }

    fn installing(folder: &Path, how: &str) -> anyhow::Result<Self> {
        let tool = find_tool()
            .context("neither terraform nor tofu is on PATH; install one of them, 1.11 or newer")?;
        std::fs::create_dir_all(folder)?;
        let config = format!("provider_installation {{\n  {how}\n}}\n");
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

    /// `terraform` or `tofu`.
    pub fn tool(&self) -> &str {
        self.tool.file_stem().and_then(|name| name.to_str()).unwrap_or("terraform")
    }

    /// The command line a person would type to use the project.
    pub fn typed(&self) -> String {
        let needed = ["TF_CLI_CONFIG_FILE", "BLUEGREEN_CLOCK_SPEED"];
        let set = self.environment.iter().filter(|(name, _)| needed.contains(&name.as_str()));
        let set: Vec<String> = set.map(|(name, value)| format!("{name}={value}")).collect();
        format!("cd {} && {} {}", self.folder.display(), set.join(" "), self.tool())
    }

    pub fn write(&self, file: &str, text: &str) -> anyhow::Result<()> {
        let path = self.folder.join(file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    }

    /// Ready to start; killed when dropped. What the environment says to Terraform and of AWS stays outside.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.tool);
        for name in outside() {
            command.env_remove(name);
        }
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

/// The variables of this process that say something to Terraform, and of AWS.
pub fn outside() -> impl Iterator<Item = OsString> {
    let speaks =
        |name: &str| name.starts_with("AWS_") || (name.starts_with("TF_") && !name.starts_with("TF_LOG"));
    std::env::vars_os().map(|(name, _)| name).filter(move |name| name.to_str().is_some_and(speaks))
}

/// As Terraform names where it runs.
fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{system}_{machine}")
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
