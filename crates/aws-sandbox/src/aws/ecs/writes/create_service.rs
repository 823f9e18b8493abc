//! CreateService.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::ecs::model::service::{Breaker, Controller, Service, Status};
use crate::aws::ecs::refusals::{GRACE_ALONE, client, invalid, no_network, service_not_found};
use crate::aws::ecs::requests::names::is_name;
use crate::aws::ecs::requests::services as spec;
use crate::aws::ecs::requests::tags;
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl World {
    pub(crate) fn create_service(&mut self, now: Duration, params: &Params) -> Answer {
        let name = params.needed("serviceName")?;
        if !is_name(name, 255) {
            return Err(invalid(
                "Invalid service name. Service names can be 1 to 255 letters, numbers, underscores and hyphens.",
            ));
        }
        let token = params.text("clientToken")?;
        if token.is_some_and(|it| it.len() > 36 || !it.bytes().all(|byte| (33..=126).contains(&byte))) {
            return Err(invalid("clientToken can be up to 36 characters in the ASCII range of 33 to 126."));
        }
        let cluster = self.state.ecs.cluster(params)?;
        let (cluster, default_strategy) = (cluster.name.clone(), cluster.default_strategy.clone());
        let arn = self.settings.place.ecs(&format!("service/{cluster}/{name}"));
        let mut request = params.raw().clone();
        if let Some(members) = request.as_object_mut() {
            members.remove("clientToken");
        }
        match self.state.ecs.services.get(&arn) {
            Some(old) if old.status == Status::Draining => {
                return Err(invalid("Unable to Start a service that is still Draining."));
            }
            Some(old) if old.status == Status::Active => {
                if old.request == request
                    && (!old.updated || (token.is_some() && old.client_token.as_deref() == token))
                {
                    return Ok(json!({"service": self.state.ecs.service_json(old, true)}));
                }
                return Err(invalid("Creation of service was not idempotent."));
            }
            _ => {}
        }
        spec::unsupported(params)?;
        let desired = spec::desired_count(params)?;
        match params.word("schedulingStrategy", &["REPLICA", "DAEMON"])? {
            Some("DAEMON") if desired.is_some() => {
                return Err(invalid(
                    "The daemon scheduling strategy does not support a desired count for services. Remove a desired count value and try again",
                ));
            }
            Some("DAEMON") => {
                return Err(ApiError::new(
                    "UnsupportedFeatureException",
                    "The sandbox has the REPLICA strategy only.",
                ));
            }
            _ => {}
        }
        let desired = desired.ok_or_else(|| {
            invalid("The desired count must be specified for the REPLICA scheduling strategy.")
        })?;
        let launch = params.word("launchType", &["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"])?;
        let mut strategy = spec::strategy(params)?.unwrap_or_default();
        if launch.is_some() && !strategy.is_empty() {
            return Err(invalid(
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
            ));
        }
        if launch.is_none() && strategy.is_empty() {
            strategy = default_strategy.as_array().cloned().unwrap_or_default();
        }
        let launch_type = strategy.is_empty().then(|| launch.unwrap_or("EC2").to_owned());
        let fargate = launch_type.as_deref().is_none_or(|kind| kind == "FARGATE");
        let controller = spec::controller(params)?.unwrap_or(Controller::Ecs);
        let definition = match (controller, params.text("taskDefinition")?.filter(|it| !it.is_empty())) {
            (Controller::External, _) => {
                spec::empty_for_task_sets(params)?;
                None
            }
            (_, None) => return Err(client("TaskDefinition can not be blank.")),
            (_, Some(given)) => Some(self.state.ecs.runnable(given, fargate)?.clone()),
        };
        let awsvpc = definition.as_ref().is_some_and(|it| it.network_mode == "awsvpc");
        let network = spec::network(params)?;
        if network.is_none() && awsvpc {
            return Err(no_network());
        }
        if params.has("role") && awsvpc {
            return Err(invalid(
                "You cannot specify an IAM role for services that require a service linked role.",
            ));
        }
        let platform_version = match params.text("platformVersion")? {
            Some(_) if !fargate => {
                return Err(invalid("The platform version must be null when specifying an EC2 launch type."));
            }
            Some(version) if !["LATEST", "1.4.0", "1.3.0"].contains(&version) => {
                return Err(ApiError::new(
                    "PlatformUnknownException",
                    "The specified platform does not exist.",
                ));
            }
            given => given.unwrap_or("LATEST").to_owned(),
        };
        let load_balancers = match &definition {
            Some(definition) => self.bindings(now, params, definition)?.unwrap_or_default(),
            None => Vec::new(),
        };
        let grace = spec::grace(params)?;
        if grace.is_some() && load_balancers.is_empty() {
            return Err(invalid(GRACE_ALONE));
        }
        let configuration = spec::configuration(params)?;
        let maximum_percent = configuration.maximum.unwrap_or(200);
        let rebalancing = match controller {
            Controller::External => "DISABLED".to_owned(),
            _ => spec::rebalancing(params, maximum_percent, None)?,
        };
        let rollout_strategy = configuration.strategy.unwrap_or_else(spec::rolling);
        if controller != Controller::Ecs && rollout_strategy["strategy"] != "ROLLING" {
            return Err(invalid("The deployment strategy needs the ECS deployment controller."));
        }
        let propagate =
            params.word("propagateTags", &["TASK_DEFINITION", "SERVICE", "NONE"])?.unwrap_or("NONE");
        let execute_command = params.boolean("enableExecuteCommand")?.unwrap_or(false);
        let managed_tags = params.boolean("enableECSManagedTags")?.unwrap_or(false);
        let tags = tags::parse(params)?;
        if let Some(definition) = &definition {
            self.check_pass_role(now, "CreateService", &definition.roles)?;
        }
        let service = Service {
            arn: arn.clone(),
            name: name.to_owned(),
            cluster,
            status: Status::Active,
            created: now,
            request,
            client_token: token.map(str::to_owned),
            updated: false,
            desired,
            task_definition: definition.map(|it| it.arn).unwrap_or_default(),
            launch_type,
            strategy,
            load_balancers,
            network: network.unwrap_or(Value::Null),
            platform_version,
            grace,
            minimum_percent: configuration.minimum.unwrap_or(100),
            maximum_percent,
            breaker: configuration.breaker.unwrap_or(Breaker { enable: false, rollback: false }),
            controller,
            rollout_strategy,
            gateway_connectors: params.get("gatewayConnectors").cloned().unwrap_or(Value::Null),
            execute_command,
            managed_tags,
            propagate_tags: propagate.to_owned(),
            rebalancing,
            tags,
            deployments: Vec::new(),
            last_completed: None,
            events: VecDeque::new(),
            history: VecDeque::new(),
            tasks: BTreeSet::new(),
            steady: false,
        };
        let revision = service.revision();
        self.state.ecs.services.insert(arn.clone(), service);
        if controller != Controller::External {
            self.deploy(now, &arn, revision, false);
        }
        self.react(now, &arn);
        let it = self.state.ecs.services.get(&arn).ok_or_else(service_not_found)?;
        Ok(json!({"service": self.state.ecs.service_json(it, true)}))
    }
}
