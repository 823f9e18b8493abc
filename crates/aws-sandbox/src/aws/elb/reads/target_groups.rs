//! DescribeTargetGroups, their attributes and the health of their targets.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::aws::elb::model::Elb;
use crate::aws::elb::model::attributes;
use crate::aws::elb::model::target::TargetHealth;
use crate::aws::elb::model::target_group::TargetGroup;
use crate::aws::elb::refusals::{bad_marker, target_group_not_found, validation};
use crate::aws::elb::requests::targets::parse;
use crate::call::error::Answer;
use crate::call::pages::page;
use crate::call::params::Params;

impl Elb {
    pub fn describe_target_groups(&self, params: &Params) -> Answer {
        let arns = params.texts("TargetGroupArns")?.unwrap_or_default();
        let names = params.texts("Names")?.unwrap_or_default();
        let of = params.text("LoadBalancerArn")?.filter(|arn| !arn.is_empty());
        if [!arns.is_empty(), !names.is_empty(), of.is_some()].into_iter().filter(|it| *it).count() > 1 {
            return Err(validation(
                "Target group ARNs, names and a load balancer ARN cannot be specified together",
            ));
        }
        for arn in &arns {
            self.target_group(arn)?;
        }
        if let Some(arn) = of {
            self.load_balancer(arn)?;
        }
        let chosen: Vec<&TargetGroup> = self
            .target_groups
            .values()
            .filter(|it| {
                (arns.is_empty() || arns.contains(&it.arn.as_str()))
                    && (names.is_empty() || names.contains(&it.name.as_str()))
                    && of.is_none_or(|of| it.load_balancer.as_deref() == Some(of))
            })
            .collect();
        if names.iter().any(|name| !chosen.iter().any(|it| it.name == *name)) {
            return Err(target_group_not_found());
        }
        let size = params.within("PageSize", 1, 400)?.unwrap_or(400) as usize;
        let items = chosen.into_iter().map(|it| (it.arn.clone(), it.json()));
        let (found, next) = page(items, params.text("Marker")?, size).map_err(|()| bad_marker())?;
        Ok(json!({"TargetGroups": found, "NextMarker": next}))
    }

    pub fn describe_target_group_attributes(&self, params: &Params) -> Answer {
        let group = self.target_group(params.needed("TargetGroupArn")?)?;
        Ok(json!({"Attributes": attributes::write(&group.attributes)}))
    }

    pub fn describe_target_health(&self, params: &Params) -> Answer {
        let group = self.target_group(params.needed("TargetGroupArn")?)?;
        let associated = group.load_balancer.is_some();
        let one = |ip: Ipv4Addr, port: u16, health: TargetHealth| {
            json!({
                "Target": {"Id": ip.to_string(), "Port": port, "AvailabilityZone": self.place.zone(usize::from(ip.octets()[3]))},
                "HealthCheckPort": group.check.port.unwrap_or(port).to_string(),
                "TargetHealth": health.json(),
            })
        };
        let asked = parse(params, group)?.filter(|asked| !asked.is_empty());
        let found: Vec<Value> = match asked {
            None => group.targets.values().map(|it| one(it.ip, it.port, it.health(associated))).collect(),
            Some(asked) => asked
                .into_iter()
                .map(|(ip, port)| {
                    let text = "Target is not registered to the target group";
                    let unknown = || TargetHealth::new("unused", "Target.NotRegistered", text);
                    let health =
                        group.targets.get(&(ip, port)).map_or_else(unknown, |it| it.health(associated));
                    one(ip, port, health)
                })
                .collect(),
        };
        Ok(json!({"TargetHealthDescriptions": found}))
    }
}
