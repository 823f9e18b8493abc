//! Names, ids and ARNs: what texts of AWS look like.

use super::meaning::Complaint;

/// Letters, digits, hyphens and underscores.
pub fn is_word(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The last part of an ARN, when it is one of `service`.
pub fn arn<'a>(text: &'a str, service: &str) -> Option<&'a str> {
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

/// The region and the account in an ARN.
pub fn place(text: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, _, region, account, _] if !region.is_empty() && !account.is_empty() => {
            Some((region, account))
        }
        _ => None,
    }
}

/// The cluster and the name in the ARN of an ECS service. Old ARNs name no cluster.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html>
pub fn ecs_service(text: &str) -> Option<(&str, &str)> {
    let (cluster, service) = arn(text, "ecs")?.strip_prefix("service/")?.split_once('/')?;
    (is_word(cluster, 255) && is_word(service, 255)).then_some((cluster, service))
}

/// An id such as `vpc-0123456789abcdef0`, whose kind is its prefix.
pub fn id(text: &str, prefix: &str) -> Result<(), Complaint> {
    if text.strip_prefix(prefix).is_some_and(|rest| is_word(rest, 64)) {
        return Ok(());
    }
    Err(("Invalid id", format!("\"{text}\" is not an id like {prefix}0123456789abcdef0.")))
}

/// The ARN of an Application Load Balancer's listener.
pub fn listener(text: &str) -> Result<(), Complaint> {
    let resource = arn(text, "elasticloadbalancing");
    let right = resource.and_then(|r| r.strip_prefix("listener/app/")).is_some_and(|rest| {
        let parts: Vec<&str> = rest.split('/').collect();
        parts.len() == 3 && parts.iter().all(|part| !part.is_empty())
    });
    if right {
        return Ok(());
    }
    let hint = match resource {
        Some(r) if r.starts_with("loadbalancer/") => {
            "This is the ARN of a load balancer; take one of its listeners."
        }
        Some(r) if r.starts_with("listener-rule/") => "This is the ARN of a rule; take its listener.",
        Some(r) if r.starts_with("listener/") => {
            "This listener belongs to another kind of load balancer; only an Application Load Balancer has host \
             and source rules."
        }
        _ => {
            "It looks like arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/NAME/\
             50dc6c495c0c9188/f2f7dc8efc522ab2."
        }
    };
    let detail = format!("\"{text}\" is not the ARN of an Application Load Balancer listener. {hint}");
    Err(("Invalid listener ARN", detail))
}
