//! Application load balancers and their attributes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::error::{Answer, ApiError, validation};
use super::pages::page;
use super::params::{Api, Params};
use super::state::State;
use super::tags::{self, Tags};
use super::{World, attributes};

#[derive(Clone, Debug)]
pub struct LoadBalancer {
    pub arn: String,
    pub name: String,
    pub dns_name: String,
    pub created: Duration,
    /// When it stops being `provisioning`.
    pub active_at: Duration,
    pub scheme: String,
    pub vpc_id: String,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    pub attributes: BTreeMap<String, String>,
    pub tags: Tags,
}

impl LoadBalancer {
    pub fn idle_timeout(&self) -> Duration {
        let value = self.attributes.get("idle_timeout.timeout_seconds");
        Duration::from_secs(value.and_then(|text| text.parse().ok()).unwrap_or(60))
    }
}

fn not_found(what: &str) -> ApiError {
    ApiError::new("LoadBalancerNotFound", format!("Load balancers '[{what}]' not found"))
}

impl State {
    fn load_balancer_json(&self, now: Duration, it: &LoadBalancer) -> Value {
        let zones: Vec<Value> = it
            .subnets
            .iter()
            .enumerate()
            .map(|(index, subnet)| {
                json!({
                    "ZoneName": self.zone(index),
                    "SubnetId": subnet,
                    "LoadBalancerAddresses": [],
                })
            })
            .collect();
        json!({
            "LoadBalancerArn": it.arn,
            "DNSName": it.dns_name,
            "CanonicalHostedZoneId": "Z32O12XQLNTSW2",
            "CreatedTime": self.place.iso(it.created),
            "LoadBalancerName": it.name,
            "Scheme": it.scheme,
            "VpcId": it.vpc_id,
            "State": {"Code": if now < it.active_at { "provisioning" } else { "active" }},
            "Type": "application",
            "AvailabilityZones": zones,
            "SecurityGroups": it.security_groups,
            "IpAddressType": "ipv4",
        })
    }

    /// The availability zone of the n-th subnet of anything.
    pub fn zone(&self, index: usize) -> String {
        format!("{}{}", self.place.region, ["a", "b", "c"][index % 3])
    }

    pub fn describe_load_balancers(&self, now: Duration, params: &Params) -> Answer {
        let arns = params.texts("LoadBalancerArns")?.unwrap_or_default();
        let names = params.texts("Names")?.unwrap_or_default();
        for arn in &arns {
            if !self.load_balancers.contains_key(*arn) {
                return Err(ApiError::new("LoadBalancerNotFound", "One or more load balancers not found"));
            }
        }
        for name in &names {
            if !self.load_balancers.values().any(|it| it.name == *name) {
                return Err(not_found(name));
            }
        }
        let size = params.within("PageSize", 1, 400)?.unwrap_or(400) as usize;
        let chosen = self.load_balancers.values().filter(|it| {
            (arns.is_empty() || arns.contains(&it.arn.as_str()))
                && (names.is_empty() || names.contains(&it.name.as_str()))
        });
        let items = chosen.map(|it| (it.arn.clone(), it));
        let (found, next) = page(items, params.text("Marker")?, size).map_err(|()| bad_marker())?;
        let found: Vec<Value> = found.into_iter().map(|it| self.load_balancer_json(now, it)).collect();
        Ok(json!({"LoadBalancers": found, "NextMarker": next}))
    }

    pub fn load_balancer(&self, arn: &str) -> Result<&LoadBalancer, ApiError> {
        self.load_balancers.get(arn).ok_or_else(|| not_found(arn))
    }

    pub fn describe_load_balancer_attributes(&self, params: &Params) -> Answer {
        let it = self.load_balancer(params.needed("LoadBalancerArn")?)?;
        Ok(json!({"Attributes": attributes::write(&it.attributes)}))
    }
}

pub fn bad_marker() -> ApiError {
    validation("The marker is not valid")
}

