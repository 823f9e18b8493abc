//! CreateLoadBalancer, ModifyLoadBalancerAttributes, DeleteLoadBalancer.

use std::time::Duration;

use serde_json::json;

use crate::aws::elb::model::attributes as defaults;
use crate::aws::elb::model::load_balancer::{Kind, LoadBalancer};
use crate::aws::elb::refusals::{load_balancer_not_found, validation};
use crate::aws::elb::requests::names::check_name;
use crate::aws::elb::requests::{attributes, tags};
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl World {
    pub(crate) fn create_load_balancer(&mut self, now: Duration, params: &Params) -> Answer {
        let name = params.needed("Name")?;
        check_name("Load balancer", name)?;
        if name.starts_with("internal-") {
            return Err(validation("Load balancer name cannot begin with 'internal-'"));
        }
        let kind = match params.word("Type", &["application", "network", "gateway"])? {
            Some("gateway") => return Err(validation("The sandbox has no Gateway Load Balancers")),
            Some("network") => Kind::Network,
            _ => Kind::Application,
        };
        let scheme = params.word("Scheme", &["internet-facing", "internal"])?.unwrap_or("internet-facing");
        let mut subnets: Vec<String> =
            params.texts("Subnets")?.unwrap_or_default().into_iter().map(str::to_owned).collect();
        for mapping in params.objects("SubnetMappings")?.unwrap_or_default() {
            subnets.push(mapping.needed("SubnetId")?.to_owned());
        }
        if subnets.is_empty() || (kind == Kind::Application && subnets.len() < 2) {
            return Err(validation(
                "At least two subnets in two different Availability Zones must be specified",
            ));
        }
        let security_groups: Vec<String> =
            params.texts("SecurityGroups")?.unwrap_or_default().into_iter().map(str::to_owned).collect();
        let tags = tags::parse(params)?;
        if let Some(existing) = self.state.elb.load_balancers.values().find(|it| it.name == name) {
            if existing.kind == kind
                && existing.scheme == scheme
                && existing.subnets == subnets
                && existing.security_groups == security_groups
            {
                return Ok(json!({"LoadBalancers": [existing.json(&self.settings.place, now)]}));
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
            arn: self.settings.place.elb(&format!(
                "loadbalancer/{}/{name}/{id}",
                if kind == Kind::Network { "net" } else { "app" }
            )),
            name: name.to_owned(),
            kind,
            dns_name: format!("{internal}{name}-{number}.{}.elb.amazonaws.com", self.settings.place.region),
            created: now,
            active_at: now + Duration::from_secs(60),
            scheme: scheme.to_owned(),
            vpc_id: self.settings.vpc_id.clone(),
            zones: subnets
                .iter()
                .enumerate()
                .map(|(index, subnet)| self.settings.zone(subnet, index))
                .collect(),
            subnets,
            security_groups,
            attributes: match kind {
                Kind::Application => defaults::of_load_balancer(),
                Kind::Network => defaults::of_network_load_balancer(),
            },
            tags,
        };
        let answer = json!({"LoadBalancers": [it.json(&self.settings.place, now)]});
        self.state.elb.load_balancers.insert(it.arn.clone(), it);
        Ok(answer)
    }

    pub(crate) fn delete_load_balancer(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("LoadBalancerArn")?;
        let Some(it) = self.state.elb.load_balancers.get(arn) else { return Ok(json!({})) };
        if it.attributes.get("deletion_protection.enabled").is_some_and(|value| value == "true") {
            return Err(ApiError::new(
                "OperationNotPermitted",
                format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled"),
            ));
        }
        self.state.elb.load_balancers.remove(arn);
        for listener in self.state.elb.listeners_of(arn) {
            self.remove_listener(now, &listener);
        }
        Ok(json!({}))
    }

    pub(crate) fn modify_load_balancer_attributes(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("LoadBalancerArn")?;
        self.state.elb.load_balancer(arn)?;
        let changes = attributes::read(params)?;
        let Some(it) = self.state.elb.load_balancers.get_mut(arn) else {
            return Err(load_balancer_not_found(arn));
        };
        for (key, value) in &changes {
            if !it.attributes.contains_key(key) {
                return Err(validation(format!("Load balancer attribute key '{key}' is not recognized")));
            }
            attributes::check(key, value)?;
        }
        it.attributes.extend(changes);
        let answer = json!({"Attributes": defaults::write(&it.attributes)});
        for listener in self.state.elb.listeners_of(arn) {
            self.propagate(now, &listener);
        }
        Ok(answer)
    }
}
