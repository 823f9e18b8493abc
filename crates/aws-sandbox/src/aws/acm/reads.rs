//! Operations that only look. Certificates are looked at together with the listeners that use them.

use std::time::Duration;

use serde_json::{Value, json};

use super::model::Certificate;
use super::refusals::invalid;
use super::requests::ALGORITHMS;
use crate::aws::state::State;
use crate::call::error::{Answer, ApiError};
use crate::call::pages::page;
use crate::call::params::Params;

impl State {
    /// ARNs of the load balancers with a listener that has the certificate.
    pub fn used_by(&self, certificate: &str) -> Vec<String> {
        let users =
            self.elb.listeners.values().filter(|it| it.all_certificates().any(|arn| arn == certificate));
        let mut users: Vec<String> = users.map(|it| it.load_balancer.clone()).collect();
        users.sort();
        users.dedup();
        users
    }

    fn named(&self, params: &Params) -> Result<&Certificate, ApiError> {
        self.acm.certificate(params.needed("CertificateArn")?)
    }

    pub fn describe_certificate(&self, now: Duration, params: &Params) -> Answer {
        let it = self.named(params)?;
        Ok(json!({"Certificate": it.json(&self.acm.place, now, &self.used_by(&it.arn))}))
    }

    pub fn get_certificate(&self, now: Duration, params: &Params) -> Answer {
        let it = self.named(params)?;
        if !it.is_issued(now) {
            let text = "The certificate request is in progress and the certificate has not yet been issued.";
            return Err(ApiError::new("RequestInProgressException", text));
        }
        Ok(json!({"Certificate": it.issued.pem, "CertificateChain": it.issued.chain_pem}))
    }

    /// "By default, ... only RSA_1024 and RSA_2048 certificates": others are told when their key types are asked for
    /// (<https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html>).
    pub fn list_certificates(&self, now: Duration, params: &Params) -> Answer {
        let statuses = params.texts("CertificateStatuses")?;
        let includes = params.object("Includes")?;
        let types = match &includes {
            Some(includes) => includes.texts("keyTypes")?,
            None => None,
        };
        let types = types.unwrap_or_else(|| vec!["RSA_1024", "RSA_2048"]);
        if let Some(wrong) = types.iter().find(|it| !ALGORITHMS.contains(it)) {
            return Err(invalid(format!(
                "1 validation error detected: Value '{wrong}' at 'includes.keyTypes' failed to satisfy constraint: \
                 Member must satisfy enum value set: [{}]",
                ALGORITHMS.join(", ")
            )));
        }
        let size = params.within("MaxItems", 1, 1000)?.unwrap_or(1000) as usize;
        let chosen = self.acm.certificates.values().filter(|it| {
            types.contains(&it.algorithm.replacen('-', "_", 1).as_str())
                && statuses.as_ref().is_none_or(|wanted| wanted.contains(&it.status(now)))
        });
        let items = chosen.map(|it| (it.arn.clone(), it));
        let (found, next) = page(items, params.text("NextToken")?, size)
            .map_err(|()| invalid("The NextToken is not valid"))?;
        let summary = |it: &Certificate| it.summary(&self.acm.place, now, !self.used_by(&it.arn).is_empty());
        let found: Vec<Value> = found.into_iter().map(summary).collect();
        Ok(json!({"CertificateSummaryList": found, "NextToken": next}))
    }

    pub fn list_tags_for_certificate(&self, params: &Params) -> Answer {
        let tags = self.named(params)?.tags.iter();
        let tags: Vec<Value> = tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        Ok(json!({"Tags": tags}))
    }
}
