//! Which service it is, where it stands, and what its two sides run.

use super::meaning::{Complaint, flag, number, parsed, text};
use super::row::{Object, Table, rows};
use super::runtime::container_name;
use super::words::{arn, id, is_word, listener};
use crate::bluegreen::spec::{FixedGroupSettings, Spec};
use terraform_plugin::{Presence, Value};

/// ECS allows 255; the longer suffix, `-green`, takes 6.
const LONGEST_NAME: usize = 249;

pub const SIDES: [Object; 2] = [
    Object { name: "blue", text: "The BLUE side.", presence: Presence::Required },
    Object { name: "green", text: "The GREEN side.", presence: Presence::Required },
];

pub static ROWS: Table<Spec> = rows! { Spec {
    /// Name of the service, 1 to 249 letters, digits, hyphens and underscores.
    "name": text(name).replaces() => name;
    /// Name or ARN of the ECS cluster.
    "cluster": parsed(|_, text| cluster(text), |name| name.as_str().into()).replaces() => cluster;
    /// ARN of the Application Load Balancer listener that gets the production and canary rules. A change to another
    /// listener of the same load balancer is made in place: the rules are made there and have settled before they go
    /// here. A service does not move to another load balancer.
    "listener_arn": text(listener) => listener;
    /// Task definition to run, as `family:revision` or ARN. A bare family is refused, because it would change under
    /// your feet.
    "blue.task_definition": text(task_definition) => task_definitions.blue;
    /// Name of the ECS service, for life. Default `NAME-blue`.
    "blue.service_name": text(service_name).or_none(shown).kept(None) => service_names.blue;
    /// Name of the target group, for life. Default `NAME-blue-` and a hash of cluster and name, because the name of a
    /// target group is unique in account and region; the name is cut to AWS's 32 characters.
    "blue.target_group_name": text(group_name).or_none(shown).kept(None) => group_names.blue;
    /// Name of the container that gets the traffic on this side, where that is another than the service's
    /// `container_name`.
    "blue.container_name": text(container_name).or_none(shown).absent(None) => container_names.blue;
    /// Port of the container on this side, where that is another than the service's `container_port`.
    "blue.container_port": number(1..=65_535).or_none(shown_port).absent(None) => container_ports.blue;
    /// Task definition to run, as `family:revision` or ARN. A bare family is refused, because it would change under
    /// your feet.
    "green.task_definition": text(task_definition) => task_definitions.green;
    /// Name of the ECS service, for life. Default `NAME-green`.
    "green.service_name": text(service_name).or_none(shown).kept(None) => service_names.green;
    /// Name of the target group, for life. Default `NAME-green-` and a hash of cluster and name, because the name of a
    /// target group is unique in account and region; the name is cut to AWS's 32 characters.
    "green.target_group_name": text(group_name).or_none(shown).kept(None) => group_names.green;
    /// Name of the container that gets the traffic on this side, where that is another than the service's
    /// `container_name`.
    "green.container_name": text(container_name).or_none(shown).absent(None) => container_names.green;
    /// Port of the container on this side, where that is another than the service's `container_port`.
    "green.container_port": number(1..=65_535).or_none(shown_port).absent(None) => container_ports.green;
}};

pub static NETWORK: Table<FixedGroupSettings> = rows! { FixedGroupSettings {
    /// Id of the VPC of the target groups.
    "vpc_id": text(|text| id(text, "vpc-")).replaces() => vpc_id;
}};

pub static PROTECTION: Table<Protection> = rows! { Protection {
    /// While it is on, destroying this resource and replacing it are refused. To do either, set it to `false` and apply
    /// that first. Default {default}.
    "deletion_protection": flag().default(false) => on;
}};

/// Whether it may be taken away.
#[derive(Clone, Debug, Default)]
pub struct Protection {
    pub on: bool,
}

fn shown(text: &Option<String>) -> Value {
    text.as_deref().into()
}

fn shown_port(port: &Option<u16>) -> Value {
    port.map(u32::from).map_or(Value::Null, Value::from)
}

fn service_name(name: &str) -> Result<(), Complaint> {
    if is_word(name, 255) {
        return Ok(());
    }
    let detail = "The name of an ECS service has 1 to 255 letters, digits, hyphens and underscores.";
    Err(("Invalid service name", detail.to_owned()))
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
fn group_name(name: &str) -> Result<(), Complaint> {
    let fits = (1..=32).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if fits {
        return Ok(());
    }
    let detail = "The name of a target group has 1 to 32 letters, digits and hyphens, and neither begins nor ends with \
                  a hyphen.";
    Err(("Invalid target group name", detail.to_owned()))
}

fn name(name: &str) -> Result<(), Complaint> {
    if is_word(name, LONGEST_NAME) {
        return Ok(());
    }
    let detail = format!(
        "A name has 1 to {LONGEST_NAME} letters, digits, hyphens and underscores (ECS allows 255, and \"-blue\" \
         and \"-green\" are added)."
    );
    Err(("Invalid name", detail))
}

/// The short name in a cluster's name or ARN.
fn cluster(cluster: &str) -> Result<String, Complaint> {
    let name = if cluster.starts_with("arn:") {
        arn(cluster, "ecs").and_then(|resource| resource.strip_prefix("cluster/")).unwrap_or_default()
    } else {
        cluster
    };
    if is_word(name, 255) {
        return Ok(name.to_owned());
    }
    let detail = format!(
        "\"{cluster}\" is neither a cluster name (letters, digits, hyphens and underscores) nor an ARN like \
         arn:aws:ecs:eu-west-1:123456789012:cluster/shop."
    );
    Err(("Invalid cluster", detail))
}

fn task_definition(text: &str) -> Result<(), Complaint> {
    let short = if text.starts_with("arn:") {
        arn(text, "ecs").and_then(|resource| resource.strip_prefix("task-definition/"))
    } else {
        Some(text)
    };
    let right = short.and_then(|short| short.split_once(':')).is_some_and(|(family, revision)| {
        is_word(family, 255) && !revision.starts_with(['0', '+']) && revision.parse::<u32>().is_ok()
    });
    if right {
        return Ok(());
    }
    let way_out = if short.is_some_and(|short| is_word(short, 255)) {
        format!(
            "A family alone would follow whatever is registered next. Write a revision: {text}:1, or \
             aws_ecs_task_definition.NAME.arn."
        )
    } else {
        "Write family:revision, as nginx:42, or the task definition's ARN.".to_owned()
    };
    let detail = format!("\"{text}\" does not name one revision of a task definition. {way_out}");
    Err(("Invalid task definition", detail))
}
