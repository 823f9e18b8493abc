//! Wishes for target groups, as ELB requests.

use aws_sdk_elasticloadbalancingv2::operation::create_target_group::builders::CreateTargetGroupInputBuilder;
use aws_sdk_elasticloadbalancingv2::operation::modify_target_group::builders::ModifyTargetGroupInputBuilder;
use aws_sdk_elasticloadbalancingv2::types as elb;

use crate::bluegreen::spec::{GroupAttributes, GroupSettings};

/// Everything is sent, so that no default of AWS decides.
pub(super) fn creation(name: &str, settings: &GroupSettings) -> CreateTargetGroupInputBuilder {
    let (fixed, check) = (&settings.fixed, &settings.health_check);
    CreateTargetGroupInputBuilder::default()
        .name(name)
        .target_type(elb::TargetTypeEnum::Ip)
        .protocol(fixed.protocol.as_str().into())
        .protocol_version(&fixed.protocol_version)
        .port(fixed.port.into())
        .vpc_id(&fixed.vpc_id)
        .health_check_enabled(true)
        .health_check_protocol(check.protocol.as_str().into())
        .health_check_port(&check.port)
        .health_check_path(&check.path)
        .health_check_interval_seconds(int(check.interval))
        .health_check_timeout_seconds(int(check.timeout))
        .healthy_threshold_count(int(check.healthy_threshold))
        .unhealthy_threshold_count(int(check.unhealthy_threshold))
        .matcher(matcher(&fixed.protocol_version, &check.matcher))
}

pub(super) fn health_check(
    arn: &str,
    settings: &GroupSettings,
    protocol_version: &str,
) -> ModifyTargetGroupInputBuilder {
    let check = &settings.health_check;
    ModifyTargetGroupInputBuilder::default()
        .target_group_arn(arn)
        .health_check_protocol(check.protocol.as_str().into())
        .health_check_port(&check.port)
        .health_check_path(&check.path)
        .health_check_interval_seconds(int(check.interval))
        .health_check_timeout_seconds(int(check.timeout))
        .healthy_threshold_count(int(check.healthy_threshold))
        .unhealthy_threshold_count(int(check.unhealthy_threshold))
        .matcher(matcher(protocol_version, &check.matcher))
}

fn matcher(protocol_version: &str, codes: &str) -> elb::Matcher {
    let matcher = elb::Matcher::builder();
    if protocol_version == "GRPC" { matcher.grpc_code(codes) } else { matcher.http_code(codes) }.build()
}

pub(super) fn attributes(wished: &GroupAttributes) -> Vec<elb::TargetGroupAttribute> {
    [
        (super::flatten::DEREGISTRATION_DELAY, wished.deregistration_delay.to_string()),
        (super::flatten::SLOW_START, wished.slow_start.to_string()),
        (super::flatten::ALGORITHM, wished.algorithm.clone()),
        (super::flatten::ANOMALY_MITIGATION, wished.anomaly_mitigation.clone()),
    ]
    .map(|(key, value)| elb::TargetGroupAttribute::builder().key(key).value(value).build())
    .into()
}

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
