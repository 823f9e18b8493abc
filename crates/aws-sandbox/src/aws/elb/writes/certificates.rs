//! Which certificates a listener may have, AddListenerCertificates and RemoveListenerCertificates.

use std::time::Duration;

use serde_json::{Value, json};

use crate::aws::elb::model::listener::Listener;
use crate::aws::elb::refusals::{certificate_not_found, not_permitted, unsupported_certificate, validation};
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

/// Certificates of a load balancer, default ones apart
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>).
const MOST: usize = 25;

impl World {
    /// Refuses a certificate that is not there, in this region, or not issued yet.
    pub(super) fn check_certificate(&self, now: Duration, arn: &str) -> Result<(), ApiError> {
        let service = arn.split(':').nth(2).unwrap_or_default();
        if !arn.starts_with("arn:") || !["acm", "iam"].contains(&service) {
            return Err(validation(format!("Certificate ARN '{arn}' is not valid")));
        }
        let Some(it) = self.state.acm.certificates.get(arn) else {
            return Err(certificate_not_found(arn));
        };
        if !it.is_issued(now) || !it.domain().contains('.') {
            return Err(unsupported_certificate(arn));
        }
        Ok(())
    }

    fn listener_and_certificates(&self, params: &Params) -> Result<(Listener, Vec<String>), ApiError> {
        let it = self.state.elb.listener(params.needed("ListenerArn")?)?.clone();
        let list = params.objects("Certificates")?.ok_or_else(|| params.missing("Certificates"))?;
        let arns = list.iter().map(|it| it.needed("CertificateArn").map(str::to_owned));
        Ok((it, arns.collect::<Result<_, _>>()?))
    }

    /// "If the certificate in already in the certificate list, the call is successful but the certificate is not added
    /// again"
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html>).
    pub(crate) fn add_listener_certificates(&mut self, now: Duration, params: &Params) -> Answer {
        let (mut it, arns) = self.listener_and_certificates(params)?;
        if it.certificate.is_none() {
            return Err(validation(format!("You cannot specify certificates for {} listeners", it.protocol)));
        }
        for arn in &arns {
            self.check_certificate(now, arn)?;
            if !it.certificate_list.contains(arn) {
                it.certificate_list.push(arn.clone());
            }
        }
        let all = self.state.elb.listeners.values().filter(|other| other.load_balancer == it.load_balancer);
        let others: usize =
            all.filter(|other| other.arn != it.arn).map(|other| other.certificate_list.len()).sum();
        if others + it.certificate_list.len() > MOST {
            let text = "You have reached the maximum number of certificates per load balancer";
            return Err(ApiError::new("TooManyCertificates", text));
        }
        self.replace(now, it);
        let told: Vec<Value> =
            arns.iter().map(|arn| json!({"CertificateArn": arn, "IsDefault": false})).collect();
        Ok(json!({"Certificates": told}))
    }

    pub(crate) fn remove_listener_certificates(&mut self, now: Duration, params: &Params) -> Answer {
        let (mut it, arns) = self.listener_and_certificates(params)?;
        let default =
            |arn: &String| it.certificate.as_ref() == Some(arn) && !it.certificate_list.contains(arn);
        if arns.iter().any(default) {
            return Err(not_permitted("The default certificate cannot be removed"));
        }
        it.certificate_list.retain(|arn| !arns.contains(arn));
        self.replace(now, it);
        Ok(json!({}))
    }

    fn replace(&mut self, now: Duration, it: Listener) {
        let arn = it.arn.clone();
        self.state.elb.listeners.insert(arn.clone(), it);
        self.propagate(now, &arn);
    }
}
