//! What CreateService and UpdateService may ask for: reading and checking it.

use serde_json::{Value, json};

use crate::aws::ecs::model::service::Breaker;
use crate::aws::ecs::refusals::invalid;
use crate::call::error::ApiError;
use crate::call::params::Params;

/// `deploymentConfiguration`, as far as given.
#[derive(Default)]
pub struct Configuration {
    pub minimum: Option<u32>,
    pub maximum: Option<u32>,
    pub breaker: Option<Breaker>,
}

pub fn configuration(params: &Params) -> Result<Configuration, ApiError> {
    let Some(given) = params.object("deploymentConfiguration")? else { return Ok(Configuration::default()) };
    if given
        .word("strategy", &["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"])?
        .is_some_and(|it| it != "ROLLING")
    {
        return Err(ApiError::new(
            "UnsupportedFeatureException",
            "The sandbox has the ROLLING strategy only.",
        ));
    }
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
    Ok(Configuration { minimum: percent(minimum), maximum: percent(maximum), breaker })
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
    if let Some(controller) = params.object("deploymentController")?
        && controller.word("type", &["ECS", "CODE_DEPLOY", "EXTERNAL"])?.is_some_and(|kind| kind != "ECS")
    {
        return Err(ApiError::new(
            "UnsupportedFeatureException",
            "The sandbox has the ECS deployment controller only.",
        ));
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
