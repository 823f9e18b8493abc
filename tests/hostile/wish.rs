//! What a user wishes, as a configuration, and what must be there when it has come true.

use aws_sandbox::Ready;
use aws_sandbox::in_process::InProcess;
use terraform_plugin::{Resource, Value};

use crate::callers::{HOST, OFFICE_CIDR};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Stable,
    Staged,
    Canary,
    Promoted,
}

pub const PHASES: [Phase; 4] = [Phase::Stable, Phase::Staged, Phase::Canary, Phase::Promoted];

/// The wishes of one schedule differ in these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub phase: Phase,
    pub primary: &'static str,
    pub blue: String,
    pub green: String,
    pub desired: u32,
    pub canary: u32,
    pub standby: u32,
    pub settle: u32,
}

/// Where the standing sandbox things are.
#[derive(Clone)]
pub struct Place {
    pub cluster: String,
    pub vpc_id: String,
    pub listener: String,
    pub test_listener: String,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    /// Seconds between health checks.
    pub interval: u32,
}

impl Place {
    pub fn of(sandbox: &InProcess) -> Place {
        Place {
            cluster: sandbox.cluster.clone(),
            vpc_id: sandbox.vpc_id.clone(),
            listener: sandbox.listeners.production.arn.clone(),
            test_listener: sandbox.listeners.test.arn.clone(),
            subnets: sandbox.subnets.clone(),
            security_groups: sandbox.security_groups.clone(),
            interval: 5,
        }
    }

    /// With health checks that a busy machine can answer in time.
    pub fn real(ready: &Ready) -> Place {
        Place {
            cluster: ready.cluster.clone(),
            vpc_id: ready.vpc_id.clone(),
            listener: ready.listeners.production.arn.clone(),
            test_listener: ready.listeners.test.arn.clone(),
            subnets: ready.subnets.clone(),
            security_groups: ready.security_groups.clone(),
            interval: 10,
        }
    }
}

impl Wish {
    pub fn candidate(&self) -> &'static str {
        if self.primary == "blue" { "green" } else { "blue" }
    }

    pub fn public(&self) -> &'static str {
        if self.phase == Phase::Promoted { self.candidate() } else { self.primary }
    }

    pub fn office(&self) -> &'static str {
        if self.phase == Phase::Canary { self.candidate() } else { self.public() }
    }

    /// Tasks on a side when all is done.
    pub fn count(&self, side: &str) -> u32 {
        match (self.phase, side == self.candidate()) {
            (Phase::Promoted, true) => self.desired,
            (Phase::Promoted, false) => self.standby,
            (_, false) => self.desired,
            (Phase::Stable, true) => self.standby,
            (_, true) => self.canary,
        }
    }

    /// The configuration; what is not said is null.
    pub fn config(&self, resource: &dyn Resource, place: &Place) -> Value {
        let mut config = resource.schema().null_object();
        let texts = |texts: &[String]| Value::list(texts.iter().map(String::as_str));
        let member = |task_definition: &str| Value::object([("task_definition", task_definition.into())]);
        let network = Value::object([
            ("subnets", texts(&place.subnets)),
            ("security_groups", texts(&place.security_groups)),
            ("assign_public_ip", Value::Null),
        ]);
        let null =
            |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect::<Vec<_>>();
        let mut check = Value::object(null(&["protocol", "path", "port", "matcher"]));
        for (name, number) in [
            ("interval", place.interval),
            ("timeout", place.interval / 2),
            ("healthy_threshold", 2),
            ("unhealthy_threshold", 2),
        ] {
            if let Value::Map(members) = &mut check {
                members.insert(name.to_owned(), number.into());
            }
        }
        let mut group = Value::object(null(&[
            "port",
            "protocol",
            "protocol_version",
            "slow_start",
            "load_balancing_algorithm_type",
        ]));
        if let Value::Map(members) = &mut group {
            members.insert("deregistration_delay".to_owned(), 15_u32.into());
        }
        let timeout = || Value::from("15m");
        let (enable, activate, promote) = match self.phase {
            Phase::Stable => (false, false, false),
            Phase::Staged => (true, false, false),
            Phase::Canary => (true, true, false),
            Phase::Promoted => (true, false, true),
        };
        for (name, value) in [
            ("name", "nginx".into()),
            ("cluster", place.cluster.as_str().into()),
            ("vpc_id", place.vpc_id.as_str().into()),
            ("listener_arn", place.listener.as_str().into()),
            ("host_headers", Value::list([HOST])),
            ("blue", member(&self.blue)),
            ("green", member(&self.green)),
            ("primary", self.primary.into()),
            ("desired_count", self.desired.into()),
            ("canary_count", self.canary.into()),
            ("standby_count", self.standby.into()),
            ("container_name", "nginx".into()),
            ("container_port", 80_u32.into()),
            ("network_configuration", network),
            ("canary_source_ips", Value::list([OFFICE_CIDR])),
            ("health_check", check),
            ("target_group", group),
            ("settle_time", format!("{}s", self.settle).into()),
            ("enable_canary", enable.into()),
            ("activate_canary", activate.into()),
            ("promote_to_all", promote.into()),
            (
                "timeouts",
                Value::object([("create", timeout()), ("update", timeout()), ("delete", timeout())]),
            ),
        ] {
            assert!(config.set(name, value), "{name}");
        }
        config
    }
}
