//! Numbers in their ranges, words from their lists, durations.

use super::Check;
use crate::provider::duration;
use terraform_plugin::{AttributePath, Value};

/// Path, least, most.
const NUMBERS: [(&str, i64, i64); 14] = [
    ("production_priority", 1, 50_000),
    ("canary_priority", 1, 50_000),
    ("test_listener.priority", 1, 50_000),
    ("desired_count", 1, 5_000),
    ("canary_count", 1, 5_000),
    ("standby_count", 0, 5_000),
    ("container_port", 1, 65_535),
    ("target_group.port", 1, 65_535),
    ("target_group.deregistration_delay", 0, 3_600),
    ("health_check_grace_period_seconds", 0, 2_147_483_647),
    ("health_check.interval", 5, 300),
    ("health_check.timeout", 2, 120),
    ("health_check.healthy_threshold", 2, 10),
    ("health_check.unhealthy_threshold", 2, 10),
];

const WORDS: [(&str, &[&str]); 8] = [
    ("primary", &["blue", "green"]),
    ("launch_type", &["FARGATE"]),
    ("propagate_tags", &["NONE", "SERVICE", "TASK_DEFINITION"]),
    ("availability_zone_rebalancing", &["ENABLED", "DISABLED"]),
    ("health_check.protocol", &["HTTP", "HTTPS"]),
    ("target_group.protocol", &["HTTP", "HTTPS"]),
    ("target_group.protocol_version", &["HTTP1", "HTTP2", "GRPC"]),
    (
        "target_group.load_balancing_algorithm_type",
        &["round_robin", "least_outstanding_requests", "weighted_random"],
    ),
];

pub fn check(check: &mut Check<'_>) {
    for (path, least, most) in NUMBERS {
        if let Some(number) = check.whole(path).filter(|number| !(least..=most).contains(number)) {
            check.wrong(path, "Out of range", format!("{path} is {number}; it goes from {least} to {most}."));
        }
    }
    for (path, words) in WORDS {
        if let Some(word) = check.text(path).filter(|word| !words.contains(word)) {
            let allowed: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            check.wrong(
                path,
                "Unknown value",
                format!("{path} is \"{word}\"; it can be {}.", allowed.join(", ")),
            );
        }
    }
    durations(check);
    health_check(check);
    target_group(check);
    platform(check);
    strategy(check);
    tags(check);
}

fn durations(check: &mut Check<'_>) {
    for (path, zero) in [
        ("settle_time", true),
        ("timeouts.create", false),
        ("timeouts.update", false),
        ("timeouts.delete", false),
    ] {
        let Some(text) = check.text(path) else { continue };
        match duration::parse(text) {
            Some(time) if time.is_zero() && !zero => {
                check.wrong(path, "Invalid duration", format!("{path} must be longer than 0s."));
            }
            Some(time) if time.as_secs() > 86_400 => {
                check.wrong(
                    path,
                    "Invalid duration",
                    format!("{path} is \"{text}\"; a day (24h) is the most."),
                );
            }
            Some(_) => {}
            None => check.wrong(
                path,
                "Invalid duration",
                format!("\"{text}\" is no duration. Write it as 30s, 5m or 1h30m."),
            ),
        }
    }
}

fn health_check(check: &mut Check<'_>) {
    let interval = check.config.at("health_check.interval");
    let timeout = check.config.at("health_check.timeout");
    let or = |value: &Value, default| if value.is_null() { Some(default) } else { value.as_i64() };
    if let (Some(interval), Some(timeout)) = (or(interval, 10), or(timeout, 5))
        && timeout >= interval
    {
        check.wrong("health_check.timeout", "Timeout not below interval", format!("health_check.timeout is {timeout} s and health_check.interval {interval} s; the timeout must be shorter."));
    }
    if let Some(path) = check.text("health_check.path")
        && (!path.starts_with('/') || path.len() > 1024 || !path.chars().all(|c| c.is_ascii_graphic()))
    {
        check.wrong(
            "health_check.path",
            "Invalid health check path",
            "A health check path starts with \"/\" and has at most 1024 visible characters.",
        );
    }
    if let Some(port) = check.text("health_check.port")
        && port != "traffic-port"
        && port.parse::<u16>().ok().filter(|port| *port > 0).is_none()
    {
        check.wrong(
            "health_check.port",
            "Invalid health check port",
            format!("\"{port}\" is neither \"traffic-port\" nor a port from 1 to 65535."),
        );
    }
    let grpc = check.text("target_group.protocol_version") == Some("GRPC");
    let (least, most) = if grpc { (0, 99) } else { (200, 499) };
    if let Some(matcher) = check.text("health_check.matcher") {
        let code = |text: &str| text.parse::<u16>().ok().filter(|code| (least..=most).contains(code));
        let right = matcher.split(',').all(|part| match part.split_once('-') {
            Some((from, to)) => matches!((code(from), code(to)), (Some(from), Some(to)) if from <= to),
            None => code(part).is_some(),
        });
        if !right {
            check.wrong("health_check.matcher", "Invalid matcher", format!("\"{matcher}\" is no list of status codes from {least} to {most}. Write it as 200, 200,202 or 200-299."));
        }
    }
}

