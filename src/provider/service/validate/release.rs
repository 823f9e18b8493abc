//! Toggles, canary audience and priorities: what only means something together.

use std::collections::BTreeSet;

use super::Check;
use crate::bluegreen::audience::{self, VALUES_PER_RULE};
use crate::bluegreen::phase::{Phase, Toggles};
use terraform_plugin::Value;

pub fn check(check: &mut Check<'_>) {
    let phase = phase(check);
    priorities(check);
    let sources = cidrs(check, "canary_source_ips");
    if let Some(sources) = sources {
        audience(check, phase, &sources);
    }
    if let Some(sources) = cidrs(check, "test_listener.allowed_cidrs") {
        test_rule(check, &audience::merge(&sources));
    }
    test_listener(check);
}

fn toggle(value: &Value) -> Option<bool> {
    if value.is_null() { Some(false) } else { value.as_bool() }
}

/// The phase, when every toggle is known and they mean one.
fn phase(check: &mut Check<'_>) -> Option<Phase> {
    let toggles = Toggles {
        enable_canary: toggle(check.config.get("enable_canary"))?,
        activate_canary: toggle(check.config.get("activate_canary"))?,
        promote_to_all: toggle(check.config.get("promote_to_all"))?,
    };
    match Phase::from_toggles(toggles) {
        Ok(phase) => Some(phase),
        Err(illegal) => {
            check.wrong(illegal.attribute, "Toggles that mean nothing together", illegal.explanation);
            None
        }
    }
}

fn number_or(value: &Value, default: i64) -> Option<i64> {
    if value.is_null() { Some(default) } else { value.as_i64() }
}

fn priorities(check: &mut Check<'_>) {
    let production = number_or(check.config.get("production_priority"), 100);
    let canary = number_or(check.config.get("canary_priority"), 99);
    if let (Some(production), Some(canary)) = (production, canary)
        && canary >= production
    {
        check.wrong("canary_priority", "Canary not above production", format!("canary_priority is {canary} and production_priority {production}. Rules with lower numbers are evaluated first, so canary_priority must be the lower one."));
    }
}

/// The known blocks of a set; `None` when the set is not set or not wholly known, or has an error.
fn cidrs(check: &mut Check<'_>, path: &str) -> Option<BTreeSet<ipnet::IpNet>> {
    check.no_nulls(path);
    let value = check.config.at(path);
    if value.is_null() {
        // The default, unless what it is part of is absent or unknown.
        return (path == "canary_source_ips" || check.config.get("test_listener").as_map().is_some())
            .then(BTreeSet::new);
    }
    let mut nets = BTreeSet::new();
    let mut whole = value.is_wholly_known();
    for text in check.texts(path)? {
        match audience::parse(text) {
            Ok(net) => {
                nets.insert(net);
            }
            Err(bad) => {
                whole = false;
                check.wrong(path, "Invalid CIDR block", format!("{bad}."));
            }
        }
    }
    whole.then_some(nets)
}

/// Host and path values of a rule, when known.
fn values(check: &Check<'_>) -> Option<usize> {
    let length = |path: &str| {
        let value = check.config.get(path);
        if value.is_null() { Some(0) } else { value.as_list().map(<[Value]>::len) }
    };
    Some(length("host_headers")? + length("path_patterns")?)
}

fn audience(check: &mut Check<'_>, phase: Option<Phase>, sources: &BTreeSet<ipnet::IpNet>) {
    if phase == Some(Phase::Canary) && sources.is_empty() {
        check.wrong("canary_source_ips", "A canary for nobody", "activate_canary = true needs at least one address in canary_source_ips. Add the office's or VPN's addresses, or set activate_canary = false.");
    }
    let Some(values) = values(check) else { return };
    let room = VALUES_PER_RULE.saturating_sub(values);
    if room == 0 && !sources.is_empty() {
        check.wrong("canary_source_ips", "No room for source addresses", format!("A listener rule can have {VALUES_PER_RULE} condition values in all, and host_headers and path_patterns use up {values}, so a canary rule has no room for an address. Leave at most {} host and path values.", VALUES_PER_RULE - 1));
        return;
    }
    let Some(priority) =
        number_or(check.config.get("canary_priority"), 99).and_then(|p| usize::try_from(p).ok())
    else {
        return;
    };
    let rules = audience::merge(sources).len().div_ceil(room.max(1));
    if rules > priority {
        check.wrong("canary_priority", "No room for the canary rules", format!("canary_source_ips needs {rules} rules with the priorities from {priority} downwards, and there are only {priority} numbers. Choose a higher canary_priority, or fewer addresses."));
    }
}

fn test_rule(check: &mut Check<'_>, sources: &BTreeSet<ipnet::IpNet>) {
    let Some(values) = values(check) else { return };
    if values + sources.len() > VALUES_PER_RULE {
        check.wrong("test_listener.allowed_cidrs", "Too many condition values", format!("A listener rule can have {VALUES_PER_RULE} condition values in all; {values} host and path values and {} merged CIDR blocks make {}. Allow fewer blocks, or leave the rest to the load balancer's security group.", sources.len(), values + sources.len()));
    }
}

fn test_listener(check: &mut Check<'_>) {
    let (Some(listener), Some(test)) = (check.text("listener_arn"), check.text("test_listener.arn")) else {
        return;
    };
    if listener == test {
        check.wrong("test_listener.arn", "Not another listener", "test_listener.arn is the same listener as listener_arn. The test listener is a second listener of the same load balancer, on another port.");
        return;
    }
    let load_balancer = |arn: &str| arn.rsplit_once('/').map(|(load_balancer, _)| load_balancer.to_owned());
    if load_balancer(listener) != load_balancer(test) {
        check.wrong("test_listener.arn", "The test listener belongs to another load balancer", "A target group works behind one load balancer only. Use a listener of the same load balancer as listener_arn.");
    }
}
