//! `examples/complete`: that it is what Terraform takes for a project on hashicorp/aws and ours, that every id comes
//! from a resource, that its module plays a release, and that its script tells the truth.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aws_sandbox::SandboxOptions;
use bluegreen_provider::cli::project::{Project, Ran};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{self, HOST, OFFICE, SPEED, Stage, hashicorp};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/complete");
const PROBE: &str = env!("CARGO_BIN_EXE_terraform-provider-bluegreen");
const MODULE: &str = "modules/ecs-blue-green-service";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        // What somebody's own `init` has left there is not part of it.
        if name.to_string_lossy().starts_with(".terraform") {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(path, to.join(name)).unwrap();
        }
    }
}

/// A copy of the example, or of a folder in it, of somebody who has both providers at home.
fn project(folder: &TempDir, part: &str) -> Project {
    let place = folder.path().join("project");
    copy(&Path::new(EXAMPLE).join(part), &place);
    hashicorp::at_home(folder.path());
    std::fs::write(folder.path().join("nothing.tfrc"), "").unwrap();
    Project::new(&place, Path::new(PROBE))
        .unwrap()
        .with("TF_CLI_CONFIG_FILE", folder.path().join("nothing.tfrc").to_string_lossy())
        .with("HOME", folder.path().to_string_lossy())
        .with("AWS_ACCESS_KEY_ID", "sandbox")
        .with("AWS_SECRET_ACCESS_KEY", "sandbox")
}

async fn done(project: &Project, arguments: &[&str]) -> Ran {
    let ran = project.run(&[arguments, &["-no-color"]].concat()).await.unwrap();
    assert!(ran.ok, "{arguments:?}: {}", ran.said());
    ran
}

/// A plan of the whole, as `show -json` tells it.
async fn planned(project: &Project, more: &[&str]) -> Value {
    let plan = ["plan", "-var-file=env/terraform.tfvars", "-out=it.tfplan"];
    done(project, &[&plan, more].concat()).await;
    serde_json::from_str(&done(project, &["show", "-json", "it.tfplan"]).await.stdout).unwrap()
}

/// What an expression of a module comes from in the end: attributes of resources, inputs of the whole project, and
/// `constant`. `calls` leads from the root to the module.
fn origins(root: &Value, calls: &[&str], expression: &Value) -> BTreeSet<String> {
    if let Some(parts) = expression.as_object().filter(|it| !it.contains_key("references")) {
        return match expression.get("constant_value") {
            Some(_) => ["constant".to_owned()].into(),
            None => parts.values().flat_map(|part| origins(root, calls, part)).collect(),
        };
    }
    // An input that is not given has a default, of which the plan itself has to tell.
    let module = calls.iter().fold(root, |module, call| &module["module_calls"][*call]["module"]);
    let references = expression["references"].as_array().into_iter().flatten();
    let mut found = BTreeSet::new();
    for reference in references.filter_map(Value::as_str) {
        let parts: Vec<&str> = reference.split(['.', '[']).collect();
        match parts[..] {
            ["var", name, ..] => match calls.split_last() {
                Some((call, outer)) => {
                    let caller = outer.iter().fold(root, |it, call| &it["module_calls"][*call]["module"]);
                    let given = &caller["module_calls"][*call]["expressions"][name];
                    found.extend(origins(root, outer, given));
                }
                None => drop(found.insert(reference.to_owned())),
            },
            ["module", call, output, ..] => {
                let inner = &module["module_calls"][call]["module"];
                let deeper = [calls, &[call]].concat();
                found.extend(origins(root, &deeper, &inner["outputs"][output]["expression"]));
            }
            ["local" | "each" | "module", ..] => {}
            _ => drop(found.insert(reference.to_owned())),
        }
    }
    found
}

fn ours(plan: &Value) -> &Value {
    let resources =
        plan["configuration"]["root_module"]["module_calls"]["service"]["module"]["resources"].as_array();
    resources.unwrap().iter().find(|resource| resource["type"] == "bluegreen_service").unwrap()
}

