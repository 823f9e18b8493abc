//! What users may write in the provider's block, read into the settings of the connection.

use super::service::attributes::meaning::{Complaint, number, secret, text, texts};
use super::service::attributes::row::{Found, Table, read, read_at, rows};
use crate::aws::{DEFAULT_RETRIES, Settings};
use terraform_plugin::{AttributePath, Schema, Value};

/// More than any organisation is likely to name.
const MOST_ACCOUNTS: usize = 1_000;

static ROWS: Table<Settings> = rows! { Settings {
    /// AWS region. Otherwise `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile's.
    "region": text(region).optional(None) => region;
    /// Profile of the shared AWS configuration files, used even where the environment has access keys. Otherwise
    /// `AWS_PROFILE`, and then the environment's keys come first.
    "profile": text(|_| Ok(())).optional(None) => profile;
    /// Access key id. Otherwise the default credential chain of AWS is used.
    "access_key": text(|_| Ok(())).sensitive().optional(None) => access_key;
    /// Secret access key; goes with `access_key`.
    "secret_key": secret().optional(None) => secret_key;
    /// Session token of temporary credentials.
    "token": secret().optional(None) => token;
    /// The only AWS accounts to work in, {range}. Before anything is looked for or changed, STS is asked whose the
    /// credentials are. Excludes `forbidden_account_ids`.
    "allowed_account_ids": texts(1..=MOST_ACCOUNTS, account).optional(None) => allowed_account_ids;
    /// AWS accounts never to work in, {range}; STS is asked as for `allowed_account_ids`.
    "forbidden_account_ids": texts(1..=MOST_ACCOUNTS, account).optional(None) => forbidden_account_ids;
    /// How often a call that failed for a passing reason is tried again by the AWS client. Default {default}.
    "max_retries": number(0..=100).optional(Some(DEFAULT_RETRIES)) => max_retries;
}};

static ENDPOINTS: Table<Settings> = rows! { Settings {
    /// URL of the Amazon ECS API.
    "ecs": text(url).optional(None) => ecs_endpoint;
    /// URL of the Elastic Load Balancing v2 API.
    "elasticloadbalancingv2": text(url).optional(None) => elb_endpoint;
    /// URL of the AWS STS API, which is asked only for `allowed_account_ids` and `forbidden_account_ids`.
    "sts": text(url).optional(None) => sts_endpoint;
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
    if set("allowed_account_ids") && set("forbidden_account_ids") {
        let detail = "allowed_account_ids and forbidden_account_ids exclude each other: what is not allowed is \
                      forbidden already. Set one of them.";
        found.wrong("forbidden_account_ids", "Two lists of accounts", detail);
    }
    (settings, found)
}

fn account(account: &str) -> Result<(), Complaint> {
    if account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(());
    }
    Err(("Invalid account id", format!("\"{account}\" is no account id; it has 12 digits, as 123456789012.")))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(changes: &[(&str, Value)]) -> Vec<String> {
        let mut config = schema().null_object();
        for (path, value) in changes {
            config.set(*path, value.clone());
        }
        settings(&config).1.into_errors().iter().map(|said| said.path.to_string()).collect()
    }

    #[test]
    fn accounts_are_listed_once_and_are_account_ids() {
        let (one, other) = (Value::list(["123456789012"]), Value::list(["210987654321"]));
        assert_eq!(wrong(&[("allowed_account_ids", one.clone())]), [""; 0]);
        assert_eq!(wrong(&[("forbidden_account_ids", other.clone())]), [""; 0]);
        let both = [("allowed_account_ids", one), ("forbidden_account_ids", other)];
        assert_eq!(wrong(&both), ["forbidden_account_ids"]);
        for bad in ["", "1234", "12345678901a"] {
            assert_eq!(wrong(&[("allowed_account_ids", Value::list([bad]))]), ["allowed_account_ids"]);
        }
    }
}
