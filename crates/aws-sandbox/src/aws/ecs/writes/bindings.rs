//! The load balancers of a service, checked against its task definition and the target groups.

use std::time::Duration;

use crate::aws::ecs::model::deployment::Binding;
use crate::aws::ecs::model::task_definition::TaskDefinition;
use crate::aws::ecs::refusals::invalid;
use crate::aws::world::World;
use crate::call::error::ApiError;
use crate::call::params::Params;

impl World {
    /// `loadBalancers`, checked against the task definition and the target groups.
    pub(crate) fn bindings(
        &self,
        now: Duration,
        params: &Params,
        definition: &TaskDefinition,
    ) -> Result<Option<Vec<Binding>>, ApiError> {
        let Some(given) = params.objects("loadBalancers")? else { return Ok(None) };
        if given.len() > 5 {
            return Err(invalid("load balancers can have at most 5 items."));
        }
        let mut found: Vec<Binding> = Vec::new();
        for it in given {
            let classic = it.text("loadBalancerName")?.filter(|name| !name.is_empty()).map(str::to_owned);
            if classic.is_some() && definition.network_mode == "awsvpc" {
                return Err(invalid(
                    "Classic Load Balancers are not supported with the awsvpc network mode.",
                ));
            }
            let group = it.text("targetGroupArn")?.unwrap_or_default();
            if group.is_empty() == classic.is_none() {
                return Err(invalid("Either targetGroupArn or loadBalancerName must be specified."));
            }
            let advanced = it.get("advancedConfiguration").cloned();
            let container = it.text("containerName")?.unwrap_or_default().to_owned();
            let port = it.within("containerPort", 0, 65_535)?.unwrap_or(0) as u16;
            found.push(Binding { group: group.to_owned(), container, port, classic, advanced });
        }
        self.check_bindings(now, &found, definition)?;
        Ok(Some(found))
    }

    pub(crate) fn check_bindings(
        &self,
        now: Duration,
        bindings: &[Binding],
        definition: &TaskDefinition,
    ) -> Result<(), ApiError> {
        for Binding { group: arn, container, port, classic, .. } in bindings {
            let known = definition.containers.iter().find(|it| it.name == *container);
            let known = known.ok_or_else(|| {
                invalid(format!("The container {container} does not exist in the task definition."))
            })?;
            if !known.ports.contains(port) {
                return Err(invalid(format!(
                    "The container {container} did not have a container port {port} defined."
                )));
            }
            if classic.is_some() {
                continue;
            }
            let group = self.state.elb.target_groups.get(arn);
            let group = group.ok_or_else(|| invalid(format!("The target group {arn} does not exist.")))?;
            if definition.network_mode == "awsvpc" && group.target_type != "ip" {
                return Err(invalid(format!(
                    "The provided target group {arn} has target type {}, which is incompatible with the awsvpc network mode specified in the task definition.",
                    group.target_type
                )));
            }
            let settled = self.faults.association_delay(now);
            if group.load_balancer.is_none() || now < group.associated_since + settled {
                return Err(invalid(format!(
                    "The target group with targetGroupArn {arn} does not have an associated load balancer."
                )));
            }
        }
        Ok(())
    }
}