/// Every id that the service gets, and whose attribute it is to be.
const IDS: [(&str, &str); 8] = [
    ("cluster", "aws_ecs_cluster.this.name"),
    ("vpc_id", "aws_vpc.this.id"),
    ("listener_arn", "aws_lb_listener.https.arn"),
    ("test_listener", "aws_lb_listener.test"),
    ("network_configuration", "aws_subnet.private"),
    ("network_configuration", "aws_security_group.tasks.id"),
    ("blue", "aws_ecs_task_definition.this[\"blue\"].arn"),
    ("green", "aws_ecs_task_definition.this[\"green\"].arn"),
];

/// What is not known before the first apply cannot have been written down.
fn unknown_until_made(plan: &Value, paths: &[&str]) {
    let changes = plan["resource_changes"].as_array().unwrap();
    let ours: Vec<_> = changes.iter().filter(|change| change["type"] == "bluegreen_service").collect();
    assert_eq!(ours.len(), 2, "nginx and apache");
    for change in ours {
        for path in paths {
            let unknown = change["change"]["after_unknown"].pointer(path).unwrap_or(&Value::Null);
            let each = unknown.as_array().cloned().unwrap_or_else(|| vec![unknown.clone()]);
            let all = !each.is_empty() && each.iter().all(|it| *it == true);
            assert!(all, "{} {path}: {unknown}", change["address"]);
        }
    }
}