fn target_group(check: &mut Check<'_>) {
    let Some(slow_start) = check.whole("target_group.slow_start") else { return };
    if slow_start != 0 && !(30..=900).contains(&slow_start) {
        check.wrong(
            "target_group.slow_start",
            "Out of range",
            format!("target_group.slow_start is {slow_start}; it is 0 for none, or 30 to 900 seconds."),
        );
    }
    if slow_start != 0
        && check.text("target_group.load_balancing_algorithm_type").is_some_and(|a| a != "round_robin")
    {
        check.wrong("target_group.slow_start", "Slow start needs round robin", "Slow start cannot be combined with least_outstanding_requests or weighted_random. Set slow_start = 0, or load_balancing_algorithm_type = \"round_robin\".");
    }
}

fn platform(check: &mut Check<'_>) {
    if let Some(version) = check.text("platform_version") {
        let numbered =
            version.split('.').count() == 3 && version.split('.').all(|part| part.parse::<u16>().is_ok());
        if version != "LATEST" && !numbered {
            check.wrong(
                "platform_version",
                "Invalid platform version",
                format!("\"{version}\" is neither LATEST nor a version like 1.4.0."),
            );
        }
    }
}

fn strategy(check: &mut Check<'_>) {
    let path = "capacity_provider_strategy";
    let Some(items) = check.config.get(path).as_list() else { return };
    if !check.config.get("launch_type").is_null() {
        check.wrong(
            path,
            "Two ways to place tasks",
            "launch_type and capacity_provider_strategy exclude each other. Remove launch_type.",
        );
    }
    if items.is_empty() || items.len() > 20 {
        check.wrong(
            path,
            "Wrong number of capacity providers",
            "capacity_provider_strategy takes 1 to 20 capacity providers. Leave it out to use Fargate.",
        );
    }
    let number = |item: &Value, name: &str| item.get(name).as_i64().unwrap_or(0);
    for (index, item) in items.iter().enumerate() {
        for (name, most) in [("weight", 1_000), ("base", 100_000)] {
            if !(0..=most).contains(&number(item, name)) {
                let at = AttributePath::from(path).index(index).attribute(name);
                check.wrong(at, "Out of range", format!("{name} goes from 0 to {most}."));
            }
        }
        if item.get("capacity_provider").as_str() == Some("") {
            let at = AttributePath::from(path).index(index).attribute("capacity_provider");
            check.wrong(at, "No name", "Write the capacity provider's name, as FARGATE or FARGATE_SPOT.");
        }
    }
    if items.iter().filter(|item| number(item, "base") > 0).count() > 1 {
        check.wrong(path, "More than one base", "Only one capacity provider of a strategy can have a base.");
    }
    let unknown = items.iter().any(|item| item.get("weight").is_unknown() || item.is_unknown());
    if !unknown && !items.is_empty() && items.iter().all(|item| number(item, "weight") == 0) {
        check.wrong(path, "No weight", "At least one capacity provider needs a weight above 0.");
    }
}

fn tags(check: &mut Check<'_>) {
    let Some(tags) = check.config.get("tags").as_map() else { return };
    // Two of the fifty are ours.
    if tags.len() > 48 {
        check.wrong(
            "tags",
            "Too many tags",
            "At most 48 tags: AWS allows 50, and two say whose the objects are.",
        );
    }
    for (key, value) in tags {
        let at = AttributePath::from("tags").key(key);
        if key.to_lowercase().starts_with("aws:") || key.starts_with("bluegreen:") {
            check.wrong(
                at,
                "Reserved tag",
                format!("Tags that start with \"aws:\" or \"bluegreen:\" are not for users; \"{key}\" does."),
            );
        } else if !(1..=128).contains(&key.chars().count()) {
            check.wrong(at, "Invalid tag key", "A tag's key has 1 to 128 characters.");
        } else if value.is_null() {
            check.wrong(
                at,
                "Null tag",
                format!("The tag \"{key}\" is null. Give it a value, or leave it out."),
            );
        } else if value.as_str().is_some_and(|value| value.chars().count() > 256) {
            check.wrong(at, "Invalid tag value", "A tag's value has at most 256 characters.");
        }
    }
}
