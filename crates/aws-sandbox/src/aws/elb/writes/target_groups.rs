//! CreateTargetGroup, ModifyTargetGroup and its attributes, DeleteTargetGroup.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::aws::elb::model::attributes as defaults;
use crate::aws::elb::model::target_group::TargetGroup;
use crate::aws::elb::refusals::{invalid_configuration, target_group_not_found, validation};
use crate::aws::elb::requests::health_checks::{Of, check};
use crate::aws::elb::requests::names::check_name;
use crate::aws::elb::requests::{attributes, tags};
use crate::aws::place;
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl World {
    pub(crate) fn create_target_group(&mut self, now: Duration, params: &Params) -> Answer {
        let name = params.needed("Name")?;
        check_name("Target group", name)?;
        let target_type =
            params.word("TargetType", &["instance", "ip", "lambda", "alb"])?.unwrap_or("instance");
        if matches!(target_type, "lambda" | "alb") {
            return Err(validation(format!("The sandbox has no target groups of type '{target_type}'")));
        }
        let all = ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"];
        let protocol =
            params.word("Protocol", &all)?.ok_or_else(|| validation("A protocol must be specified"))?;
        let network = !["HTTP", "HTTPS"].contains(&protocol);
        if protocol == "GENEVE" {
            return Err(validation("The sandbox has no Gateway Load Balancers"));
        }
        let port =
            params.within("Port", 1, 65_535)?.ok_or_else(|| validation("A port must be specified"))? as u16;
        let vpc_id = params.text("VpcId")?.filter(|id| !id.is_empty());
        let vpc_id = vpc_id.ok_or_else(|| validation("A VPC ID must be specified"))?;
        let version = match params.word("ProtocolVersion", &["HTTP1", "HTTP2", "GRPC"])? {
            Some(_) if network => {
                return Err(validation(format!(
                    "Protocol version is not supported for protocol '{protocol}'"
                )));
            }
            given => (!network).then(|| given.unwrap_or("HTTP1").to_owned()),
        };
        let check = check(params, Of::group(protocol, version.as_deref()), None)?;
        let tags = tags::parse(params)?;
        if let Some(old) = self.state.elb.target_groups.values().find(|it| it.name == name) {
            let same = old.protocol == protocol
                && old.protocol_version == version
                && old.port == port
                && old.vpc_id == vpc_id
                && old.target_type == target_type
                && old.check == check;
            if same {
                return Ok(json!({"TargetGroups": [old.json()]}));
            }
            return Err(ApiError::new(
                "DuplicateTargetGroupName",
                format!("A target group with the same name '{name}' exists, but with different settings"),
            ));
        }
        if self.state.elb.target_groups.len() >= 3000 {
            return Err(ApiError::new(
                "TooManyTargetGroups",
                "You have reached the maximum number of target groups",
            ));
        }
        let group = TargetGroup {
            arn: self.settings.place.elb(&format!("targetgroup/{name}/{}", self.dice.hex16())),
            name: name.to_owned(),
            protocol: protocol.to_owned(),
            protocol_version: version,
            port,
            vpc_id: vpc_id.to_owned(),
            target_type: target_type.to_owned(),
            check,
            attributes: if network {
                defaults::of_network_target_group()
            } else {
                defaults::of_target_group()
            },
            tags,
            load_balancer: None,
            associated_since: now,
            targets: BTreeMap::new(),
            created: now,
        };
        let answer = json!({"TargetGroups": [group.json()]});
        self.state.elb.target_groups.insert(group.arn.clone(), group);
        Ok(answer)
    }

    pub(crate) fn modify_target_group(&mut self, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        let old = self.state.elb.target_group(arn)?;
        let of = Of::group(&old.protocol, old.protocol_version.as_deref());
        let check = check(params, of, Some(&old.check))?;
        let Some(group) = self.state.elb.target_groups.get_mut(arn) else {
            return Err(target_group_not_found());
        };
        group.check = check;
        let answer = json!({"TargetGroups": [group.json()]});
        self.version += 1;
        Ok(answer)
    }

    pub(crate) fn modify_target_group_attributes(&mut self, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        let changes = attributes::read(params)?;
        let group = self.state.elb.target_group(arn)?;
        let mut new = group.attributes.clone();
        for (key, value) in changes {
            if !new.contains_key(&key) {
                return Err(validation(format!("Target group attribute key '{key}' is not recognized")));
            }
            attributes::check(&key, &value)?;
            new.insert(key, value);
        }
        attributes::check_together(&new)?;
        let turned_on = group.attribute("stickiness.enabled") != "true"
            && new.get("stickiness.enabled").is_some_and(|value| value == "true");
        if turned_on && let Some(behind) = self.state.elb.weighted_without_stickiness(arn) {
            return Err(invalid_configuration(format!(
                "This target group appears behind a rule with group stickiness disabled ({behind}). You must \
                 enable group stickiness before enabling target stickiness"
            )));
        }
        let answer = json!({"Attributes": defaults::write(&new)});
        if let Some(group) = self.state.elb.target_groups.get_mut(arn) {
            group.attributes = new;
        }
        self.version += 1;
        Ok(answer)
    }

    pub(crate) fn delete_target_group(&mut self, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        if place::kind(arn) != "targetgroup" {
            return Err(validation(format!("'{arn}' is not a valid target group ARN")));
        }
        if self.state.elb.target_groups.get(arn).is_some_and(|it| it.load_balancer.is_some()) {
            let text = format!("Target group '{arn}' is currently in use by a listener or a rule");
            return Err(ApiError::new("ResourceInUse", text));
        }
        self.state.elb.target_groups.remove(arn);
        self.version += 1;
        Ok(json!({}))
    }
}
