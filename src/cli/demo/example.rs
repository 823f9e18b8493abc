//! The folder `examples/sandbox`: its files, the one that a release changes, and what its configuration comes to, for a
//! host that reads no HCL.

use serde_json::{Map, Value, json};

use aws_sandbox::Ready;

pub const BACKEND: &str = "env/backend.hcl";
pub const TFVARS: &str = "env/terraform.tfvars";

/// As `main.tf` names them, with the priorities of their rules.
pub const SERVICES: [(&str, u32, u32); 2] = [("apache", 200, 199), ("nginx", 100, 99)];
/// The port of the sandbox that `env/backend.hcl` names.
const PORT: &str = "127.0.0.1:4600";

const FILES: [(&str, &str); 4] = [
    ("main.tf", include_str!("../../../examples/sandbox/main.tf")),
    ("variables.tf", include_str!("../../../examples/sandbox/variables.tf")),
    ("outputs.tf", include_str!("../../../examples/sandbox/outputs.tf")),
    (BACKEND, include_str!("../../../examples/sandbox/env/backend.hcl")),
];

/// Every file but the tfvars, for a sandbox at `endpoint`.
pub fn files(endpoint: &str) -> impl Iterator<Item = (&'static str, String)> {
    let place = endpoint.trim_start_matches("http://").to_owned();
    FILES.into_iter().map(move |(name, text)| match name {
        BACKEND => (name, text.replace(PORT, &place)),
        _ => (name, text.to_owned()),
    })
}

/// `env/terraform.tfvars`: lines of a name and a value that JSON writes in the same way.
pub struct Tfvars(pub String);

impl Tfvars {
    pub fn as_committed() -> Self {
        Tfvars(include_str!("../../../examples/sandbox/env/terraform.tfvars").to_owned())
    }

    pub fn values(&self) -> Map<String, Value> {
        self.0.lines().filter_map(assigned).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Changes a line, as somebody would in an editor; whether it said anything else before.
    pub fn set(&mut self, name: &str, value: &Value) -> bool {
        let mut changed = false;
        let lines = self.0.lines().map(|line| match assigned(line) {
            Some((known, old)) if known == name && old != *value => {
                changed = true;
                let (left, _) = line.split_once('=').unwrap_or((line, ""));
                format!("{left}= {value}\n")
            }
            _ => format!("{line}\n"),
        });
        self.0 = lines.collect();
        changed
    }
}

fn assigned(line: &str) -> Option<(&str, Value)> {
    let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
    Some((name.trim(), serde_json::from_str(value).ok()?))
}

/// What `main.tf` says of one of its services with these values.
pub fn written_out(service: (&str, u32, u32), ready: &Ready, values: &Map<String, Value>) -> Value {
    let (name, production, canary) = service;
    let revision = |side: &str| json!({ "task_definition": format!("{name}:{}", values[side]) });
    json!({
        "name": name,
        "cluster": ready.cluster,
        "vpc_id": ready.vpc_id,
        "listener_arn": ready.listeners.https.arn,
        "host_headers": [format!("{name}.example.com")],
        "production_priority": production,
        "canary_priority": canary,
        "blue": revision("blue_revision"),
        "green": revision("green_revision"),
        "primary": values["primary"],
        "desired_count": 2,
        "canary_count": 1,
        "container_name": name,
        "container_port": 80,
        "network_configuration": { "subnets": ready.subnets, "security_groups": ready.security_groups },
        "enable_canary": values["enable_canary"],
        "activate_canary": values["activate_canary"],
        "promote_to_all": values["promote_to_all"],
        "canary_source_ips": values["canary_source_ips"],
    })
}

/// And of the provider.
pub fn provider(ready: &Ready) -> Value {
    json!({
        "region": ready.region,
        "access_key": "sandbox",
        "secret_key": "sandbox",
        "endpoints": [{ "ecs": ready.endpoint, "elasticloadbalancingv2": ready.endpoint }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_changed_as_in_an_editor_and_the_rest_stays() {
        let mut tfvars = Tfvars::as_committed();
        let before = tfvars.0.clone();
        assert!(!tfvars.set("enable_canary", &json!(false)));
        assert_eq!(tfvars.0, before);
        assert!(tfvars.set("enable_canary", &json!(true)) && tfvars.set("primary", &json!("green")));
        assert!(tfvars.0.contains("\nenable_canary   = true\n"), "{}", tfvars.0);
        assert!(tfvars.0.contains("\nprimary        = \"green\"\n"), "{}", tfvars.0);
        assert_eq!(tfvars.0.lines().count(), before.lines().count());
    }

    #[test]
    fn every_value_of_the_tfvars_is_read() {
        let tfvars = Tfvars::as_committed();
        let lines = tfvars.0.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        assert_eq!(tfvars.values().len(), lines.count());
    }

    #[test]
    fn the_backend_is_the_sandboxs_wherever_it_listens() {
        let files: Vec<_> = files("http://127.0.0.1:1234").collect();
        let (_, backend) = files.iter().find(|(name, _)| *name == BACKEND).unwrap();
        assert_eq!(backend.matches("http://127.0.0.1:1234\"").count(), 2, "{backend}");
        assert!(!backend.contains(PORT));
    }
}
