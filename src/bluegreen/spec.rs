//! The wish as meant: what the door makes of a validated configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::carried::Secret;
use super::extras::Extras;
use super::phase::Phase;
use super::side::{Pair, Side};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spec {
    /// The cluster's short name.
    pub cluster: String,
    pub name: String,
    pub listener: String,
    pub hosts: BTreeSet<String>,
    pub paths: BTreeSet<String>,
    /// What the rules ask and carry beside these.
    pub extras: Extras,
    /// Of an OpenID login; AWS never tells it.
    pub oidc_secret: Option<Secret>,
    /// The rules have another secret.
    pub new_secret: bool,
    pub production_priority: u32,
    pub canary_priority: u32,
    /// `family:revision`, or an ARN.
    pub task_definitions: Pair<String>,
    /// What ECS and the load balancer call them, where that is said.
    pub service_names: Pair<Option<String>>,
    pub group_names: Pair<Option<String>>,
    /// A side's own container and port; the service's where it has none.
    pub container_names: Pair<Option<String>>,
    pub container_ports: Pair<Option<u16>>,
    /// Which side is home.
    pub primary: Side,
    pub desired_count: u32,
    pub canary_count: u32,
    pub standby_count: u32,
    pub phase: Phase,
    /// As typed, validated; merged by the layout.
    pub canary_sources: BTreeSet<IpNet>,
    pub service: ServiceSettings,
    pub group: GroupSettings,
    pub test: Option<TestListener>,
    pub settle_time: Duration,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestListener {
    pub listener: String,
    pub priority: u32,
    pub sources: BTreeSet<IpNet>,
    /// Its rule has all the conditions of the production rule, not only hosts and paths.
    pub all_conditions: bool,
}

/// What both ECS services share; field meanings as in `aws_ecs_service`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSettings {
    pub container_name: String,
    pub container_port: u16,
    pub subnets: BTreeSet<String>,
    pub security_groups: BTreeSet<String>,
    pub assign_public_ip: bool,
    pub capacity: Capacity,
    pub platform_version: String,
    /// Seconds.
    pub health_check_grace_period: u32,
    pub enable_execute_command: bool,
    /// `NONE`, `SERVICE` or `TASK_DEFINITION`.
    pub propagate_tags: String,
    pub enable_ecs_managed_tags: bool,
    pub availability_zone_rebalancing: bool,
}

impl ServiceSettings {
    /// True when going from `self` to `other` replaces tasks (facts: UpdateService parameters that start a deployment).
    pub fn replaces_tasks(&self, other: &ServiceSettings) -> bool {
        let kept = |s: &ServiceSettings| {
            (
                s.container_name.clone(),
                s.container_port,
                s.subnets.clone(),
                s.security_groups.clone(),
                s.assign_public_ip,
                s.capacity.clone(),
                s.platform_version.clone(),
            )
        };
        kept(self) != kept(other)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Capacity {
    #[default]
    Fargate,
    Strategy(Vec<CapacityProvider>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CapacityProvider {
    pub name: String,
    pub weight: u32,
    pub base: u32,
}

/// What both target groups share; field meanings as in `aws_lb_target_group`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSettings {
    pub fixed: FixedGroupSettings,
    pub health_check: HealthCheck,
    pub attributes: GroupAttributes,
}

/// Members a target group keeps for life.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixedGroupSettings {
    pub vpc_id: String,
    pub protocol: String,
    pub protocol_version: String,
    pub port: u16,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    pub protocol: String,
    pub path: String,
    pub port: String,
    pub matcher: String,
    /// Seconds.
    pub interval: u32,
    /// Seconds.
    pub timeout: u32,
    pub healthy_threshold: u32,
    pub unhealthy_threshold: u32,
}

impl HealthCheck {
    /// How long a receiver must have been seen healthy before it counts as proved.
    pub fn proof_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.healthy_threshold) * u64::from(self.interval))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupAttributes {
    /// Seconds.
    pub deregistration_delay: u32,
    /// Seconds; 0 is off.
    pub slow_start: u32,
    pub algorithm: String,
    /// `on` or `off`.
    pub anomaly_mitigation: String,
}

/// What AWS gives a group of which nothing is said.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html>
impl Default for GroupAttributes {
    fn default() -> Self {
        GroupAttributes {
            deregistration_delay: 300,
            slow_start: 0,
            algorithm: "round_robin".to_owned(),
            anomaly_mitigation: "off".to_owned(),
        }
    }
}

impl Spec {
    /// What the service on `side` is to be like.
    pub fn service_on(&self, side: Side) -> ServiceSettings {
        let (shared, own) = (&self.service, &self.container_names[side]);
        ServiceSettings {
            container_name: own.as_ref().unwrap_or(&shared.container_name).clone(),
            container_port: self.container_ports[side].unwrap_or(shared.container_port),
            ..shared.clone()
        }
    }

    /// `CLUSTER/NAME`: the id of the resource, and how the ownership tag begins.
    pub fn owner(&self) -> String {
        format!("{}/{}", self.cluster, self.name)
    }
}
