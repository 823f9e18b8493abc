//! What CreateService and UpdateService may ask for: reading and checking it.

use serde_json::{Value, json};

use crate::aws::ecs::model::service::{Breaker, Controller};
use crate::aws::ecs::refusals::invalid;
use crate::call::error::ApiError;
use crate::call::params::Params;

/// `deploymentConfiguration`, as far as given.
#[derive(Default)]
pub struct Configuration {
    pub minimum: Option<u32>,
    pub maximum: Option<u32>,
    pub breaker: Option<Breaker>,
    pub strategy: Option<Value>,
}

pub fn configuration(params: &Params) -> Result<Configuration, ApiError> {
    let Some(given) = params.object("deploymentConfiguration")? else { return Ok(Configuration::default()) };
    let minimum = given.integer("minimumHealthyPercent")?;
    let maximum = given.integer("maximumPercent")?;
    if minimum.is_some_and(|percent| !(0..=100).contains(&percent)) {
        return Err(invalid("minimumHealthyPercent must be between 0 and 100."));
    }
    if maximum.is_some_and(|percent| !(100..=2_147_483_647).contains(&percent)) {
        return Err(invalid("maximumPercent must be greater than or equal to 100."));
    }
    let breaker = match given.object("deploymentCircuitBreaker")? {
        None => None,
        Some(it) => match (it.boolean("enable")?, it.boolean("rollback")?) {
            (Some(enable), Some(rollback)) => Some(Breaker { enable, rollback }),
            _ => return Err(invalid("The deployment circuit breaker needs both enable and rollback.")),
        },
    };
    let percent = |it: Option<i64>| it.map(|percent| percent as u32);
    Ok(Configuration {
        minimum: percent(minimum),
        maximum: percent(maximum),
        breaker,
        strategy: rollout_strategy(&given)?,
    })
}

/// `strategy` with what it needs; `None` if it is not named
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html>).
fn rollout_strategy(given: &Params) -> Result<Option<Value>, ApiError> {
    let Some(name) = given.word("strategy", &["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"])? else {
        return Ok(None);
    };
    let bake = given.within("bakeTimeInMinutes", 0, 1440)?;
    let mut told = json!({"strategy": name, "bakeTimeInMinutes": bake.unwrap_or(0)});
    for (of, member) in [("LINEAR", "linearConfiguration"), ("CANARY", "canaryConfiguration")] {
        if given.has(member) && of != name {
            return Err(invalid(format!("{member} can only be specified with the {of} strategy.")));
        }
    }
    for member in ["linearConfiguration", "canaryConfiguration", "lifecycleHooks"] {
        if let Some(value) = given.get(member) {
            told[member] = value.clone();
        }
    }
    Ok(Some(told))
}

/// What a service that names no strategy has.
pub fn rolling() -> Value {
    json!({"strategy": "ROLLING", "bakeTimeInMinutes": 0})
}

pub fn controller(params: &Params) -> Result<Option<Controller>, ApiError> {
    let Some(given) = params.object("deploymentController")? else { return Ok(None) };
    Ok(match given.word("type", &["ECS", "CODE_DEPLOY", "EXTERNAL"])? {
        None => None,
        Some("CODE_DEPLOY") => Some(Controller::CodeDeploy),
        Some("EXTERNAL") => Some(Controller::External),
        Some(_) => Some(Controller::Ecs),
    })
}

/// What a caller may not change himself where somebody else makes the deployments
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-service-parameters.html>).
pub fn left_to_controller(controller: Controller, params: &Params) -> Result<(), ApiError> {
    let way_out = match controller {
        Controller::Ecs => return Ok(()),
        Controller::CodeDeploy => "Use AWS CodeDeploy to trigger a new deployment.",
        Controller::External => "Create a task set to trigger a new deployment.",
    };
    let parts = [
        ("taskDefinition", "task definition"),
        ("networkConfiguration", "network parameters"),
        ("loadBalancers", "load balancers"),
        ("platformVersion", "platform version"),
    ];
    let forced = params.boolean("forceNewDeployment")? == Some(true);
    let part = parts.iter().find(|(member, _)| params.has(member)).map(|(_, part)| *part);
    match part.or(forced.then_some("deployment")) {
        None => Ok(()),
        Some(part) => Err(invalid(format!(
            "Unable to update {part} on services with a {} deployment controller. {way_out}",
            controller.word()
        ))),
    }
}

