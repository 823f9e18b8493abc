//! `target_group`: what else both target groups share.

use super::meaning::{number, seconds_or_none, word};
use super::row::{Object, Table, rows};
use crate::bluegreen::spec::GroupSettings;
use crate::provider::service::decode::Reading;
use terraform_plugin::Presence;

pub const OBJECT: Object = Object {
    name: "target_group",
    text: "Further settings of both target groups.",
    presence: Presence::OptionalComputed,
};

pub static ROWS: Table<GroupSettings> = rows! { GroupSettings {
    /// Port of the target group; tasks register with `container_port` whatever it is. Default `container_port`. Kept
    /// for life.
    "target_group.port": number(1..=65_535).follows("container_port") => fixed.port;
    /// {words}. Kept for life.
    "target_group.protocol": word(&["HTTP", "HTTPS"]).default("HTTP") => fixed.protocol;
    /// {words}. Kept for life.
    "target_group.protocol_version": word(&["HTTP1", "HTTP2", "GRPC"]).default("HTTP1") => fixed.protocol_version;
    /// Seconds a leaving task may finish its requests, {range}. Default {default}.
    "target_group.deregistration_delay": number(0..=3_600).default(60) => attributes.deregistration_delay;
    /// Seconds a new task's share grows over, {range}, or {default}, the default, for none.
    "target_group.slow_start": seconds_or_none(30..=900).default(0) => attributes.slow_start;
    /// {words}.
    "target_group.load_balancing_algorithm_type":
        word(&["round_robin", "least_outstanding_requests", "weighted_random"]).default("round_robin")
        => attributes.algorithm;
    /// Whether targets that fail more requests than the others get fewer, {words}. Needs `weighted_random`.
    "target_group.load_balancing_anomaly_mitigation":
        word(&["off", "on"]).default("off") => attributes.anomaly_mitigation;
}};

/// What only shows in several attributes.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html>
pub fn together(reading: &mut Reading<'_>) {
    slow_start(reading);
    anomaly_mitigation(reading);
}

fn slow_start(reading: &mut Reading<'_>) {
    let attributes = &reading.spec.group.attributes;
    let excluded = attributes.slow_start != 0 && attributes.algorithm != "round_robin";
    if reading.knows(&["target_group.slow_start", "target_group.load_balancing_algorithm_type"]) && excluded {
        let detail = "Slow start cannot be combined with least_outstanding_requests or weighted_random. Set \
                      slow_start = 0, or load_balancing_algorithm_type = \"round_robin\".";
        reading.wrong("target_group.slow_start", "Slow start needs round robin", detail);
    }
}

fn anomaly_mitigation(reading: &mut Reading<'_>) {
    let attributes = &reading.spec.group.attributes;
    let excluded = attributes.anomaly_mitigation == "on" && attributes.algorithm != "weighted_random";
    let (path, algorithm) =
        ("target_group.load_balancing_anomaly_mitigation", "target_group.load_balancing_algorithm_type");
    if reading.knows(&[path, algorithm]) && excluded {
        let detail = "Anomaly mitigation is for weighted_random only. Set load_balancing_anomaly_mitigation = \"off\", \
                      or load_balancing_algorithm_type = \"weighted_random\".";
        reading.wrong(path, "Anomaly mitigation needs weighted random", detail);
    }
}