impl World {
    pub(super) fn create_load_balancer(&mut self, now: Duration, params: &Params) -> Answer {
        let name = params.needed("Name")?;
        check_name("Load balancer", name)?;
        if name.starts_with("internal-") {
            return Err(validation("Load balancer name cannot begin with 'internal-'"));
        }
        if params
            .word("Type", &["application", "network", "gateway"])?
            .is_some_and(|kind| kind != "application")
        {
            return Err(validation("The sandbox has application load balancers only"));
        }
        let scheme = params.word("Scheme", &["internet-facing", "internal"])?.unwrap_or("internet-facing");
        let mut subnets: Vec<String> =
            params.texts("Subnets")?.unwrap_or_default().into_iter().map(str::to_owned).collect();
        for mapping in params.objects("SubnetMappings")?.unwrap_or_default() {
            subnets.push(mapping.needed("SubnetId")?.to_owned());
        }
        if subnets.len() < 2 {
            return Err(validation(
                "At least two subnets in two different Availability Zones must be specified",
            ));
        }
        let security_groups: Vec<String> =
            params.texts("SecurityGroups")?.unwrap_or_default().into_iter().map(str::to_owned).collect();
        let tags = tags::parse(Api::Elb, params, "Tags")?;
        if let Some(existing) = self.state.load_balancers.values().find(|it| it.name == name) {
            if existing.scheme == scheme
                && existing.subnets == subnets
                && existing.security_groups == security_groups
            {
                return Ok(json!({"LoadBalancers": [self.state.load_balancer_json(now, existing)]}));
            }
            return Err(ApiError::new(
                "DuplicateLoadBalancerName",
                format!("A load balancer with the same name '{name}' exists, but with different settings"),
            ));
        }
        let id = self.dice.hex16();
        let number = self.dice.roll() % 9_000_000_000 + 1_000_000_000;
        let internal = if scheme == "internal" { "internal-" } else { "" };
        let it = LoadBalancer {
            arn: self.state.place.elb(&format!("loadbalancer/app/{name}/{id}")),
            name: name.to_owned(),
            dns_name: format!("{internal}{name}-{number}.{}.elb.amazonaws.com", self.state.place.region),
            created: now,
            active_at: now + Duration::from_secs(60),
            scheme: scheme.to_owned(),
            vpc_id: self.settings.vpc_id.clone(),
            subnets,
            security_groups,
            attributes: attributes::of_load_balancer(),
            tags,
        };
        let answer = json!({"LoadBalancers": [self.state.load_balancer_json(now, &it)]});
        self.state.load_balancers.insert(it.arn.clone(), it);
        Ok(answer)
    }

    pub(super) fn delete_load_balancer(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("LoadBalancerArn")?;
        let Some(it) = self.state.load_balancers.get(arn) else { return Ok(json!({})) };
        if it.attributes.get("deletion_protection.enabled").is_some_and(|value| value == "true") {
            return Err(ApiError::new(
                "OperationNotPermitted",
                format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled"),
            ));
        }
        self.state.load_balancers.remove(arn);
        let listeners: Vec<String> = self
            .state
            .listeners
            .values()
            .filter(|it| it.load_balancer == arn)
            .map(|it| it.arn.clone())
            .collect();
        for listener in listeners {
            self.remove_listener(now, &listener);
        }
        Ok(json!({}))
    }

    pub(super) fn modify_load_balancer_attributes(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("LoadBalancerArn")?;
        self.state.load_balancer(arn)?;
        let changes = attributes::read(params)?;
        let Some(it) = self.state.load_balancers.get_mut(arn) else { return Err(not_found(arn)) };
        for (key, value) in &changes {
            if !it.attributes.contains_key(key) {
                return Err(validation(format!("Load balancer attribute key '{key}' is not recognized")));
            }
            attributes::check(key, value)?;
        }
        it.attributes.extend(changes);
        let answer = json!({"Attributes": attributes::write(&it.attributes)});
        let listeners: Vec<String> = self
            .state
            .listeners
            .values()
            .filter(|it| it.load_balancer == arn)
            .map(|it| it.arn.clone())
            .collect();
        for listener in listeners {
            self.propagate(now, &listener);
        }
        Ok(answer)
    }
}

/// The rule for names of load balancers and target groups: 1–32 letters, digits and inner hyphens.
pub fn check_name(what: &str, name: &str) -> Result<(), ApiError> {
    if name.chars().count() > 32 {
        return Err(validation(format!("{what} name '{name}' cannot be longer than '32' characters")));
    }
    if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') {
        return Err(validation(format!(
            "{what} name '{name}' can only contain characters that are alphanumeric characters or hyphens(-)"
        )));
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Err(validation(format!("{what} name '{name}' cannot begin or end with '-'")));
    }
    Ok(())
}
