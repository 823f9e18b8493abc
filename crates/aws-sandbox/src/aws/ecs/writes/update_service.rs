//! UpdateService.

use std::time::Duration;

use serde_json::json;

use crate::aws::ecs::model::service::Status;
use crate::aws::ecs::refusals::{GRACE_ALONE, client, invalid, not_active, service_not_found};
use crate::aws::ecs::requests::services as spec;
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl World {
    pub(crate) fn update_service(&mut self, now: Duration, params: &Params) -> Answer {
        let old = self.state.ecs.service(params)?.clone();
        if old.status != Status::Active {
            return Err(not_active());
        }
        spec::unsupported(params)?;
        spec::left_to_controller(old.controller, params)?;
        let mut new = old.clone();
        if let Some(controller) = spec::controller(params)?.filter(|it| *it != old.controller) {
            if !old.steady {
                return Err(invalid(
                    "The deployment controller cannot be changed while a deployment is in progress.",
                ));
            }
            new.controller = controller;
        }
        if let Some(connectors) = params.get("gatewayConnectors") {
            new.gateway_connectors = connectors.clone();
        }
        if let Some(desired) = spec::desired_count(params)? {
            new.desired = desired;
        }
        match spec::strategy(params)? {
            None => {}
            Some(empty) if empty.is_empty() => {
                new.strategy = empty;
                new.launch_type = new.launch_type.or_else(|| Some("FARGATE".to_owned()));
            }
            Some(strategy) => (new.strategy, new.launch_type) = (strategy, None),
        }
        let fargate = new.launch_type.as_deref().is_none_or(|kind| kind == "FARGATE");
        let named = params.text("taskDefinition")?.filter(|it| !it.is_empty());
        let definition = match named {
            Some(given) => Some(self.state.ecs.runnable(given, fargate)?.clone()),
            // Its task sets have their own.
            None if old.task_definition.is_empty() => None,
            None => {
                let kept = self.state.ecs.task_definition(&old.task_definition).cloned();
                Some(kept.ok_or_else(|| client("TaskDefinition not found."))?)
            }
        };
        if let Some(definition) = &definition {
            new.task_definition.clone_from(&definition.arn);
        }
        if let Some(network) = spec::network(params)? {
            new.network = network;
        }
        if let Some(version) = params.text("platformVersion")? {
            if !["LATEST", "1.4.0", "1.3.0"].contains(&version) {
                return Err(ApiError::new(
                    "PlatformUnknownException",
                    "The specified platform does not exist.",
                ));
            }
            new.platform_version = version.to_owned();
        }
        if let Some(definition) = &definition {
            match self.bindings(now, params, definition)? {
                Some(bindings) => new.load_balancers = bindings,
                None if named.is_some() => self.check_bindings(now, &new.load_balancers, definition)?,
                None => {}
            }
        }
        if let Some(grace) = spec::grace(params)? {
            if new.load_balancers.is_empty() {
                return Err(invalid(GRACE_ALONE));
            }
            new.grace = Some(grace);
        }
        let configuration = spec::configuration(params)?;
        new.minimum_percent = configuration.minimum.unwrap_or(new.minimum_percent);
        new.maximum_percent = configuration.maximum.unwrap_or(new.maximum_percent);
        new.breaker = configuration.breaker.unwrap_or(new.breaker);
        new.rollout_strategy = configuration.strategy.unwrap_or(new.rollout_strategy);
        new.rebalancing = spec::rebalancing(params, new.maximum_percent, Some(&old.rebalancing))?;
        if let Some(word) = params.word("propagateTags", &["TASK_DEFINITION", "SERVICE", "NONE"])? {
            new.propagate_tags = word.to_owned();
        }
        new.execute_command = params.boolean("enableExecuteCommand")?.unwrap_or(new.execute_command);
        new.managed_tags = params.boolean("enableECSManagedTags")?.unwrap_or(new.managed_tags);
        let force = params.boolean("forceNewDeployment")?.unwrap_or(false);
        let (revision, changed) = (new.revision(), new.revision() != old.revision());
        if let Some(definition) = &definition {
            // A service whose task definition was deregistered can be scaled, and that is all
            // (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html).
            if (force || changed) && !definition.active {
                return Err(client("TaskDefinition is inactive"));
            }
            if named.is_some() {
                self.check_pass_role(now, "UpdateService", &definition.roles)?;
            }
        }
        if new.desired < old.desired {
            self.changes.push(old.lowered_to(new.desired));
        }
        new.updated = true;
        new.steady &= new.desired == old.desired;
        let arn = new.arn.clone();
        if let Some(primary) = new.deployments.first_mut() {
            primary.updated = now;
        }
        self.state.ecs.services.insert(arn.clone(), new);
        if force || changed {
            self.deploy(now, &arn, revision, false);
        }
        self.react(now, &arn);
        let it = self.state.ecs.services.get(&arn).ok_or_else(service_not_found)?;
        Ok(json!({"service": self.state.ecs.service_json(it, true)}))
    }
}
