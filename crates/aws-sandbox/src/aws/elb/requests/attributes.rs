//! Reads and checks the attributes of a request.

use crate::aws::elb::model::attributes::Attributes;
use crate::aws::elb::refusals::{invalid_configuration, validation};
use crate::call::error::ApiError;
use crate::call::params::Params;

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
        "stickiness.type" => word(&["lb_cookie", "app_cookie", "source_ip"]),
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
    let slow = !["", "0"].contains(&get("slow_start.duration_seconds"));
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
