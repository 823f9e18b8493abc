//! Settings of services and target groups that exclude or bound each other.

use super::Reading;
use crate::bluegreen::spec::Capacity;
use crate::provider::service::attributes::health_check;

pub fn check(reading: &mut Reading<'_>) {
    health_check_times(reading);
    health_check_codes(reading);
    slow_start(reading);
    placement(reading);
}

fn health_check_times(reading: &mut Reading<'_>) {
    let check = &reading.spec.group.health_check;
    let (timeout, interval) = (check.timeout, check.interval);
    if reading.knows(&["health_check.timeout", "health_check.interval"]) && timeout >= interval {
        let detail = format!(
            "health_check.timeout is {timeout} s and health_check.interval {interval} s; the timeout must be shorter."
        );
        reading.wrong("health_check.timeout", "Timeout not below interval", detail);
    }
}

fn health_check_codes(reading: &mut Reading<'_>) {
    if !reading.knows(&["health_check.matcher", "target_group.protocol_version"]) {
        return;
    }
    let group = &reading.spec.group;
    if let Err((summary, detail)) =
        health_check::in_range(&group.health_check.matcher, &group.fixed.protocol_version)
    {
        reading.wrong("health_check.matcher", summary, detail);
    }
}

/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html>
fn slow_start(reading: &mut Reading<'_>) {
    let attributes = &reading.spec.group.attributes;
    let excluded = attributes.slow_start != 0 && attributes.algorithm != "round_robin";
    if reading.knows(&["target_group.slow_start", "target_group.load_balancing_algorithm_type"]) && excluded {
        let detail = "Slow start cannot be combined with least_outstanding_requests or weighted_random. Set \
                      slow_start = 0, or load_balancing_algorithm_type = \"round_robin\".";
        reading.wrong("target_group.slow_start", "Slow start needs round robin", detail);
    }
}

fn placement(reading: &mut Reading<'_>) {
    let strategy = matches!(reading.spec.service.capacity, Capacity::Strategy(_));
    if strategy && reading.value.get("launch_type").as_str().is_some() {
        let detail = "launch_type and capacity_provider_strategy exclude each other. Remove launch_type.";
        reading.wrong("capacity_provider_strategy", "Two ways to place tasks", detail);
    }
}
