//! How often Elastic Load Balancing may be called: the token buckets of
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/load-balancer-api-throttling.html>; and the quotas
//! of an account (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>).

use serde_json::{Value, json};

use crate::aws::quotas::Bucket;
use crate::aws::world::Settings;
use crate::call::request::Request;

pub fn buckets(request: &Request) -> Vec<Bucket> {
    let own = match request.operation.as_str() {
        "CreateLoadBalancer" => ("load balancer create", 10.0, 0.2),
        "RegisterTargets" | "DeregisterTargets" => ("targets", 20.0, 4.0),
        _ if request.writes() => ("elb modify", 20.0, 3.0),
        _ => ("elb read", 40.0, 10.0),
    };
    vec![("elb account", 40.0, 10.0), own]
}

pub fn account_limits(settings: &Settings) -> Value {
    let rows = [
        ("application-load-balancers", 50),
        ("listeners-per-application-load-balancer", 50),
        ("rules-per-application-load-balancer", settings.rules_per_load_balancer),
        ("target-groups", 3000),
        ("target-groups-per-action-on-application-load-balancer", 5),
        ("target-groups-per-application-load-balancer", settings.groups_per_load_balancer),
        ("targets-per-application-load-balancer", 1000),
        ("targets-per-target-group", 1000),
        ("condition-values-per-alb-rule", 5),
        ("condition-wildcards-per-alb-rule", 5),
    ];
    let limits: Vec<Value> =
        rows.iter().map(|(name, max)| json!({"Name": name, "Max": max.to_string()})).collect();
    json!({"Limits": limits})
}
