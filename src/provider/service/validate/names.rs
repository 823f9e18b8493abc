//! Names, ids, ARNs, host headers and path patterns.

use super::Check;
use crate::bluegreen::audience::VALUES_PER_RULE;

/// ECS allows 255; the longer suffix, `-green`, takes 6.
const LONGEST_NAME: usize = 249;

pub fn check(check: &mut Check<'_>) {
    name(check);
    cluster(check);
    listener(check, "listener_arn");
    listener(check, "test_listener.arn");
    for side in ["blue", "green"] {
        task_definition(check, &format!("{side}.task_definition"));
    }
    prefixed(check, "vpc_id", "vpc-");
    network(check);
    hosts(check);
    paths(check);
    if let Some(container) = check.text("container_name")
        && !is_word(container, 255)
    {
        check.wrong("container_name", "Invalid container name", "A container name has 1 to 255 letters, digits, hyphens and underscores. Use the name from the task definition.");
    }
}

/// Letters, digits, hyphens and underscores.
fn is_word(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn name(check: &mut Check<'_>) {
    if check.text("name").is_some_and(|name| !is_word(name, LONGEST_NAME)) {
        check.wrong("name", "Invalid name", format!("A name has 1 to {LONGEST_NAME} letters, digits, hyphens and underscores (ECS allows 255, and \"-blue\" and \"-green\" are added)."));
    }
}

/// The parts of an ARN of `service`, when it is one.
fn arn<'a>(text: &'a str, service: &str) -> Option<&'a str> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, found, region, account, resource]
            if !partition.is_empty() && found == service && !region.is_empty() && !account.is_empty() =>
        {
            Some(resource)
        }
        _ => None,
    }
}

fn cluster(check: &mut Check<'_>) {
    let Some(cluster) = check.text("cluster") else { return };
    let name = if cluster.starts_with("arn:") {
        arn(cluster, "ecs").and_then(|resource| resource.strip_prefix("cluster/")).unwrap_or_default()
    } else {
        cluster
    };
    if !is_word(name, 255) {
        check.wrong("cluster", "Invalid cluster", format!("\"{cluster}\" is neither a cluster name (letters, digits, hyphens and underscores) nor an ARN like arn:aws:ecs:eu-west-1:123456789012:cluster/shop."));
    }
}

fn listener(check: &mut Check<'_>, path: &str) {
    let Some(text) = check.text(path) else { return };
    let resource = arn(text, "elasticloadbalancing");
    let right = resource.and_then(|r| r.strip_prefix("listener/app/")).is_some_and(|rest| {
        let parts: Vec<&str> = rest.split('/').collect();
        parts.len() == 3 && parts.iter().all(|part| !part.is_empty())
    });
    if right {
        return;
    }
    let hint = match resource {
        Some(r) if r.starts_with("loadbalancer/") => {
            "This is the ARN of a load balancer; take one of its listeners."
        }
        Some(r) if r.starts_with("listener-rule/") => "This is the ARN of a rule; take its listener.",
        Some(r) if r.starts_with("listener/") => {
            "This listener belongs to another kind of load balancer; only an Application Load Balancer has host and source rules."
        }
        _ => {
            "It looks like arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/NAME/50dc6c495c0c9188/f2f7dc8efc522ab2."
        }
    };
    check.wrong(
        path,
        "Invalid listener ARN",
        format!("\"{text}\" is not the ARN of an Application Load Balancer listener. {hint}"),
    );
}

fn task_definition(check: &mut Check<'_>, path: &str) {
    let Some(text) = check.text(path) else { return };
    let short = if text.starts_with("arn:") {
        arn(text, "ecs").and_then(|resource| resource.strip_prefix("task-definition/"))
    } else {
        Some(text)
    };
    let right = short.and_then(|short| short.split_once(':')).is_some_and(|(family, revision)| {
        is_word(family, 255)
            && !revision.starts_with('0')
            && revision.parse::<u32>().is_ok()
            && !revision.starts_with('+')
    });
    if !right {
        let way_out = if short.is_some_and(|short| is_word(short, 255)) {
            format!(
                "A family alone would follow whatever is registered next. Write a revision: {text}:1, or aws_ecs_task_definition.NAME.arn."
            )
        } else {
            "Write family:revision, as nginx:42, or the task definition's ARN.".to_owned()
        };
        check.wrong(
            path,
            "Invalid task definition",
            format!("\"{text}\" does not name one revision of a task definition. {way_out}"),
        );
    }
}

