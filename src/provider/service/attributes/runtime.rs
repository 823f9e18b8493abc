//! What both ECS services share, and the tags on everything.

use std::collections::BTreeMap;

use super::capacity;
use super::meaning::{Complaint, Meaning, flag, named, number, text, texts, word};
use super::row::{Object, Table, Undecided, rows};
use super::words::{id, is_word};
use crate::bluegreen::spec::{ServiceSettings, Spec};
use terraform_plugin::{AttributePath, Diagnostics, Kind, Presence, Type, Value};

pub const NETWORK: Object =
    Object { name: "network_configuration", text: "Network of the tasks.", presence: Presence::Required };

/// AWS allows 50, and two say whose the objects are.
const MOST_TAGS: usize = 48;

pub static ROWS: Table<ServiceSettings> = rows! { ServiceSettings {
    /// Name of the container that gets the traffic.
    "container_name": text(container_name) => container_name;
    /// Port of that container.
    "container_port": number(1..=65_535) => container_port;
    /// Subnet ids, {range}.
    "network_configuration.subnets": texts(1..=16, |text| id(text, "subnet-")) => subnets;
    /// Security group ids, {range}. Default: the VPC's default group.
    "network_configuration.security_groups":
        texts(0..=5, |text| id(text, "sg-")).default(Value::List(Vec::new())) => security_groups;
    /// Give each task a public address. Default {default}.
    "network_configuration.assign_public_ip": flag().default(false) => assign_public_ip;
    /// Capacity providers instead of a launch type, as for `FARGATE_SPOT`.
    "capacity_provider_strategy": capacity::strategy() => capacity;
    /// Fargate platform version. Default {default}.
    "platform_version": text(platform_version).default("LATEST") => platform_version;
    /// Seconds a new task is spared for failing load balancer health checks. Default {default}.
    "health_check_grace_period_seconds": number(0..=2_147_483_647).default(0) => health_check_grace_period;
    /// Allow ECS Exec into new tasks. Default {default}.
    "enable_execute_command": flag().default(false) => enable_execute_command;
    /// Where new tasks get tags from: {words}.
    "propagate_tags": word(&["NONE", "SERVICE", "TASK_DEFINITION"]).default("NONE") => propagate_tags;
    /// Let ECS add its own tags to new tasks. Default {default}.
    "enable_ecs_managed_tags": flag().default(false) => enable_ecs_managed_tags;
    /// {words}: whether ECS evens out tasks over Availability Zones.
    "availability_zone_rebalancing": rebalancing().default("ENABLED") => availability_zone_rebalancing;
}};

pub static TAGS: Table<Spec> = rows! { Spec {
    /// Tags of the services, target groups and rules.
    "tags": tags().absent(BTreeMap::new()) => tags;
}};

fn rebalancing() -> Meaning<bool> {
    let show = |enabled: &bool| if *enabled { "ENABLED" } else { "DISABLED" }.into();
    named(&["ENABLED", "DISABLED"], |word| Some(word == "ENABLED"), show)
}

pub(super) fn container_name(name: &str) -> Result<(), Complaint> {
    if is_word(name, 255) {
        return Ok(());
    }
    let detail = "A container name has 1 to 255 letters, digits, hyphens and underscores. Use the name from the \
                  task definition.";
    Err(("Invalid container name", detail.to_owned()))
}

fn platform_version(version: &str) -> Result<(), Complaint> {
    let numbered =
        version.split('.').count() == 3 && version.split('.').all(|part| part.parse::<u16>().is_ok());
    if version == "LATEST" || numbered {
        return Ok(());
    }
    let detail = format!("\"{version}\" is neither LATEST nor a version like 1.4.0.");
    Err(("Invalid platform version", detail))
}

fn tags() -> Meaning<BTreeMap<String, String>> {
    let known = |path: &AttributePath, value: &Value| {
        let (mut read, mut wrong) = (BTreeMap::new(), Diagnostics::new());
        let tags = value.as_map().into_iter().flatten();
        for (key, value) in tags.clone() {
            match tag(key, value) {
                Ok(()) => read.extend(value.as_str().map(|value| (key.clone(), value.to_owned()))),
                Err((summary, detail)) => wrong.error(path.clone().key(key), summary, detail),
            }
        }
        if tags.count() > MOST_TAGS {
            let detail =
                format!("At most {MOST_TAGS} tags: AWS allows 50, and two say whose the objects are.");
            wrong.error(path, "Too many tags", detail);
        }
        match () {
            () if !wrong.is_empty() => Err(Undecided::Wrong(wrong)),
            () if !value.is_wholly_known() => Err(Undecided::unknown(path)),
            () => Ok(read),
        }
    };
    Meaning::new(Kind::Plain(Type::map(Type::String)), known, |tags| {
        let members = tags.iter().map(|(key, value)| (key, Value::from(value.as_str())));
        if tags.is_empty() { Value::Null } else { Value::object(members) }
    })
}

fn tag(key: &str, value: &Value) -> Result<(), Complaint> {
    if key.to_lowercase().starts_with("aws:") || key.starts_with("bluegreen:") {
        let detail =
            format!("Tags that start with \"aws:\" or \"bluegreen:\" are not for users; \"{key}\" does.");
        Err(("Reserved tag", detail))
    } else if !(1..=128).contains(&key.chars().count()) {
        Err(("Invalid tag key", "A tag's key has 1 to 128 characters.".to_owned()))
    } else if value.is_null() {
        Err(("Null tag", format!("The tag \"{key}\" is null. Give it a value, or leave it out.")))
    } else if value.as_str().is_some_and(|value| value.chars().count() > 256) {
        Err(("Invalid tag value", "A tag's value has at most 256 characters.".to_owned()))
    } else {
        Ok(())
    }
}
