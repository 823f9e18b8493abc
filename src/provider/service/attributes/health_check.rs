//! `health_check`: how the load balancer tells a healthy target.

use super::meaning::{Complaint, number, text, word};
use super::row::{Object, Table, rows};
use crate::bluegreen::spec::HealthCheck;
use crate::provider::service::decode::Reading;
use terraform_plugin::{Presence, Value};

pub const OBJECT: Object = Object {
    name: "health_check",
    text: "Health check of both target groups.",
    presence: Presence::OptionalComputed,
};

const VERSION: &str = "target_group.protocol_version";

pub static ROWS: Table<HealthCheck> = rows! { HealthCheck {
    /// Path to request. Default `/`, or `/AWS.ALB/healthcheck` where `target_group.protocol_version` is `GRPC`.
    "health_check.path": text(path).derived(VERSION, |version| by_version(version, "/AWS.ALB/healthcheck", "/")) => path;
    /// Port, or {default}, the default.
    "health_check.port": text(port).default("traffic-port") => port;
    /// {words}.
    "health_check.protocol": word(&["HTTP", "HTTPS"]).default("HTTP") => protocol;
    /// Status codes of a healthy answer, as `200`, `200,202` or `200-299`. Default `200`. With `GRPC` these are gRPC's
    /// codes, 0 to 99, and the default is `12`.
    "health_check.matcher": text(codes).derived(VERSION, |version| by_version(version, "12", "200")) => matcher;
    /// Seconds between checks, {range}. Default {default}.
    "health_check.interval": number(5..=300).default(10) => interval;
    /// Seconds without an answer that fail a check, {range}, below `interval`. Default {default}.
    "health_check.timeout": number(2..=120).default(5) => timeout;
    /// Passed checks in a row that make a target healthy, {range}. Default {default}. A side counts as proved after
    /// `healthy_threshold` × `interval`.
    "health_check.healthy_threshold": number(2..=10).default(2) => healthy_threshold;
    /// Failed checks in a row that make a target unhealthy, {range}. Default {default}.
    "health_check.unhealthy_threshold": number(2..=10).default(2) => unhealthy_threshold;
}};

/// What AWS takes where nothing is said.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>
fn by_version(version: &Value, grpc: &str, otherwise: &str) -> Value {
    if version.as_str() == Some("GRPC") { grpc } else { otherwise }.into()
}

fn path(path: &str) -> Result<(), Complaint> {
    if path.starts_with('/') && path.len() <= 1024 && path.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(());
    }
    let detail = "A health check path starts with \"/\" and has at most 1024 visible characters.";
    Err(("Invalid health check path", detail.to_owned()))
}

fn port(port: &str) -> Result<(), Complaint> {
    if port == "traffic-port" || port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Ok(());
    }
    let detail = format!("\"{port}\" is neither \"traffic-port\" nor a port from 1 to 65535.");
    Err(("Invalid health check port", detail))
}

/// What only shows in several attributes.
pub fn together(reading: &mut Reading<'_>) {
    times(reading);
    matcher(reading);
}

fn times(reading: &mut Reading<'_>) {
    let check = &reading.spec.group.health_check;
    let (timeout, interval) = (check.timeout, check.interval);
    if reading.knows(&["health_check.timeout", "health_check.interval"]) && timeout >= interval {
        let detail = format!(
            "health_check.timeout is {timeout} s and health_check.interval {interval} s; the timeout must be shorter."
        );
        reading.wrong("health_check.timeout", "Timeout not below interval", detail);
    }
}

fn matcher(reading: &mut Reading<'_>) {
    if !reading.knows(&["health_check.matcher", "target_group.protocol_version"]) {
        return;
    }
    let group = &reading.spec.group;
    if let Err((summary, detail)) = in_range(&group.health_check.matcher, &group.fixed.protocol_version) {
        reading.wrong("health_check.matcher", summary, detail);
    }
}

/// Which codes there are depends on the protocol: [`together`].
fn codes(_matcher: &str) -> Result<(), Complaint> {
    Ok(())
}

/// Whether a matcher is a list of codes and ranges of codes, from those that the protocol has.
fn in_range(matcher: &str, protocol_version: &str) -> Result<(), Complaint> {
    let (least, most) = if protocol_version == "GRPC" { (0, 99) } else { (200, 499) };
    let code = |text: &str| text.parse::<u16>().ok().filter(|code| (least..=most).contains(code));
    let right = matcher.split(',').all(|part| match part.split_once('-') {
        Some((from, to)) => matches!((code(from), code(to)), (Some(from), Some(to)) if from <= to),
        None => code(part).is_some(),
    });
    if right {
        return Ok(());
    }
    let ways = if most == 99 { "12, 0,12 or 0-99" } else { "200, 200,202 or 200-299" };
    let detail =
        format!("\"{matcher}\" is no list of status codes from {least} to {most}. Write it as {ways}.");
    Err(("Invalid matcher", detail))
}
