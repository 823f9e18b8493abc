//! What cannot be taken over, and what to do first.

use aws_sdk_ecs::types as ecs;
use aws_sdk_elasticloadbalancingv2::types as elb;

use crate::bluegreen::observed::Mover;
use crate::bluegreen::side::Side;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("There is no service {} in the cluster {cluster}.", .services.join(" or "))]
    Nothing { cluster: String, services: Vec<String> },
    #[error(
        "{cluster}/{name} goes by other names: its tag is on the services {}. Import them by these, BLUE first: \"{cluster}/{}\", or the other way round.", .services.join(" and "), .services.join(",")
    )]
    OtherNames { cluster: String, name: String, services: Vec<String> },
    #[error(
        "In the cluster {cluster} there are a service {name} and a pair {pair}. For the pair, import \"{cluster}/{pair}\"; for the single service, its ARN {arn}."
    )]
    Ambiguous { cluster: String, name: String, pair: String, arn: String },
    #[error("The service {service} is moved by {mover}, so two would move the same traffic. {}", .mover.way_out())]
    Moved { service: String, mover: Mover },
    #[error(
        "The service {0} stands behind no target group of an Application Load Balancer. Attach it to one first, with a rule that sends its callers there."
    )]
    NoLoadBalancer(String),
    #[error(
        "The service {0} stands behind a Classic Load Balancer, which has no rules. Put an Application Load Balancer in front of it first."
    )]
    Classic(String),
    #[error(
        "The target group {group} has the protocol {protocol}, which is a Network Load Balancer's. Source addresses are told apart by the rules of an Application Load Balancer: put one in front of the service first."
    )]
    Network { group: String, protocol: String },
    #[error(
        "The service {service} is attached to {count} target groups. Which of them callers come by cannot be told: detach all but one first."
    )]
    SeveralGroups { service: String, count: usize },
    #[error("The target group {group} is shared by the services {}. Callers of one would be moved with those of the other: give each its own group first.", .services.join(" and "))]
    Shared { group: String, services: Vec<String> },
    #[error("The services are behind different load balancers ({}). One listener must reach both: move one of them first.", .0.join(" and "))]
    Apart(Vec<String>),
    #[error(
        "No rule of a listener forwards to the target group of {0}, and no listener does so by default. Make a rule for it first."
    )]
    NoRule(String),
    #[error("Several rules lead to it, and one of them alone would be moved at a release:\n{}\nJoin them in one rule (host_headers and path_patterns take several values), or let the others forward elsewhere, and import it then.", .0.join("\n"))]
    SeveralRules(Vec<String>),
}

/// What there is against one service, and the group it is attached to.
pub(super) fn attached(service: &str, raw: &ecs::Service) -> Result<String, Unfit> {
    let service = service.to_owned();
    if let Some(mover) = crate::aws::services::flatten::moved_by(raw) {
        return Err(Unfit::Moved { service, mover });
    }
    let balancers = raw.load_balancers.as_deref().unwrap_or_default();
    if balancers.iter().any(|balancer| balancer.load_balancer_name.is_some()) {
        return Err(Unfit::Classic(service));
    }
    let groups: Vec<&String> =
        balancers.iter().filter_map(|balancer| balancer.target_group_arn.as_ref()).collect();
    match groups[..] {
        [] => Err(Unfit::NoLoadBalancer(service)),
        [group] => Ok(group.clone()),
        _ => Err(Unfit::SeveralGroups { service, count: groups.len() }),
    }
}

/// A gateway makes and moves the rules that lead to its services by itself.
pub(super) fn gateway(revision: &ecs::ServiceRevision) -> Option<Unfit> {
    let connector = revision.gateway_connectors().first()?;
    let service = revision.service_arn.clone().unwrap_or_default();
    Some(Unfit::Moved { service, mover: Mover::Gateway(connector.port_name.clone()) })
}

/// What there is against a group.
pub(super) fn group(raw: &elb::TargetGroup) -> Result<(), Unfit> {
    let protocol = raw.protocol.as_ref().map(elb::ProtocolEnum::as_str).unwrap_or_default();
    if matches!(protocol, "HTTP" | "HTTPS" | "") {
        return Ok(());
    }
    let group = raw.target_group_arn.clone().unwrap_or_default();
    Err(Unfit::Network { group, protocol: protocol.to_owned() })
}

/// Of all services of the cluster, those attached to the same group.
pub(super) fn unshared(group: &str, all: &[ecs::Service]) -> Result<(), Unfit> {
    let uses = |service: &&ecs::Service| {
        let mut balancers = service.load_balancers.iter().flatten();
        service.status.as_deref() != Some("INACTIVE")
            && balancers.any(|balancer| balancer.target_group_arn.as_deref() == Some(group))
    };
    let services: Vec<String> =
        all.iter().filter(uses).filter_map(|service| service.service_name.clone()).collect();
    if services.len() < 2 { Ok(()) } else { Err(Unfit::Shared { group: group.to_owned(), services }) }
}

/// For messages: `BLUE (web-blue)`.
pub(super) fn said(side: Side, service: &str) -> String {
    format!("{side} ({service})")
}
