//! Target groups, their attributes and targets, in our words.

use aws_sdk_elasticloadbalancingv2::types as elb;

use crate::aws::tags::Tags;
use crate::bluegreen::observed::{Group, Target, TargetHealth};
use crate::bluegreen::owned::Mark;
use crate::bluegreen::spec::{FixedGroupSettings, GroupAttributes, GroupSettings, HealthCheck};

pub(super) const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";
pub(super) const SLOW_START: &str = "slow_start.duration_seconds";
pub(super) const ALGORITHM: &str = "load_balancing.algorithm.type";
pub(super) const ANOMALY_MITIGATION: &str = "load_balancing.algorithm.anomaly_mitigation";
const STICKY: &str = "stickiness.enabled";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::aws) struct Attributes {
    wished: GroupAttributes,
    sticky: bool,
}

/// AWS's defaults where it tells nothing.
pub(super) fn attributes(raw: &[elb::TargetGroupAttribute]) -> Attributes {
    let value = |key: &str| {
        let attribute = raw.iter().find(|attribute| attribute.key.as_deref() == Some(key));
        attribute.and_then(|attribute| attribute.value.as_deref())
    };
    let number = |key: &str, default| value(key).and_then(|value| value.parse().ok()).unwrap_or(default);
    let text = |key: &str, default: String| value(key).map(str::to_owned).unwrap_or(default);
    let default = GroupAttributes::default();
    Attributes {
        wished: GroupAttributes {
            deregistration_delay: number(DEREGISTRATION_DELAY, default.deregistration_delay),
            slow_start: number(SLOW_START, default.slow_start),
            algorithm: text(ALGORITHM, default.algorithm),
            anomaly_mitigation: text(ANOMALY_MITIGATION, default.anomaly_mitigation),
        },
        sticky: value(STICKY) == Some("true"),
    }
}

pub(in crate::aws) fn group(
    raw: &elb::TargetGroup,
    attributes: Attributes,
    tags: Tags,
    mark: Mark,
    targets: Vec<Target>,
) -> Group {
    Group {
        id: raw.target_group_arn.clone().unwrap_or_default(),
        settings: GroupSettings {
            fixed: fixed(raw),
            health_check: health_check(raw),
            attributes: attributes.wished,
        },
        tags,
        mark,
        sticky: attributes.sticky,
        targets,
    }
}

fn fixed(raw: &elb::TargetGroup) -> FixedGroupSettings {
    FixedGroupSettings {
        vpc_id: raw.vpc_id.clone().unwrap_or_default(),
        protocol: protocol(raw.protocol.as_ref()),
        protocol_version: raw.protocol_version.clone().unwrap_or_else(|| "HTTP1".to_owned()),
        port: raw.port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
    }
}

fn health_check(raw: &elb::TargetGroup) -> HealthCheck {
    let number = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok()).unwrap_or(0);
    let codes = raw.matcher.as_ref().and_then(|m| m.http_code.clone().or_else(|| m.grpc_code.clone()));
    HealthCheck {
        protocol: protocol(raw.health_check_protocol.as_ref()),
        path: raw.health_check_path.clone().unwrap_or_default(),
        port: raw.health_check_port.clone().unwrap_or_else(|| "traffic-port".to_owned()),
        matcher: codes.unwrap_or_default(),
        interval: number(raw.health_check_interval_seconds),
        timeout: number(raw.health_check_timeout_seconds),
        healthy_threshold: number(raw.healthy_threshold_count),
        unhealthy_threshold: number(raw.unhealthy_threshold_count),
    }
}

fn protocol(protocol: Option<&elb::ProtocolEnum>) -> String {
    protocol.map_or("HTTP", elb::ProtocolEnum::as_str).to_owned()
}

