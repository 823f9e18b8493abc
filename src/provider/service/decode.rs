//! From a value to the wish as meant. Values have been validated and carry their defaults by now; what is
//! still unknown makes the wish unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipnet::IpNet;

use crate::bluegreen::audience;
use crate::bluegreen::phase::{Phase, Toggles};
use crate::bluegreen::side::{Pair, Side};
use crate::bluegreen::spec::{
    Capacity, CapacityProvider, FixedGroupSettings, GroupAttributes, GroupSettings, HealthCheck,
    ServiceSettings, Spec, TestListener,
};
use crate::provider::duration;
use terraform_plugin::Value;

/// The wish; `None` while anything it depends on is unknown or not valid.
pub fn spec(value: &Value) -> Option<Spec> {
    Some(Spec {
        cluster: cluster_name(&text(value, "cluster")?).to_owned(),
        name: text(value, "name")?,
        listener: text(value, "listener_arn")?,
        hosts: texts(value.get("host_headers"))?,
        paths: texts(value.get("path_patterns"))?,
        production_priority: number(value, "production_priority")?,
        canary_priority: number(value, "canary_priority")?,
        task_definitions: Pair {
            blue: text(value, "blue.task_definition")?,
            green: text(value, "green.task_definition")?,
        },
        primary: primary(value)?,
        desired_count: number(value, "desired_count")?,
        canary_count: number(value, "canary_count")?,
        standby_count: number(value, "standby_count")?,
        phase: phase(value)?,
        canary_sources: sources(value.get("canary_source_ips"))?,
        service: service_settings(value)?,
        group: group_settings(value)?,
        test: test_listener(value.get("test_listener"))?,
        settle_time: duration::parse(value.get("settle_time").as_str()?)?,
        tags: strings(value.get("tags"))?,
    })
}

/// The short name in a cluster's name or ARN.
pub fn cluster_name(cluster: &str) -> &str {
    cluster.rsplit_once("cluster/").map_or(cluster, |(_, name)| name)
}

pub fn phase(value: &Value) -> Option<Phase> {
    let toggle = |name| value.get(name).as_bool();
    let toggles = Toggles {
        enable_canary: toggle("enable_canary")?,
        activate_canary: toggle("activate_canary")?,
        promote_to_all: toggle("promote_to_all")?,
    };
    Phase::from_toggles(toggles).ok()
}

pub fn primary(value: &Value) -> Option<Side> {
    Side::from_name(value.get("primary").as_str()?)
}

/// Which timeout is meant, and what it is when not set.
pub fn timeout(value: &Value, operation: &str) -> Duration {
    let set = value.get("timeouts").get(operation).as_str().and_then(duration::parse);
    set.unwrap_or(Duration::from_secs(20 * 60))
}

/// A map of strings; null is none.
pub fn strings(value: &Value) -> Option<BTreeMap<String, String>> {
    match value {
        Value::Null => Some(BTreeMap::new()),
        Value::Map(members) => {
            members.iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        }
        _ => None,
    }
}

fn text(value: &Value, path: &str) -> Option<String> {
    value.at(path).as_str().map(str::to_owned)
}

fn number<N: TryFrom<i64>>(value: &Value, path: &str) -> Option<N> {
    value.at(path).as_i64().and_then(|number| N::try_from(number).ok())
}

fn texts(value: &Value) -> Option<BTreeSet<String>> {
    value.as_list()?.iter().map(|element| element.as_str().map(str::to_owned)).collect()
}

fn sources(value: &Value) -> Option<BTreeSet<IpNet>> {
    value.as_list()?.iter().map(|element| audience::parse(element.as_str()?).ok()).collect()
}

fn service_settings(value: &Value) -> Option<ServiceSettings> {
    let network = value.get("network_configuration");
    Some(ServiceSettings {
        container_name: text(value, "container_name")?,
        container_port: number(value, "container_port")?,
        subnets: texts(network.get("subnets"))?,
        security_groups: texts(network.get("security_groups"))?,
        assign_public_ip: network.get("assign_public_ip").as_bool()?,
        capacity: capacity(value.get("capacity_provider_strategy"))?,
        platform_version: text(value, "platform_version")?,
        health_check_grace_period: number(value, "health_check_grace_period_seconds")?,
        enable_execute_command: value.get("enable_execute_command").as_bool()?,
        propagate_tags: text(value, "propagate_tags")?,
        enable_ecs_managed_tags: value.get("enable_ecs_managed_tags").as_bool()?,
        availability_zone_rebalancing: value.get("availability_zone_rebalancing").as_str()? == "ENABLED",
    })
}

fn capacity(value: &Value) -> Option<Capacity> {
    if value.is_null() {
        return Some(Capacity::Fargate);
    }
    let mut providers: Vec<CapacityProvider> = value
        .as_list()?
        .iter()
        .map(|item| {
            Some(CapacityProvider {
                name: text(item, "capacity_provider")?,
                weight: number(item, "weight")?,
                base: number(item, "base")?,
            })
        })
        .collect::<Option<_>>()?;
    providers.sort();
    Some(Capacity::Strategy(providers))
}

fn group_settings(value: &Value) -> Option<GroupSettings> {
    let (health, group) = (value.get("health_check"), value.get("target_group"));
    Some(GroupSettings {
        fixed: FixedGroupSettings {
            vpc_id: text(value, "vpc_id")?,
            protocol: text(group, "protocol")?,
            protocol_version: text(group, "protocol_version")?,
            port: number(group, "port")?,
        },
        health_check: HealthCheck {
            protocol: text(health, "protocol")?,
            path: text(health, "path")?,
            port: text(health, "port")?,
            matcher: text(health, "matcher")?,
            interval: number(health, "interval")?,
            timeout: number(health, "timeout")?,
            healthy_threshold: number(health, "healthy_threshold")?,
            unhealthy_threshold: number(health, "unhealthy_threshold")?,
        },
        attributes: GroupAttributes {
            deregistration_delay: number(group, "deregistration_delay")?,
            slow_start: number(group, "slow_start")?,
            algorithm: text(group, "load_balancing_algorithm_type")?,
        },
    })
}

#[allow(clippy::option_option, reason = "not known yet, and none wished, are two things")]
fn test_listener(value: &Value) -> Option<Option<TestListener>> {
    if value.is_null() {
        return Some(None);
    }
    Some(Some(TestListener {
        listener: text(value, "arn")?,
        priority: number(value, "priority")?,
        sources: sources(value.get("allowed_cidrs"))?,
    }))
}
