//! DescribeLoadBalancers and its attributes.

use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::elb::model::Elb;
use crate::aws::elb::model::attributes;
use crate::aws::elb::refusals::{bad_marker, load_balancer_not_found};
use crate::call::error::{Answer, ApiError};
use crate::call::pages::page;
use crate::call::params::Params;

impl Elb {
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
                return Err(load_balancer_not_found(name));
            }
        }
        let size = params.within("PageSize", 1, 400)?.unwrap_or(400) as usize;
        let chosen = self.load_balancers.values().filter(|it| {
            (arns.is_empty() || arns.contains(&it.arn.as_str()))
                && (names.is_empty() || names.contains(&it.name.as_str()))
        });
        let items = chosen.map(|it| (it.arn.clone(), it));
        let (found, next) = page(items, params.text("Marker")?, size).map_err(|()| bad_marker())?;
        let found: Vec<Value> = found.into_iter().map(|it| it.json(&self.place, now)).collect();
        Ok(json!({"LoadBalancers": found, "NextMarker": next}))
    }

    pub fn describe_load_balancer_attributes(&self, params: &Params) -> Answer {
        let it = self.load_balancer(params.needed("LoadBalancerArn")?)?;
        Ok(json!({"Attributes": attributes::write(&it.attributes)}))
    }
}
