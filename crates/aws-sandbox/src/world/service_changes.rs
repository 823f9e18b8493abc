//! CreateService, UpdateService, DeleteService.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use super::clusters::is_name;
use super::deployments::Rollout;
use super::error::{Answer, ApiError, client, invalid};
use super::params::{Api, Params};
use super::service_spec as spec;
use super::services::{Breaker, Service, Status, not_found};
use super::tags;

fn not_active() -> ApiError {
    ApiError::new("ServiceNotActiveException", "Service was not ACTIVE.")
}

fn no_network() -> ApiError {
    invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
}

const GRACE_ALONE: &str =
    "Health check grace period is only valid for services configured to use load balancers";

impl World {
    pub(super) fn create_service(&mut self, now: Duration, params: &Params) -> Answer {
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
        let cluster = self.state.cluster(params)?;
        let (cluster, default_strategy) = (cluster.name.clone(), cluster.default_strategy.clone());
        let arn = self.state.place.ecs(&format!("service/{cluster}/{name}"));
        let mut request = params.raw().clone();
        if let Some(members) = request.as_object_mut() {
            members.remove("clientToken");
        }
        match self.state.services.get(&arn) {
            Some(old) if old.status == Status::Draining => {
                return Err(invalid("Unable to Start a service that is still Draining."));
            }
            Some(old) if old.status == Status::Active => {
                if old.request == request
                    && (!old.updated || (token.is_some() && old.client_token.as_deref() == token))
                {
                    return Ok(json!({"service": self.state.service_json(old, true)}));
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
        let definition = params.text("taskDefinition")?.filter(|it| !it.is_empty());
        let definition = definition.ok_or_else(|| client("TaskDefinition can not be blank."))?;
        let definition = self.state.runnable(definition, fargate)?.clone();
        let network = spec::network(params)?;
        if network.is_none() && definition.network_mode == "awsvpc" {
            return Err(no_network());
        }
        if params.has("role") && definition.network_mode == "awsvpc" {
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
        let load_balancers = self.bindings(now, params, &definition)?.unwrap_or_default();
        let grace = spec::grace(params)?;
        if grace.is_some() && load_balancers.is_empty() {
            return Err(invalid(GRACE_ALONE));
        }
        let configuration = spec::configuration(params)?;
        let maximum_percent = configuration.maximum.unwrap_or(200);
        let rebalancing = spec::rebalancing(params, maximum_percent, None)?;
        let propagate =
            params.word("propagateTags", &["TASK_DEFINITION", "SERVICE", "NONE"])?.unwrap_or("NONE");
        let execute_command = params.boolean("enableExecuteCommand")?.unwrap_or(false);
        let managed_tags = params.boolean("enableECSManagedTags")?.unwrap_or(false);
        let tags = tags::parse(Api::Ecs, params, "tags")?;
        self.faults.check_pass_role(now, "CreateService", &definition.roles)?;
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
            task_definition: definition.arn.clone(),
            launch_type,
            strategy,
            load_balancers,
            network: network.unwrap_or(Value::Null),
            platform_version,
            grace,
            minimum_percent: configuration.minimum.unwrap_or(100),
            maximum_percent,
            breaker: configuration.breaker.unwrap_or(Breaker { enable: false, rollback: false }),
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
        self.state.services.insert(arn.clone(), service);
        self.deploy(now, &arn, revision, false);
        self.react(now, &arn);
        let it = self.state.services.get(&arn).ok_or_else(not_found)?;
        Ok(json!({"service": self.state.service_json(it, true)}))
    }

    pub(super) fn update_service(&mut self, now: Duration, params: &Params) -> Answer {
        let old = self.state.service(params)?.clone();
        if old.status != Status::Active {
            return Err(not_active());
        }
        spec::unsupported(params)?;
        let mut new = old.clone();
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
            Some(given) => self.state.runnable(given, fargate)?.clone(),
            None => self
                .state
                .task_definition(&old.task_definition)
                .cloned()
                .ok_or_else(|| client("TaskDefinition not found."))?,
        };
        new.task_definition.clone_from(&definition.arn);
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
        match self.bindings(now, params, &definition)? {
            Some(bindings) => new.load_balancers = bindings,
            None if named.is_some() => self.check_bindings(now, &new.load_balancers, &definition)?,
            None => {}
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
        new.rebalancing = spec::rebalancing(params, new.maximum_percent, Some(&old.rebalancing))?;
        if let Some(word) = params.word("propagateTags", &["TASK_DEFINITION", "SERVICE", "NONE"])? {
            new.propagate_tags = word.to_owned();
        }
        new.execute_command = params.boolean("enableExecuteCommand")?.unwrap_or(new.execute_command);
        new.managed_tags = params.boolean("enableECSManagedTags")?.unwrap_or(new.managed_tags);
        let force = params.boolean("forceNewDeployment")?.unwrap_or(false);
        if named.is_some() {
            self.faults.check_pass_role(now, "UpdateService", &definition.roles)?;
        }
        if new.desired < old.desired {
            self.saw_lowered(now, &old, new.desired, "UpdateService");
        }
        new.updated = true;
        new.steady &= new.desired == old.desired;
        let (revision, changed) = (new.revision(), new.revision() != old.revision());
        let arn = new.arn.clone();
        if let Some(primary) = new.deployments.first_mut() {
            primary.updated = now;
        }
        self.state.services.insert(arn.clone(), new);
        if force || changed {
            self.deploy(now, &arn, revision, false);
        }
        self.react(now, &arn);
        let it = self.state.services.get(&arn).ok_or_else(not_found)?;
        Ok(json!({"service": self.state.service_json(it, true)}))
    }

    pub(super) fn delete_service(&mut self, now: Duration, params: &Params) -> Answer {
        let it = self.state.service(params)?.clone();
        let force = params.boolean("force")?.unwrap_or(false);
        match it.status {
            Status::Inactive => return Err(not_found()),
            Status::Draining => return Ok(json!({"service": self.state.service_json(&it, true)})),
            Status::Active => {}
        }
        if it.desired > 0 && !force {
            return Err(invalid("The service cannot be stopped while it is scaled above 0."));
        }
        let in_flight = it.deployments.len() > 1
            || it.deployments.first().is_some_and(|primary| primary.rollout == Rollout::InProgress);
        if in_flight && !force {
            return Err(invalid("The service cannot be stopped while deployments are active."));
        }
        self.saw_lowered(now, &it, 0, "DeleteService");
        if let Some(service) = self.state.services.get_mut(&it.arn) {
            service.status = Status::Draining;
            service.desired = 0;
            service.steady = true;
        }
        self.react(now, &it.arn);
        let it = self.state.services.get(&it.arn).ok_or_else(not_found)?;
        Ok(json!({"service": self.state.service_json(it, true)}))
    }
}
