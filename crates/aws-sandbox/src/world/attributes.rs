//! The string attributes of load balancers and target groups: keys, defaults and ranges.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::{ApiError, validation};
use super::params::Params;

pub type Attributes = BTreeMap<String, String>;

fn table(rows: &[(&str, &str)]) -> Attributes {
    rows.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

pub fn of_load_balancer() -> Attributes {
    table(&[
        ("access_logs.s3.bucket", ""),
        ("access_logs.s3.enabled", "false"),
        ("access_logs.s3.prefix", ""),
        ("client_keep_alive.seconds", "3600"),
        ("connection_logs.s3.bucket", ""),
        ("connection_logs.s3.enabled", "false"),
        ("connection_logs.s3.prefix", ""),
        ("deletion_protection.enabled", "false"),
        ("idle_timeout.timeout_seconds", "60"),
        ("ipv6.deny_all_igw_traffic", "false"),
        ("load_balancing.cross_zone.enabled", "true"),
        ("routing.http.desync_mitigation_mode", "defensive"),
        ("routing.http.drop_invalid_header_fields.enabled", "false"),
        ("routing.http.preserve_host_header.enabled", "false"),
        ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
        ("routing.http.xff_client_port.enabled", "false"),
        ("routing.http.xff_header_processing.mode", "append"),
        ("routing.http2.enabled", "true"),
        ("waf.fail_open.enabled", "false"),
        ("zonal_shift.config.enabled", "false"),
    ])
}

pub fn of_target_group() -> Attributes {
    table(&[
        ("deregistration_delay.timeout_seconds", "300"),
        ("load_balancing.algorithm.anomaly_mitigation", "off"),
        ("load_balancing.algorithm.type", "round_robin"),
        ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
        ("slow_start.duration_seconds", "0"),
        ("stickiness.app_cookie.cookie_name", ""),
        ("stickiness.app_cookie.duration_seconds", "86400"),
        ("stickiness.enabled", "false"),
        ("stickiness.lb_cookie.duration_seconds", "86400"),
        ("stickiness.type", "lb_cookie"),
        ("target_group_health.dns_failover.minimum_healthy_targets.count", "1"),
        ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1"),
        ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off"),
    ])
}

pub fn write(attributes: &Attributes) -> Value {
    attributes.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// The `Attributes` list of a Modify…Attributes request.
pub fn read(params: &Params) -> Result<Attributes, ApiError> {
    let mut found = Attributes::new();
    for pair in params.objects("Attributes")?.ok_or_else(|| params.missing("Attributes"))? {
        let value = pair.text("Value")?.unwrap_or_default();
        found.insert(pair.needed("Key")?.to_owned(), value.to_owned());
    }
    Ok(found)
}

/// Refuses a value outside its key's range.
pub fn check(key: &str, value: &str) -> Result<(), ApiError> {
    let number = |low: u64, high: u64| value.parse().is_ok_and(|number: u64| (low..=high).contains(&number));
    let word = |words: &[&str]| words.contains(&value);
    let right = match key {
        "deregistration_delay.timeout_seconds" => number(0, 3600),
        "slow_start.duration_seconds" => value == "0" || number(30, 900),
        "stickiness.app_cookie.duration_seconds" | "stickiness.lb_cookie.duration_seconds" => {
            number(1, 604_800)
        }
        "stickiness.type" => word(&["lb_cookie", "app_cookie"]),
        "load_balancing.algorithm.type" => {
            word(&["round_robin", "least_outstanding_requests", "weighted_random"])
        }
        "load_balancing.algorithm.anomaly_mitigation" => word(&["on", "off"]),
        "load_balancing.cross_zone.enabled" => word(&["true", "false", "use_load_balancer_configuration"]),
        "idle_timeout.timeout_seconds" => number(1, 4000),
        "client_keep_alive.seconds" => number(60, 604_800),
        "routing.http.desync_mitigation_mode" => word(&["monitor", "defensive", "strictest"]),
        "routing.http.xff_header_processing.mode" => word(&["append", "preserve", "remove"]),
        key if key.ends_with(".minimum_healthy_targets.count") => {
            number(1, 1000) || (value == "off" && key.contains("dns_failover"))
        }
        key if key.ends_with(".minimum_healthy_targets.percentage") => value == "off" || number(1, 100),
        key if key.ends_with(".enabled") || key == "ipv6.deny_all_igw_traffic" => word(&["true", "false"]),
        _ => true,
    };
    if right {
        return Ok(());
    }
    Err(validation(format!("The value '{value}' of the attribute '{key}' is not valid")))
}

/// Refuses combinations that AWS refuses.
pub fn check_together(attributes: &Attributes) -> Result<(), ApiError> {
    let get = |key: &str| attributes.get(key).map(String::as_str).unwrap_or_default();
    let algorithm = get("load_balancing.algorithm.type");
    let sticky = get("stickiness.enabled") == "true";
    let slow = get("slow_start.duration_seconds") != "0";
    if slow && algorithm != "round_robin" {
        return Err(invalid_configuration(format!(
            "Slow start cannot be used with the '{algorithm}' algorithm"
        )));
    }
    if sticky && algorithm == "weighted_random" {
        return Err(invalid_configuration("Stickiness cannot be used with the 'weighted_random' algorithm"));
    }
    if get("load_balancing.algorithm.anomaly_mitigation") == "on" && algorithm != "weighted_random" {
        return Err(invalid_configuration("Anomaly mitigation needs the 'weighted_random' algorithm"));
    }
    if sticky && get("stickiness.type") == "app_cookie" && get("stickiness.app_cookie.cookie_name").is_empty()
    {
        return Err(validation("A cookie name must be specified for app_cookie stickiness"));
    }
    Ok(())
}

pub fn invalid_configuration(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidConfigurationRequest", message)
}