fn prefixed(check: &mut Check<'_>, path: &str, prefix: &str) {
    let Some(text) = check.text(path) else { return };
    if !is_id(text, prefix) {
        check.wrong(path, "Invalid id", format!("\"{text}\" is not an id like {prefix}0123456789abcdef0."));
    }
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| is_word(rest, 64))
}

fn network(check: &mut Check<'_>) {
    for (path, prefix, most) in [
        ("network_configuration.subnets", "subnet-", 16),
        ("network_configuration.security_groups", "sg-", 5),
    ] {
        check.no_nulls(path);
        if check.length(path).is_some_and(|length| length > most) {
            check.wrong(path, "Too many", format!("{path} takes at most {most} ids."));
        }
        for text in check.texts(path).unwrap_or_default() {
            if !is_id(text, prefix) {
                check.wrong(
                    path,
                    "Invalid id",
                    format!("\"{text}\" is not an id like {prefix}0123456789abcdef0."),
                );
            }
        }
    }
    if check.length("network_configuration.subnets") == Some(0) {
        check.wrong("network_configuration.subnets", "No subnet", "Fargate tasks need at least one subnet.");
    }
}

fn hosts(check: &mut Check<'_>) {
    check.no_nulls("host_headers");
    for host in check.texts("host_headers").unwrap_or_default() {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-.*?_".contains(c);
        let top = host.rsplit_once('.').map(|(_, top)| top);
        let right = host.len() <= 128
            && host.chars().all(allowed)
            && top.is_some_and(|top| {
                top.chars().all(|c| c.is_ascii_alphabetic() || "*?".contains(c)) && !top.is_empty()
            });
        if !right {
            check.wrong("host_headers", "Invalid host header", format!("\"{host}\" is no host a rule can match: at most 128 letters, digits, \"-\", \".\", with a dot and only letters after the last one; \"*\" and \"?\" are wildcards. Ports and IP addresses cannot be matched."));
        } else if host.to_ascii_lowercase().ends_with(".invalid") {
            check.wrong("host_headers", "Reserved host header", format!("\"{host}\" ends in .invalid, which no client can ever ask for. Use the name your clients use."));
        }
    }
}

fn paths(check: &mut Check<'_>) {
    check.no_nulls("path_patterns");
    for path in check.texts("path_patterns").unwrap_or_default() {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(c);
        if !(1..=128).contains(&path.len())
            || !path.chars().all(allowed)
            || !path.starts_with(['/', '*', '?'])
        {
            check.wrong("path_patterns", "Invalid path pattern", format!("\"{path}\" is no path a rule can match: it starts with \"/\" or a wildcard and has at most 128 letters, digits and _-.$/~\"'@:+& characters; \"*\" and \"?\" are wildcards."));
        }
    }
    values(check);
}

/// Host and path values share a rule's five values, and wildcards are limited too.
fn values(check: &mut Check<'_>) {
    let lengths = (check.length("host_headers"), check.length("path_patterns"));
    let unknown = |path: &str| check.config.get(path).is_unknown();
    if unknown("host_headers") || unknown("path_patterns") {
        return;
    }
    let (hosts, paths) = (lengths.0.unwrap_or(0), lengths.1.unwrap_or(0));
    if hosts + paths == 0 {
        check.wrong("host_headers", "Nothing to serve", "At least one of host_headers and path_patterns must have a value: they say which requests belong to this service.");
    }
    if hosts + paths > VALUES_PER_RULE {
        check.wrong("host_headers", "Too many condition values", format!("A listener rule can have {VALUES_PER_RULE} condition values in all; {hosts} in host_headers and {paths} in path_patterns make {}. Use wildcards, or split the service.", hosts + paths));
    }
    let all = [check.texts("host_headers"), check.texts("path_patterns")].into_iter().flatten().flatten();
    let wildcards: usize = all.map(|text| text.chars().filter(|c| "*?".contains(*c)).count()).sum();
    if wildcards > VALUES_PER_RULE {
        check.wrong("host_headers", "Too many wildcards", format!("A listener rule can have {VALUES_PER_RULE} wildcard characters in all; host_headers and path_patterns have {wildcards}."));
    }
}
