//! The folder `examples/sandbox` as people use it, in copies of its own on one sandbox; and that the demo's values, written
//! out for a host that reads no HCL, are the folder's.

use aws_sandbox::{Running, SandboxOptions};
use bluegreen_provider::cli::demo::example::{self, SERVICES, TFVARS, Tfvars};
use bluegreen_provider::cli::project::{Project, Ran};
use bluegreen_provider::referee::Referee;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::SPEED;

/// And where its files are.
pub async fn sandbox() -> (Running, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions { speed: SPEED, dir: folder.path().to_owned(), ..SandboxOptions::default() };
    (aws_sandbox::start_watched(options, Referee::boxed()).await.unwrap(), folder)
}

/// One person's copy of it.
pub struct Copy {
    pub project: Project,
    pub tfvars: Tfvars,
    _folder: TempDir,
}

impl Copy {
    /// Initialised, with the state in the sandbox's bucket.
    pub async fn of_the_example(sandbox: &Running) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let provider = env!("CARGO_BIN_EXE_terraform-provider-bluegreen");
        let project = Project::mirrored(folder.path(), provider.as_ref()).unwrap();
        let project = project.with("BLUEGREEN_CLOCK_SPEED", SPEED.to_string());
        for (name, text) in example::files(&sandbox.ready.endpoint) {
            project.write(name, &text).unwrap();
        }
        std::fs::copy(&sandbox.ready.tfvars, folder.path().join("sandbox.auto.tfvars.json")).unwrap();
        let copy = Copy { project, tfvars: Tfvars::as_committed(), _folder: folder };
        copy.project.write(TFVARS, &copy.tfvars.0).unwrap();
        let ran = copy.project.run(&["init", "-no-color", "-backend-config=env/backend.hcl"]).await.unwrap();
        assert!(ran.ok, "{}", ran.said());
        copy
    }

    pub fn set(&mut self, name: &str, value: Value) {
        self.tfvars.set(name, &value);
        self.project.write(TFVARS, &self.tfvars.0).unwrap();
    }

    pub async fn apply(&self, more: &[&str]) -> Ran {
        let arguments = ["apply", "-auto-approve", "-no-color", "-var-file=env/terraform.tfvars"];
        self.project.run(&[&arguments, more].concat()).await.unwrap()
    }

    /// The addresses in the state.
    pub async fn state(&self) -> Vec<String> {
        let ran = self.project.run(&["state", "list"]).await.unwrap();
        assert!(ran.ok, "{}", ran.said());
        ran.stdout.lines().map(str::to_owned).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_demo_has_written_out_is_what_the_folder_says() {
    let (sandbox, _files) = sandbox().await;
    let mut copy = Copy::of_the_example(&sandbox).await;
    for (name, value) in
        [("enable_canary", json!(true)), ("primary", json!("green")), ("blue_revision", json!(5))]
    {
        copy.set(name, value);
    }
    let plan = ["plan", "-no-color", "-var-file=env/terraform.tfvars", "-out=it.tfplan"];
    let ran = copy.project.run(&plan).await.unwrap();
    assert!(ran.ok && !ran.said().contains("Warning"), "{}", ran.said());
    let shown = copy.project.run(&["show", "-json", "it.tfplan"]).await.unwrap();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let configured = &shown["configuration"]["root_module"]["resources"][0]["expressions"];
    let planned = shown["planned_values"]["root_module"]["resources"].as_array().unwrap();
    assert_eq!(planned.len(), SERVICES.len(), "{shown}");
    for service in SERVICES {
        let written = example::written_out(service, &sandbox.ready, &copy.tfvars.values());
        let planned = &planned.iter().find(|it| it["index"] == service.0).unwrap()["values"];
        let (written, configured) = (written.as_object().unwrap(), configured.as_object().unwrap());
        assert!(written.keys().eq(configured.keys()), "{:?}\n{:?}", written.keys(), configured.keys());
        for (name, value) in written {
            assert!(holds(&planned[name], value), "{name}: {} is not {value}", planned[name]);
        }
    }
    sandbox.stop().await;
}

/// Whether everything written is there; sides and networks have members of their own beside.
fn holds(planned: &Value, written: &Value) -> bool {
    match written {
        Value::Object(members) => members.iter().all(|(name, value)| holds(&planned[name], value)),
        _ => planned == written,
    }
}
