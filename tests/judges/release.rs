//! One release with the real terraform and our provider, against whatever plays AWS.

use std::path::Path;

use bluegreen_provider::cli::project::{Project, Ran};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const HOST: &str = "nginx.example.com";

pub struct Release {
    pub project: Project,
    pub service: Value,
    endpoint: String,
    _folder: TempDir,
}

impl Release {
    /// `at` has `cluster`, `vpc_id`, `subnets` and `security_groups`; `speed` is how fast AWS's clock runs.
    pub fn new(endpoint: &str, speed: &str, at: &Value, listener: &Value) -> Release {
        let folder = tempfile::tempdir().unwrap();
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-bluegreen"));
        let project = Project::new(folder.path(), provider).unwrap().with("BLUEGREEN_CLOCK_SPEED", speed);
        let service = json!({
            "name": "nginx",
            "cluster": at["cluster"],
            "vpc_id": at["vpc_id"],
            "listener_arn": listener,
            "host_headers": [HOST],
            "blue": { "task_definition": "nginx:1" },
            "green": { "task_definition": "nginx:2" },
            "desired_count": 3,
            "canary_count": 1,
            "container_name": "nginx",
            "container_port": 80,
            "network_configuration": {
                "subnets": at["subnets"],
                "security_groups": at["security_groups"],
            },
            "canary_source_ips": ["198.51.100.0/24"],
        });
        Release { project, service, endpoint: endpoint.to_owned(), _folder: folder }
    }

    pub fn set(&mut self, change: Value) -> &mut Self {
        for (name, value) in change.as_object().unwrap() {
            self.service[name] = value.clone();
        }
        self
    }

    pub fn phase(&mut self, phase: &str) -> &mut Self {
        let (enable, activate, promote) = match phase {
            "stable" => (false, false, false),
            "staged" => (true, false, false),
            "canary" => (true, true, false),
            "promoted" => (true, false, true),
            other => panic!("no phase {other}"),
        };
        self.set(json!({ "enable_canary": enable, "activate_canary": activate, "promote_to_all": promote }))
    }

    pub fn config(&self) -> Value {
        let endpoint = &self.endpoint;
        json!({
            "terraform": { "required_providers": { "bluegreen": { "source": "ecs-bluegreen/bluegreen" } } },
            "provider": { "bluegreen": {
                "region": "eu-west-1",
                "access_key": "test",
                "secret_key": "test",
                "endpoints": { "ecs": endpoint, "elasticloadbalancingv2": endpoint },
            } },
            "resource": { "bluegreen_service": { "nginx": self.service } },
        })
    }

    /// An apply that must succeed, and after which a plan finds nothing to do.
    pub async fn apply(&self) -> Ran {
        self.project.write("main.tf.json", &self.config().to_string()).unwrap();
        let ran = self.project.apply().await.unwrap();
        assert!(ran.ok, "{}", ran.said());
        let plan = self.project.run(&["plan", "-no-color", "-detailed-exitcode"]).await.unwrap();
        assert_eq!(plan.code, Some(0), "the second plan is not empty:\n{}", plan.said());
        ran
    }

    pub async fn state(&self) -> Value {
        self.project.state_of("bluegreen_service.nginx").await.unwrap()
    }
}