pub(super) fn target(raw: &elb::TargetHealthDescription) -> Option<Target> {
    let target = raw.target.as_ref()?;
    let address = format!("{}:{}", target.id.as_deref()?, target.port.unwrap_or(0));
    let health = raw.target_health.as_ref();
    let state =
        health.and_then(|health| health.state.as_ref()).map_or("", elb::TargetHealthStateEnum::as_str);
    let code = health.and_then(|health| health.reason.as_ref()).map(elb::TargetHealthReasonEnum::as_str);
    let reason = match (code, health.and_then(|health| health.description.as_deref())) {
        (Some(code), Some(description)) => format!("{code}: {description}"),
        (code, description) => code.or(description).unwrap_or_default().to_owned(),
    };
    let health = match state {
        "initial" => TargetHealth::Initial,
        "healthy" => TargetHealth::Healthy,
        "unhealthy" => TargetHealth::Unhealthy,
        "unused" => TargetHealth::Unused,
        "draining" | "unhealthy.draining" => TargetHealth::Draining,
        other => TargetHealth::Other(other.to_owned()),
    };
    Some(Target { address, health, reason })
}

#[cfg(test)]
mod tests {
    use super::super::expand;
    use super::*;

    fn settings(protocol_version: &str, matcher: &str) -> GroupSettings {
        GroupSettings {
            fixed: FixedGroupSettings {
                vpc_id: "vpc-1".to_owned(),
                protocol: "HTTP".to_owned(),
                protocol_version: protocol_version.to_owned(),
                port: 80,
            },
            health_check: HealthCheck {
                protocol: "HTTP".to_owned(),
                path: "/up".to_owned(),
                port: "traffic-port".to_owned(),
                matcher: matcher.to_owned(),
                interval: 10,
                timeout: 5,
                healthy_threshold: 2,
                unhealthy_threshold: 3,
            },
            attributes: GroupAttributes {
                deregistration_delay: 60,
                slow_start: 30,
                algorithm: "weighted_random".to_owned(),
                anomaly_mitigation: "on".to_owned(),
            },
        }
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        for wished in [settings("HTTP1", "200"), settings("GRPC", "0-99")] {
            let sent = expand::creation("web-blue", &wished).build().unwrap();
            let raw = elb::TargetGroup::builder()
                .target_group_arn("B")
                .set_protocol(sent.protocol)
                .set_protocol_version(sent.protocol_version)
                .set_port(sent.port)
                .set_vpc_id(sent.vpc_id)
                .set_health_check_protocol(sent.health_check_protocol)
                .set_health_check_port(sent.health_check_port)
                .set_health_check_path(sent.health_check_path)
                .set_health_check_interval_seconds(sent.health_check_interval_seconds)
                .set_health_check_timeout_seconds(sent.health_check_timeout_seconds)
                .set_healthy_threshold_count(sent.healthy_threshold_count)
                .set_unhealthy_threshold_count(sent.unhealthy_threshold_count)
                .set_matcher(sent.matcher)
                .build();
            let attributes = attributes(&expand::attributes(&wished.attributes));
            let read = group(&raw, attributes, Tags::new(), Mark::Held, Vec::new());
            assert_eq!(read.settings, wished);
            assert!(!read.sticky);
        }
    }

    #[test]
    fn targets_tell_their_state_and_its_reason() {
        let raw = |state: &str, reason: Option<&str>| {
            elb::TargetHealthDescription::builder()
                .target(elb::TargetDescription::builder().id("10.0.0.7").port(80).build())
                .target_health(
                    elb::TargetHealth::builder()
                        .state(state.into())
                        .set_reason(reason.map(Into::into))
                        .set_description(reason.map(|_| "why".to_owned()))
                        .build(),
                )
                .build()
        };
        let sick = target(&raw("unhealthy", Some("Target.Timeout"))).unwrap();
        assert_eq!((sick.address.as_str(), sick.reason.as_str()), ("10.0.0.7:80", "Target.Timeout: why"));
        assert_eq!(sick.health, TargetHealth::Unhealthy);
        assert_eq!(target(&raw("healthy", None)).unwrap().reason, "");
        assert_eq!(target(&raw("unhealthy.draining", None)).unwrap().health, TargetHealth::Draining);
        assert_eq!(
            target(&raw("unavailable", None)).unwrap().health,
            TargetHealth::Other("unavailable".to_owned())
        );
    }

    #[test]
    fn stickiness_switched_on_from_outside_is_seen() {
        let sticky = elb::TargetGroupAttribute::builder().key(STICKY).value("true").build();
        let read = attributes(&[sticky]);
        assert!(read.sticky);
        assert_eq!(read.wished.deregistration_delay, 300);
    }
}