/// They are JSON in a string, which no schema checks. ECS does.
async fn take_the_task_definitions(stage: &Stage, plan: &Value) {
    let changes = plan["resource_changes"].as_array().unwrap();
    let planned = changes.iter().filter(|change| change["type"] == "aws_ecs_task_definition");
    let mut images = BTreeSet::new();
    for definition in planned.map(|change| &change["change"]["after"]) {
        let containers: Value =
            serde_json::from_str(definition["container_definitions"].as_str().unwrap()).unwrap();
        assert_eq!(definition["skip_destroy"], true);
        let asked = json!({
            "family": definition["family"], "networkMode": definition["network_mode"],
            "requiresCompatibilities": definition["requires_compatibilities"],
            "cpu": definition["cpu"], "memory": definition["memory"], "containerDefinitions": containers,
        });
        let made = support::ecs(&stage.sandbox.ready.endpoint, "RegisterTaskDefinition", asked).await;
        let container = &made["taskDefinition"]["containerDefinitions"][0];
        assert_eq!(container["portMappings"][0]["containerPort"], 80, "{made}");
        images.insert(container["image"].as_str().unwrap().to_owned());
    }
    assert_eq!(images.len(), 4, "two services, two sides: {images:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_is_taken_as_it_stands_and_every_id_comes_from_a_resource() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let project = project(&folder, "");
    done(&project, &["fmt", "-check", "-recursive"]).await;
    // Its own backend, at the sandbox's endpoint.
    let endpoint = &stage.sandbox.ready.endpoint;
    let backend = format!(
        "endpoints = {{ s3 = {endpoint:?}, sts = {endpoint:?} }}\nuse_path_style = true\nskip_metadata_api_check = true\n"
    );
    project.write("sandbox.hcl", &backend).unwrap();
    done(&project, &["init", "-backend-config=env/backend.hcl", "-backend-config=sandbox.hcl"]).await;
    done(&project, &["validate"]).await;

    let plan = planned(&project, &["-var=enable_test_listener=true"]).await;
    let root = &plan["configuration"]["root_module"];
    for (attribute, origin) in IDS {
        let from = origins(root, &["service"], &ours(&plan)["expressions"][attribute]);
        assert!(from.iter().any(|it| it.starts_with(origin)), "{attribute} comes from {from:?}");
        assert!(!from.contains("constant"), "{attribute} comes from {from:?}");
    }
    let ids =
        ["/vpc_id", "/listener_arn", "/blue/task_definition", "/green/task_definition", "/test_listener/arn"];
    let network = ["/network_configuration/subnets", "/network_configuration/security_groups"];
    unknown_until_made(&plan, &[&ids[..], &network].concat());
    let made = |plan: &Value, kind: &str| {
        plan["resource_changes"].as_array().unwrap().iter().filter(|change| change["type"] == kind).count()
    };
    assert_eq!((made(&plan, "aws_nat_gateway"), made(&plan, "aws_lb_listener")), (2, 3));

    take_the_task_definitions(&stage, &plan).await;

    let cheap = planned(&project, &["-var=private_tasks=false"]).await;
    unknown_until_made(&cheap, &ids[..4]);
    assert_eq!((made(&cheap, "aws_nat_gateway"), made(&cheap, "aws_lb_listener")), (0, 2));
    let public = |plan: &Value| {
        let planned = plan["resource_changes"].as_array().unwrap();
        let ours = planned.iter().filter(|change| change["type"] == "bluegreen_service");
        let flags: BTreeSet<_> = ours
            .map(|change| change["change"]["after"]["network_configuration"]["assign_public_ip"] == true)
            .collect();
        flags
    };
    assert_eq!((public(&plan), public(&cheap)), ([false].into(), [true].into()));

    for (wrong, said) in [
        ("office_cidrs=[\"0.0.0.0/0\"]", "that is promote_to_all"),
        ("office_cidrs=[\"the office\"]", "Write CIDR blocks"),
        ("zone_count=1", "Use 2 or 3"),
    ] {
        let plan = ["plan", "-no-color", "-var-file=env/terraform.tfvars", "-var", wrong];
        let ran = project.run(&plan).await.unwrap();
        assert!(!ran.ok && ran.said().contains(said), "{wrong}: {}", ran.said());
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_complete_module_s_own_tests_play_a_release_on_the_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions { speed: SPEED, dir: folder.path().to_owned(), ..SandboxOptions::default() };
    let sandbox = aws_sandbox::start(options).await.unwrap();
    let project = project(&folder, MODULE).with("BLUEGREEN_CLOCK_SPEED", SPEED.to_string());
    done(&project, &["init"]).await;
    let values = format!("-var-file={}", folder.path().join("sandbox.auto.tfvars.json").display());
    let ran = done(&project, &["test", &values]).await;
    assert!(ran.stdout.contains("Success! 8 passed, 0 failed."), "{}", ran.said());
    let left = support::admin(&sandbox.ready.endpoint, "GET", "/_sandbox/state", Value::Null).await;
    assert_eq!(left["rules"], json!([]), "the tests clean up after themselves");
    sandbox.stop().await;
}

/// What the script said, and its exit code.
async fn script(probe: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let script = PathBuf::from(EXAMPLE).join("scripts/zero-downtime-test.sh");
    let ran = Command::new("bash").arg(script).args(arguments).env("PROBE", probe).output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&ran.stdout) + &text(&ran.stderr), ran.status.code())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_complete_example_s_script_says_who_answered_with_the_probe_and_with_curl_alone() {
    let mut stage = Stage::new().await;
    let https = stage.sandbox.ready.listeners.https.clone();
    stage.set(json!({ "listener_arn": https.arn })).phase("canary").apply().await;
    let ready = &stage.sandbox.ready;
    let url = format!("https://{HOST}:{}/", https.port);
    let resolve = format!("{HOST}:{}:{}", https.port, ready.nodes[0]);
    let ca = ready.ca_pem_file.display().to_string();
    let office = OFFICE.to_string();
    let known = ["--runs", "2", "--resolve", &resolve, "--ca-file", &ca];
    for probe in [PROBE, "none"] {
        let (said, code) = script(probe, &[&known[..], &[&url]].concat()).await;
        assert_eq!(code, Some(0), "{said}");
        for run in 1..=2 {
            assert!(said.contains(&format!("run {run}  {url}  200  nginx:1\n")), "{said}");
        }
        assert!(said.contains("in 2 runs, 0 failed"), "{said}");
        let asked = ["--source", &office, "--version-header", "X-Service", &url];
        let (said, code) = script(probe, &[&known[..], &asked[..]].concat()).await;
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(&format!("run 1  {url}  200  nginx-green\n")), "{said}");

        // Nobody has that host; and nobody listens there.
        let other = url.replace(HOST, "other.example.com");
        let there = resolve.replace(HOST, "other.example.com");
        let (said, code) = script(probe, &[&known[..], &["--resolve", &there, &url, &other]].concat()).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains(&format!("{url}  200  nginx:1")) && said.contains(&format!("{other}  404")),
            "{said}"
        );
        let (said, code) = script(probe, &["--runs", "1", "http://127.0.0.1:1/"]).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("FAILED") && !said.contains("runs, 0 failed"), "{said}");
        let (said, code) = script(probe, &["--runs"]).await;
        assert!(code == Some(2) && said.contains("usage:"), "{said}");
    }
    stage.end().await;
}
