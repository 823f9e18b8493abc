//! ECS services, in our words.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types as ecs;

use crate::aws::tags;
use crate::bluegreen::observed::{Deployment, Mover, Service, ServiceStatus};
use crate::bluegreen::owned::Mark;
use crate::bluegreen::spec::{Capacity, CapacityProvider, ServiceSettings};

/// `group` is the ARN of the target group the service should be attached to. Tasks and remarks are left empty.
pub(in crate::aws) fn service(
    raw: &ecs::Service,
    group: Option<&str>,
    mark: impl Fn(&str, &BTreeMap<String, String>) -> Mark,
) -> Service {
    let id = raw.service_arn.clone().unwrap_or_default();
    let tags = tags::flatten_ecs(raw.tags.as_deref());
    let primary = primary(raw);
    Service {
        mark: mark(&id, &tags),
        groups: raw.load_balancers.iter().flatten().filter_map(|it| it.target_group_arn.clone()).collect(),
        id,
        status: match raw.status.as_deref() {
            Some("DRAINING") => ServiceStatus::Draining,
            _ => ServiceStatus::Active,
        },
        desired: count(raw.desired_count),
        running: count(raw.running_count),
        task_definition: primary
            .and_then(|deployment| deployment.task_definition.clone())
            .or_else(|| raw.task_definition.clone())
            .unwrap_or_default(),
        deployment: deployment(raw),
        settings: settings(raw, group),
        moved_by: moved_by(raw),
        tags,
        tasks: BTreeSet::new(),
        remarks: Vec::new(),
    }
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentController.html>
pub(in crate::aws) fn moved_by(raw: &ecs::Service) -> Option<Mover> {
    use ecs::DeploymentControllerType as Controller;
    match raw.deployment_controller.as_ref().map(|controller| &controller.r#type) {
        Some(Controller::CodeDeploy) => return Some(Mover::CodeDeploy),
        Some(Controller::External) => return Some(Mover::External),
        _ => {}
    }
    let strategy = raw.deployment_configuration.as_ref()?.strategy.as_ref()?;
    (*strategy != ecs::DeploymentStrategy::Rolling).then(|| Mover::Strategy(strategy.as_str().to_owned()))
}

/// The newest deployment.
pub(in crate::aws) fn primary(raw: &ecs::Service) -> Option<&ecs::Deployment> {
    deployments(raw).find(|deployment| deployment.status.as_deref() == Some("PRIMARY"))
}

fn deployments(raw: &ecs::Service) -> impl Iterator<Item = &ecs::Deployment> {
    raw.deployments.iter().flatten().filter(|deployment| deployment.status.as_deref() != Some("INACTIVE"))
}

/// A deployment of no tasks is complete as soon as it is alone.
fn deployment(raw: &ecs::Service) -> Deployment {
    use ecs::DeploymentRolloutState as State;
    let Some(primary) = primary(raw) else {
        return if raw.desired_count == 0 { Deployment::Completed } else { Deployment::InProgress };
    };
    let alone = deployments(raw).count() == 1;
    match &primary.rollout_state {
        Some(State::Failed) => Deployment::Failed(
            primary.rollout_state_reason.clone().unwrap_or_else(|| "ECS gave no reason".to_owned()),
        ),
        _ if !alone => Deployment::InProgress,
        Some(State::Completed) => Deployment::Completed,
        _ if raw.desired_count == 0 => Deployment::Completed,
        None if raw.running_count == raw.desired_count => Deployment::Completed,
        _ => Deployment::InProgress,
    }
}

fn settings(raw: &ecs::Service, group: Option<&str>) -> ServiceSettings {
    // Attached to another group, it has no container for ours: that differs from every wish.
    let attached = raw
        .load_balancers
        .iter()
        .flatten()
        .find(|load_balancer| group.is_none() || load_balancer.target_group_arn.as_deref() == group);
    let network = raw.network_configuration.as_ref().and_then(|n| n.awsvpc_configuration.as_ref());
    let set = |values: Option<&Vec<String>>| values.into_iter().flatten().cloned().collect();
    ServiceSettings {
        container_name: attached.and_then(|l| l.container_name.clone()).unwrap_or_default(),
        container_port: attached
            .and_then(|l| l.container_port)
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(0),
        subnets: set(network.map(|network| &network.subnets)),
        security_groups: set(network.and_then(|network| network.security_groups.as_ref())),
        assign_public_ip: network
            .is_some_and(|network| network.assign_public_ip == Some(ecs::AssignPublicIp::Enabled)),
        capacity: capacity(raw),
        platform_version: raw.platform_version.clone().unwrap_or_else(|| "LATEST".to_owned()),
        health_check_grace_period: count(raw.health_check_grace_period_seconds.unwrap_or(0)),
        enable_execute_command: raw.enable_execute_command,
        propagate_tags: raw.propagate_tags.as_ref().map_or("NONE", ecs::PropagateTags::as_str).to_owned(),
        enable_ecs_managed_tags: raw.enable_ecs_managed_tags,
        availability_zone_rebalancing: raw.availability_zone_rebalancing
            == Some(ecs::AvailabilityZoneRebalancing::Enabled),
    }
}

/// A launch type we never ask for is an empty strategy, which differs from every wish.
fn capacity(raw: &ecs::Service) -> Capacity {
    let providers = raw.capacity_provider_strategy.as_deref().unwrap_or_default();
    if providers.is_empty() && raw.launch_type.as_ref().is_none_or(|t| *t == ecs::LaunchType::Fargate) {
        return Capacity::Fargate;
    }
    let mut providers: Vec<_> = providers
        .iter()
        .map(|item| CapacityProvider {
            name: item.capacity_provider.clone(),
            weight: count(item.weight),
            base: count(item.base),
        })
        .collect();
    providers.sort();
    Capacity::Strategy(providers)
}

pub(in crate::aws) fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::builders::ServiceBuilder;

    use super::super::expand;
    use super::*;

    fn settings() -> ServiceSettings {
        ServiceSettings {
            container_name: "web".to_owned(),
            container_port: 8080,
            subnets: ["s-1".to_owned(), "s-2".to_owned()].into(),
            security_groups: ["sg-1".to_owned()].into(),
            assign_public_ip: true,
            capacity: Capacity::Strategy(vec![CapacityProvider {
                name: "FARGATE_SPOT".to_owned(),
                weight: 1,
                base: 2,
            }]),
            platform_version: "1.4.0".to_owned(),
            health_check_grace_period: 7,
            enable_execute_command: true,
            propagate_tags: "SERVICE".to_owned(),
            enable_ecs_managed_tags: true,
            availability_zone_rebalancing: true,
        }
    }

    fn bare() -> ServiceSettings {
        settings_of(&ServiceBuilder::default().build())
    }

    fn settings_of(raw: &ecs::Service) -> ServiceSettings {
        super::settings(raw, Some("B"))
    }

    #[test]
    fn what_is_written_is_read_back_the_same_and_then_nothing_differs() {
        let sent = expand::changes(&bare(), &settings(), "B").unwrap().service("x").build().unwrap();
        let raw = ServiceBuilder::default()
            .set_load_balancers(sent.load_balancers)
            .set_network_configuration(sent.network_configuration)
            .set_capacity_provider_strategy(sent.capacity_provider_strategy)
            .set_platform_version(sent.platform_version)
            .set_health_check_grace_period_seconds(sent.health_check_grace_period_seconds)
            .set_enable_execute_command(sent.enable_execute_command)
            .set_propagate_tags(sent.propagate_tags)
            .set_enable_ecs_managed_tags(sent.enable_ecs_managed_tags)
            .set_availability_zone_rebalancing(sent.availability_zone_rebalancing)
            .build();
        assert_eq!(settings_of(&raw), settings());
        assert_eq!(expand::changes(&settings(), &settings(), "B").unwrap(), expand::Update::default());
    }

    #[test]
    fn a_service_on_another_group_differs_from_every_wish() {
        let other = ecs::LoadBalancer::builder().target_group_arn("X").container_name("web").build();
        assert_eq!(settings_of(&ServiceBuilder::default().load_balancers(other).build()).container_name, "");
    }

    #[test]
    fn back_to_fargate_is_an_empty_strategy() {
        let wish = ServiceSettings { capacity: Capacity::Fargate, ..settings() };
        let sent = expand::changes(&settings(), &wish, "B").unwrap();
        assert_eq!(sent.get_capacity_provider_strategy(), &Some(Vec::new()));
        assert_eq!(sent.get_task_definition(), &None);
    }

    fn deployed(desired: i32, running: i32, deployments: &[(&str, Option<&str>)]) -> Deployment {
        let deployment = |(status, state): &(&str, Option<&str>)| {
            ecs::Deployment::builder()
                .status(*status)
                .set_rollout_state(state.map(Into::into))
                .rollout_state_reason("why")
                .build()
        };
        let raw = ServiceBuilder::default().desired_count(desired).running_count(running);
        self::deployment(&raw.set_deployments(Some(deployments.iter().map(deployment).collect())).build())
    }

    #[test]
    fn a_deployment_is_complete_when_it_is_alone_and_says_so() {
        let failed = Deployment::Failed("why".to_owned());
        assert_eq!(deployed(2, 2, &[("PRIMARY", Some("COMPLETED"))]), Deployment::Completed);
        assert_eq!(
            deployed(2, 2, &[("PRIMARY", Some("COMPLETED")), ("ACTIVE", Some("COMPLETED"))]),
            Deployment::InProgress
        );
        assert_eq!(
            deployed(2, 2, &[("PRIMARY", Some("COMPLETED")), ("INACTIVE", Some("FAILED"))]),
            Deployment::Completed
        );
        assert_eq!(deployed(2, 0, &[("PRIMARY", Some("IN_PROGRESS"))]), Deployment::InProgress);
        assert_eq!(deployed(0, 0, &[("PRIMARY", Some("IN_PROGRESS"))]), Deployment::Completed);
        assert_eq!(deployed(2, 2, &[("PRIMARY", None)]), Deployment::Completed);
        assert_eq!(deployed(2, 1, &[("PRIMARY", None)]), Deployment::InProgress);
        assert_eq!(deployed(2, 0, &[("PRIMARY", Some("FAILED"))]), failed);
    }
}
