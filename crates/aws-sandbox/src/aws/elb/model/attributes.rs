//! The string attributes of load balancers and target groups: keys and defaults.

use std::collections::BTreeMap;

use serde_json::{Value, json};

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

/// Of a Network Load Balancer.
pub fn of_network_load_balancer() -> Attributes {
    table(&[
        ("access_logs.s3.bucket", ""),
        ("access_logs.s3.enabled", "false"),
        ("access_logs.s3.prefix", ""),
        ("deletion_protection.enabled", "false"),
        ("dns_record.client_routing_policy", "any_availability_zone"),
        ("ipv6.deny_all_igw_traffic", "false"),
        ("load_balancing.cross_zone.enabled", "false"),
        ("zonal_shift.config.enabled", "false"),
    ])
}

/// Of a Network Load Balancer's target group.
pub fn of_network_target_group() -> Attributes {
    table(&[
        ("deregistration_delay.connection_termination.enabled", "false"),
        ("deregistration_delay.timeout_seconds", "300"),
        ("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
        ("preserve_client_ip.enabled", "false"),
        ("proxy_protocol_v2.enabled", "false"),
        ("stickiness.enabled", "false"),
        ("stickiness.type", "source_ip"),
    ])
}

pub fn write(attributes: &Attributes) -> Value {
    attributes.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}