/// Task sets bring along what other services name themselves.
pub fn empty_for_task_sets(params: &Params) -> Result<(), ApiError> {
    for (member, name) in [
        ("taskDefinition", "TaskDefinition"),
        ("loadBalancers", "LoadBalancers"),
        ("networkConfiguration", "NetworkConfiguration"),
        ("platformVersion", "PlatformVersion"),
    ] {
        let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("");
        if params.get(member).is_some_and(|value| !empty(value)) {
            return Err(invalid(format!("{name} must be empty or null.")));
        }
    }
    Ok(())
}

/// `networkConfiguration`, with its defaults filled in.
pub fn network(params: &Params) -> Result<Option<Value>, ApiError> {
    let Some(given) = params.object("networkConfiguration")? else { return Ok(None) };
    let Some(vpc) = given.object("awsvpcConfiguration")? else {
        return Err(invalid(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ));
    };
    let subnets = vpc.texts("subnets")?.unwrap_or_default();
    let groups = vpc.texts("securityGroups")?.unwrap_or_default();
    if subnets.is_empty() {
        return Err(invalid("subnets can not be empty."));
    }
    if subnets.len() > 16 {
        return Err(invalid("subnets can have at most 16 items."));
    }
    if groups.len() > 5 {
        return Err(invalid("securityGroups can have at most 5 items."));
    }
    let public = vpc.word("assignPublicIp", &["ENABLED", "DISABLED"])?.unwrap_or("DISABLED");
    Ok(Some(json!({
        "awsvpcConfiguration": {"subnets": subnets, "securityGroups": groups, "assignPublicIp": public}
    })))
}

/// `capacityProviderStrategy`; `Some` of nothing goes back to the launch type.
pub fn strategy(params: &Params) -> Result<Option<Vec<Value>>, ApiError> {
    let Some(given) = params.objects("capacityProviderStrategy")? else { return Ok(None) };
    if given.len() > 20 {
        return Err(invalid("capacityProviderStrategy can have at most 20 items."));
    }
    let mut found = Vec::new();
    let mut bases = 0;
    for it in given {
        let name = it.needed("capacityProvider")?;
        if !["FARGATE", "FARGATE_SPOT"].contains(&name) {
            return Err(invalid(format!("The specified capacity provider '{name}' was not found.")));
        }
        let weight = it.within("weight", 0, 1000)?.unwrap_or(0);
        let base = it.within("base", 0, 100_000)?.unwrap_or(0);
        bases += u32::from(base > 0);
        found.push(json!({"capacityProvider": name, "weight": weight, "base": base}));
    }
    if bases > 1 {
        return Err(invalid(
            "Only one capacity provider in a capacity provider strategy can have a base defined.",
        ));
    }
    if !found.is_empty() && found.iter().all(|it| it["weight"] == json!(0)) {
        return Err(invalid("At least one capacity provider must have a weight greater than zero."));
    }
    Ok(Some(found))
}

pub fn desired_count(params: &Params) -> Result<Option<u32>, ApiError> {
    match params.integer("desiredCount")? {
        None => Ok(None),
        Some(count @ 0..=5000) => Ok(Some(count as u32)),
        Some(count) if count < 0 => Err(invalid("Desired count can not be negative.")),
        Some(_) => Err(invalid("The desired count exceeds the maximum of 5000 tasks of a service.")),
    }
}

pub fn grace(params: &Params) -> Result<Option<u64>, ApiError> {
    Ok(params.within("healthCheckGracePeriodSeconds", 0, 2_147_483_647)?.map(|seconds| seconds as u64))
}

/// Refuses what the sandbox does not do, loudly.
pub fn unsupported(params: &Params) -> Result<(), ApiError> {
    let lists = ["serviceRegistries", "volumeConfigurations", "vpcLatticeConfigurations"];
    for name in lists {
        if params.objects(name)?.is_some_and(|list| !list.is_empty()) {
            return Err(ApiError::new("UnsupportedFeatureException", format!("The sandbox has no {name}.")));
        }
    }
    if let Some(it) = params.object("serviceConnectConfiguration")?
        && it.boolean("enabled")? == Some(true)
    {
        return Err(ApiError::new("UnsupportedFeatureException", "The sandbox has no Service Connect."));
    }
    Ok(())
}

pub fn rebalancing(params: &Params, maximum: u32, kept: Option<&str>) -> Result<String, ApiError> {
    let given = params.word("availabilityZoneRebalancing", &["ENABLED", "DISABLED"])?;
    match (given, kept) {
        (Some("ENABLED"), _) if maximum <= 100 => {
            Err(invalid("Service rebalancing requires a maximumPercent greater than 100."))
        }
        (None, None) if maximum <= 100 => Ok("DISABLED".to_owned()),
        (given, kept) => Ok(given.or(kept).unwrap_or("ENABLED").to_owned()),
    }
}
