//! Which service it is, where it stands, and what its two sides run.

use super::meaning::{Complaint, flag, parsed, text};
use super::row::{Object, Table, rows};
use super::words::{arn, id, is_word, listener};
use crate::bluegreen::spec::{FixedGroupSettings, Spec};
use terraform_plugin::Presence;

/// ECS allows 255; the longer suffix, `-green`, takes 6.
const LONGEST_NAME: usize = 249;

pub const SIDES: [Object; 2] = [
    Object { name: "blue", text: "The BLUE side.", presence: Presence::Required },
    Object { name: "green", text: "The GREEN side.", presence: Presence::Required },
];

pub static ROWS: Table<Spec> = rows! { Spec {
    /// Name of the service, 1 to 249 letters, digits, hyphens and underscores. The ECS services and target groups are
    /// `NAME-blue` and `NAME-green`; a target group name over 32 characters is cut and given a short stable hash.
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
    /// Task definition to run, as `family:revision` or ARN. A bare family is refused, because it would change under
    /// your feet.
    "green.task_definition": text(task_definition) => task_definitions.green;
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
