//! What users may write in the provider's block, read into the settings of the connection.

use super::service::attributes::meaning::{Complaint, number, secret, text};
use super::service::attributes::row::{Found, Table, read, read_at, rows};
use crate::aws::{DEFAULT_RETRIES, Settings};
use terraform_plugin::{AttributePath, Schema, Value};

static ROWS: Table<Settings> = rows! { Settings {
    /// AWS region. Otherwise `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile's.
    "region": text(region).optional(None) => region;
    /// Profile of the shared AWS configuration files. Otherwise `AWS_PROFILE`.
    "profile": text(|_| Ok(())).optional(None) => profile;
    /// Access key id. Otherwise the default credential chain of AWS is used.
    "access_key": text(|_| Ok(())).sensitive().optional(None) => access_key;
    /// Secret access key; goes with `access_key`.
    "secret_key": secret().optional(None) => secret_key;
    /// Session token of temporary credentials.
    "token": secret().optional(None) => token;
    /// How often a call that failed for a passing reason is tried again by the AWS client. Default {default}.
    "max_retries": number(0..=100).optional(Some(DEFAULT_RETRIES)) => max_retries;
}};

static ENDPOINTS: Table<Settings> = rows! { Settings {
    /// URL of the Amazon ECS API.
    "ecs": text(url).optional(None) => ecs_endpoint;
    /// URL of the Elastic Load Balancing v2 API.
    "elasticloadbalancingv2": text(url).optional(None) => elb_endpoint;
}};

pub fn schema() -> Schema {
    let with = |schema: Schema, table: &Table<Settings>| {
        table
            .iter()
            .map(|row| &row.heading)
            .fold(schema, |schema, heading| schema.attribute(heading.path, heading.attribute.clone()))
    };
    let endpoints = Schema::new(0, "Other places to find AWS at, for emulators, proxies and the sandbox.");
    let whole = Schema::new(
        0,
        "Blue/green and canary releases of Amazon ECS Fargate services behind one Application Load Balancer.",
    );
    with(whole, &ROWS).list_block("endpoints", 1, with(endpoints, &ENDPOINTS))
}

/// The settings, as far as they are known, and what is wrong with them.
pub fn settings(config: &Value) -> (Settings, Found) {
    let (mut settings, mut found) = (Settings::default(), Found::default());
    read(&ROWS, config, &mut settings, &mut found);
    let at = AttributePath::from("endpoints").index(0);
    read_at(&ENDPOINTS, config.at(&at), &at, &mut settings, &mut found);
    let set = |name: &str| !config.get(name).is_null();
    if set("access_key") != set("secret_key") {
        let missing = if set("access_key") { "secret_key" } else { "access_key" };
        let detail = "access_key and secret_key go together: set both, or neither.";
        found.wrong(missing, "Half a pair of keys", detail);
    }
    if set("token") && !set("access_key") {
        found.wrong("token", "A token without keys", "token goes with access_key and secret_key.");
    }
    (settings, found)
}

fn region(region: &str) -> Result<(), Complaint> {
    if !region.is_empty() && region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Ok(());
    }
    Err(("Invalid region", "A region looks like eu-west-1.".to_owned()))
}

fn url(url: &str) -> Result<(), Complaint> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(());
    }
    Err(("Invalid endpoint", "An endpoint is a URL that starts with http:// or https://.".to_owned()))
}
