//! Rules, their values, audience and priorities: what only means something together.

use super::Reading;
use crate::bluegreen::audience::{self, VALUES_PER_RULE};
use crate::bluegreen::phase::Phase;
use crate::provider::service::attributes::routing;
use terraform_plugin::Value;

pub fn check(reading: &mut Reading<'_>) {
    let values = values(reading);
    priorities(reading);
    audience(reading, values);
    test_rule(reading, values);
    test_listener(reading);
}

/// How many host and path values a rule has, once that is known. They share what a rule has room for.
fn values(reading: &mut Reading<'_>) -> Option<usize> {
    let value = reading.value;
    let [hosts, paths] = ["host_headers", "path_patterns"].map(|path| value.get(path).as_list());
    let (hosts, paths) = (hosts?, paths?);
    if !reading.knows(&["conditions"]) {
        return None;
    }
    let asked = &reading.spec.extras.conditions.value;
    let (more, named) = (asked.count(), asked.host_regexes.len() + asked.path_regexes.len());
    let count = hosts.len() + paths.len() + more;
    if hosts.len() + paths.len() + named == 0 {
        let detail = "At least one of host_headers and path_patterns must have a value: they say which requests \
                      belong to this service.";
        reading.wrong("host_headers", "Nothing to serve", detail);
    }
    if count > VALUES_PER_RULE {
        let detail = format!(
            "A listener rule can have {VALUES_PER_RULE} condition values in all; {} in host_headers, {} in \
             path_patterns and {more} in conditions make {count}. Use wildcards, or split the service.",
            hosts.len(),
            paths.len()
        );
        reading.wrong("host_headers", "Too many condition values", detail);
    }
    let texts = hosts.iter().chain(paths).filter_map(Value::as_str);
    if let Some(wildcards) = routing::too_many_wildcards(texts) {
        let detail = format!(
            "A listener rule can have {VALUES_PER_RULE} wildcard characters in all; host_headers and path_patterns \
             have {wildcards}."
        );
        reading.wrong("host_headers", "Too many wildcards", detail);
    }
    Some(count)
}

fn priorities(reading: &mut Reading<'_>) {
    let (production, canary) = (reading.spec.production_priority, reading.spec.canary_priority);
    if reading.knows(&["production_priority"]) && production == 1 {
        let detail = "production_priority is 1, the first number there is, and the canary rule is evaluated before the \
                      production rule. Choose 2 or more.";
        reading.wrong("production_priority", "No number is left for the canary", detail);
        return;
    }
    if reading.knows(&["production_priority", "canary_priority"]) && canary >= production {
        let detail = format!(
            "canary_priority is {canary} and production_priority {production}. Rules with lower numbers are \
             evaluated first, so canary_priority must be the lower one."
        );
        reading.wrong("canary_priority", "Canary not above production", detail);
    }
}

fn audience(reading: &mut Reading<'_>, values: Option<usize>) {
    if !reading.knows(&["canary_source_ips"]) {
        return;
    }
    let sources = audience::merge(&reading.spec.canary_sources);
    if reading.phase == Some(Phase::Canary) && sources.is_empty() {
        let detail = "activate_canary = true needs at least one address in canary_source_ips. Add the office's or \
                      VPN's addresses, or set activate_canary = false.";
        reading.wrong("canary_source_ips", "A canary for nobody", detail);
    }
    let Some(values) = values else { return };
    // The canary asks for its own addresses instead of production's.
    let values = values - reading.spec.extras.conditions.value.sources.len();
    let room = VALUES_PER_RULE.saturating_sub(values);
    if room == 0 && !sources.is_empty() {
        let detail = format!(
            "A listener rule can have {VALUES_PER_RULE} condition values in all, and host_headers, path_patterns and \
             conditions use up {values}, so a canary rule has no room for an address. Leave at most {} values.",
            VALUES_PER_RULE - 1
        );
        reading.wrong("canary_source_ips", "No room for source addresses", detail);
        return;
    }
    let (rules, priority) = (sources.len().div_ceil(room.max(1)), reading.spec.canary_priority);
    let room_below = usize::try_from(priority).unwrap_or(usize::MAX);
    if reading.knows(&["canary_priority"]) && rules > room_below {
        let detail = format!(
            "canary_source_ips needs {rules} rules with the priorities from {priority} downwards, and there are only \
             {priority} numbers. Choose a higher canary_priority, or fewer addresses."
        );
        reading.wrong("canary_priority", "No room for the canary rules", detail);
    }
}

fn test_rule(reading: &mut Reading<'_>, values: Option<usize>) {
    let (Some(values), Some(test)) = (values, &reading.spec.test) else { return };
    let asked = &reading.spec.extras.conditions.value;
    let more = asked.count() - asked.host_regexes.len() - asked.path_regexes.len();
    let values = if test.all_conditions { values - asked.sources.len() } else { values - more };
    let sources = audience::merge(&test.sources).len();
    if reading.knows(&["test_listener.allowed_cidrs"]) && values + sources > VALUES_PER_RULE {
        let detail = format!(
            "A listener rule can have {VALUES_PER_RULE} condition values in all; {values} other values and \
             {sources} merged CIDR blocks make {}. Allow fewer blocks, or leave the rest to the load balancer's \
             security group.",
            values + sources
        );
        reading.wrong("test_listener.allowed_cidrs", "Too many condition values", detail);
    }
}

fn test_listener(reading: &mut Reading<'_>) {
    let Some(test) = reading.spec.test.as_ref().map(|test| test.listener.clone()) else { return };
    if !reading.knows(&["listener_arn", "test_listener.arn"]) {
        return;
    }
    let load_balancer = |arn: &str| arn.rsplit_once('/').map(|(load_balancer, _)| load_balancer.to_owned());
    let listener = &reading.spec.listener;
    if *listener == test {
        let detail = "test_listener.arn is the same listener as listener_arn. The test listener is a second listener \
                      of the same load balancer, on another port.";
        reading.wrong("test_listener.arn", "Not another listener", detail);
    } else if load_balancer(listener) != load_balancer(&test) {
        let detail = "A target group works behind one load balancer only. Use a listener of the same load balancer \
                      as listener_arn.";
        reading.wrong("test_listener.arn", "The test listener belongs to another load balancer", detail);
    }
}
