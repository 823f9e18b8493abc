//! Wishes for services, as ECS requests.

use aws_sdk_ecs::operation::create_service::builders::CreateServiceInputBuilder;
use aws_sdk_ecs::operation::update_service::builders::UpdateServiceInputBuilder;
use aws_sdk_ecs::types as ecs;
use aws_smithy_types::error::operation::BuildError;

use crate::aws::tags;
use crate::bluegreen::layout::Layout;
use crate::bluegreen::side::Side;
use crate::bluegreen::spec::{Capacity, ServiceSettings};

pub(super) type Update = UpdateServiceInputBuilder;

/// Everything is sent, so that no default of AWS decides. Cluster, name and token are the caller's.
pub(super) fn creation(
    side: Side,
    count: u32,
    layout: &Layout,
    group: &str,
) -> Result<CreateServiceInputBuilder, BuildError> {
    let wish = &layout.service[side];
    let request = CreateServiceInputBuilder::default()
        .task_definition(&layout.sides[side].task_definition)
        .desired_count(int(count))
        .load_balancers(load_balancer(wish, group))
        .network_configuration(network(wish)?)
        .deployment_configuration(deployment())
        .scheduling_strategy(ecs::SchedulingStrategy::Replica)
        .platform_version(&wish.platform_version)
        .health_check_grace_period_seconds(int(wish.health_check_grace_period))
        .enable_execute_command(wish.enable_execute_command)
        .propagate_tags(wish.propagate_tags.as_str().into())
        .enable_ecs_managed_tags(wish.enable_ecs_managed_tags)
        .availability_zone_rebalancing(rebalancing(wish))
        .set_tags(Some(tags::expand_ecs(&layout.tags_for(side.name()))));
    Ok(match &wish.capacity {
        Capacity::Fargate => request.launch_type(ecs::LaunchType::Fargate),
        Capacity::Strategy(_) => request.set_capacity_provider_strategy(Some(strategy(wish)?)),
    })
}

/// Only what differs. `group` is the ARN the service is to be attached to.
pub(super) fn changes(
    is: &ServiceSettings,
    wish: &ServiceSettings,
    group: &str,
) -> Result<Update, BuildError> {
    let mut request = Update::default();
    if (&is.subnets, &is.security_groups, is.assign_public_ip)
        != (&wish.subnets, &wish.security_groups, wish.assign_public_ip)
    {
        request = request.network_configuration(network(wish)?);
    }
    if (&is.container_name, is.container_port) != (&wish.container_name, wish.container_port) {
        request = request.load_balancers(load_balancer(wish, group));
    }
    if is.capacity != wish.capacity {
        // An empty strategy returns the service to its launch type.
        request = request.set_capacity_provider_strategy(Some(strategy(wish)?));
    }
    if is.platform_version != wish.platform_version {
        request = request.platform_version(&wish.platform_version);
    }
    if is.health_check_grace_period != wish.health_check_grace_period {
        request = request.health_check_grace_period_seconds(int(wish.health_check_grace_period));
    }
    if is.enable_execute_command != wish.enable_execute_command {
        request = request.enable_execute_command(wish.enable_execute_command);
    }
    if is.propagate_tags != wish.propagate_tags {
        request = request.propagate_tags(wish.propagate_tags.as_str().into());
    }
    if is.enable_ecs_managed_tags != wish.enable_ecs_managed_tags {
        request = request.enable_ecs_managed_tags(wish.enable_ecs_managed_tags);
    }
    if is.availability_zone_rebalancing != wish.availability_zone_rebalancing {
        request = request.availability_zone_rebalancing(rebalancing(wish));
    }
    Ok(request)
}

/// New tasks first, none of the old ones before that; a release that does not come up is given up.
fn deployment() -> ecs::DeploymentConfiguration {
    ecs::DeploymentConfiguration::builder()
        .minimum_healthy_percent(100)
        .maximum_percent(200)
        .deployment_circuit_breaker(
            ecs::DeploymentCircuitBreaker::builder().enable(true).rollback(true).build(),
        )
        .build()
}

fn load_balancer(wish: &ServiceSettings, group: &str) -> ecs::LoadBalancer {
    ecs::LoadBalancer::builder()
        .target_group_arn(group)
        .container_name(&wish.container_name)
        .container_port(wish.container_port.into())
        .build()
}

fn network(wish: &ServiceSettings) -> Result<ecs::NetworkConfiguration, BuildError> {
    let public = if wish.assign_public_ip { "ENABLED" } else { "DISABLED" };
    let awsvpc = ecs::AwsVpcConfiguration::builder()
        .set_subnets(Some(wish.subnets.iter().cloned().collect()))
        .set_security_groups(Some(wish.security_groups.iter().cloned().collect()))
        .assign_public_ip(public.into())
        .build()?;
    Ok(ecs::NetworkConfiguration::builder().awsvpc_configuration(awsvpc).build())
}

fn strategy(wish: &ServiceSettings) -> Result<Vec<ecs::CapacityProviderStrategyItem>, BuildError> {
    let Capacity::Strategy(providers) = &wish.capacity else { return Ok(Vec::new()) };
    let item = |provider: &crate::bluegreen::spec::CapacityProvider| {
        ecs::CapacityProviderStrategyItem::builder()
            .capacity_provider(&provider.name)
            .weight(int(provider.weight))
            .base(int(provider.base))
            .build()
    };
    providers.iter().map(item).collect()
}

fn rebalancing(wish: &ServiceSettings) -> ecs::AvailabilityZoneRebalancing {
    if wish.availability_zone_rebalancing {
        ecs::AvailabilityZoneRebalancing::Enabled
    } else {
        ecs::AvailabilityZoneRebalancing::Disabled
    }
}

/// AWS counts in signed numbers.
pub(super) fn int(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
