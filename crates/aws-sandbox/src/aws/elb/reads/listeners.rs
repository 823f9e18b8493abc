//! DescribeListeners and their attributes.

use serde_json::{Value, json};

use crate::aws::elb::model::Elb;
use crate::aws::elb::model::listener::Listener;
use crate::aws::elb::refusals::{bad_marker, validation};
use crate::call::error::Answer;
use crate::call::pages::page;
use crate::call::params::Params;

impl Elb {
    pub fn describe_listeners(&self, params: &Params) -> Answer {
        let arns = params.texts("ListenerArns")?.unwrap_or_default();
        let of = params.text("LoadBalancerArn")?.filter(|arn| !arn.is_empty());
        match of {
            Some(_) if !arns.is_empty() => {
                return Err(validation("A load balancer ARN and listener ARNs cannot be specified together"));
            }
            None if arns.is_empty() => {
                return Err(validation("You must specify either listener ARNs or a load balancer ARN"));
            }
            Some(arn) => self.load_balancer(arn).map(drop)?,
            None => {}
        }
        for arn in &arns {
            self.listener(arn)?;
        }
        let size = params.within("PageSize", 1, 400)?.unwrap_or(400) as usize;
        let chosen = self
            .listeners
            .values()
            .filter(|it| of.map_or_else(|| arns.contains(&it.arn.as_str()), |of| it.load_balancer == of));
        let items = chosen.map(|it| (it.arn.clone(), it));
        let (found, next) = page(items, params.text("Marker")?, size).map_err(|()| bad_marker())?;
        let found: Vec<Value> = found.into_iter().map(Listener::json).collect();
        Ok(json!({"Listeners": found, "NextMarker": next}))
    }

    /// "If the default certificate is also in the certificate list, it appears twice"
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListenerCertificates.html>).
    pub fn describe_listener_certificates(&self, params: &Params) -> Answer {
        let it = self.listener(params.needed("ListenerArn")?)?;
        let size = params.within("PageSize", 1, 400)?.unwrap_or(400) as usize;
        let default = it.certificate.iter().map(|arn| (arn, true));
        let all = default.chain(it.certificate_list.iter().map(|arn| (arn, false)));
        let told = all.enumerate().map(|(index, (arn, default))| {
            (format!("{index:03}"), json!({"CertificateArn": arn, "IsDefault": default}))
        });
        let (found, next) = page(told, params.text("Marker")?, size).map_err(|()| bad_marker())?;
        Ok(json!({"Certificates": found, "NextMarker": next}))
    }

    pub fn describe_listener_attributes(&self, params: &Params) -> Answer {
        self.listener(params.needed("ListenerArn")?)?;
        Ok(json!({"Attributes": [{"Key": "routing.http.response.server.enabled", "Value": "true"}]}))
    }
}
