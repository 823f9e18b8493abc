//! Request rate limits: the documented token buckets, filled by sandbox time.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::operations::Request;
use super::params::Api;

#[derive(Debug, Default)]
pub struct Limits {
    /// Level and when it was so, by bucket name.
    buckets: BTreeMap<&'static str, (f64, Duration)>,
}

type Bucket = (&'static str, f64, f64);

/// The buckets a call draws from: name, burst, refill a second.
fn buckets(request: &Request) -> Vec<Bucket> {
    let name = request.operation.as_str();
    match request.api {
        Api::Ecs => vec![match name {
            "CreateService" | "UpdateService" | "DeleteService" => ("service modify", 50.0, 5.0),
            "DescribeServices" | "ListServices" => ("service read", 100.0, 20.0),
            "CreateCluster" | "DeleteCluster" => ("cluster modify", 20.0, 1.0),
            "DescribeClusters" | "ListClusters" => ("cluster read", 50.0, 20.0),
            "RegisterTaskDefinition" | "DeregisterTaskDefinition" => ("task definition modify", 20.0, 1.0),
            "TagResource" | "UntagResource" => ("tag modify", 20.0, 10.0),
            "ListTagsForResource" => ("tag read", 50.0, 20.0),
            "StopTask" => ("cluster resource modify", 100.0, 40.0),
            "DescribeTasks" | "ListTasks" => ("cluster resource read", 100.0, 20.0),
            "DescribeServiceDeployments" | "ListServiceDeployments" => {
                ("service deployment read", 50.0, 20.0)
            }
            _ => ("task definition read", 50.0, 20.0),
        }],
        Api::Elb => {
            let own = match name {
                "CreateLoadBalancer" => ("load balancer create", 10.0, 0.2),
                "RegisterTargets" | "DeregisterTargets" => ("targets", 20.0, 4.0),
                _ if request.writes() => ("elb modify", 20.0, 3.0),
                _ => ("elb read", 40.0, 10.0),
            };
            vec![("elb account", 40.0, 10.0), own]
        }
    }
}

impl Limits {
    /// Takes a token from every bucket of the call, or none.
    pub fn take(&mut self, now: Duration, request: &Request) -> bool {
        let buckets = buckets(request);
        for (name, burst, refill) in &buckets {
            let (level, since) = self.buckets.get(name).copied().unwrap_or((*burst, now));
            let level = (level + now.saturating_sub(since).as_secs_f64() * refill).min(*burst);
            self.buckets.insert(name, (level, now));
        }
        let enough = |(name, ..): &Bucket| self.buckets.get(name).is_some_and(|(level, _)| *level >= 1.0);
        if !buckets.iter().all(enough) {
            return false;
        }
        for (name, ..) in &buckets {
            if let Some((level, _)) = self.buckets.get_mut(name) {
                *level -= 1.0;
            }
        }
        true
    }
}

pub fn account_limits() -> Value {
    let rows = [
        ("application-load-balancers", 50),
        ("listeners-per-application-load-balancer", 50),
        ("rules-per-application-load-balancer", 100),
        ("target-groups", 3000),
        ("target-groups-per-action-on-application-load-balancer", 5),
        ("target-groups-per-application-load-balancer", 100),
        ("targets-per-application-load-balancer", 1000),
        ("targets-per-target-group", 1000),
        ("condition-values-per-alb-rule", 5),
        ("condition-wildcards-per-alb-rule", 5),
    ];
    let limits: Vec<Value> =
        rows.iter().map(|(name, max)| json!({"Name": name, "Max": max.to_string()})).collect();
    json!({"Limits": limits})
}
