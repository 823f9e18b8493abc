//! DescribeServiceRevisions: what a deployment was made of.

use serde_json::{Value, json};

use crate::aws::ecs::model::Ecs;
use crate::aws::ecs::model::deployment::{Binding, Record, platform};
use crate::aws::ecs::model::service::Service;
use crate::aws::ecs::refusals::invalid;
use crate::call::error::Answer;
use crate::call::params::Params;

/// A revision's ARN follows from its deployment's.
pub fn revision_arn(record: &Record) -> String {
    record.arn.replacen(":service-deployment/", ":service-revision/", 1)
}

impl Ecs {
    /// Only of deployments that are not over: older ones are MISSING.
    pub fn describe_service_revisions(&self, params: &Params) -> Answer {
        let asked =
            params.texts("serviceRevisionArns")?.ok_or_else(|| params.missing("serviceRevisionArns"))?;
        if asked.len() > 20 {
            return Err(invalid("serviceRevisionArns can have at most 20 items."));
        }
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for arn in asked {
            let path =
                arn.rsplit_once('/').map(|(path, _)| path.replacen(":service-revision/", ":service/", 1));
            let service = path.and_then(|path| self.services.get(&path));
            match service.and_then(|service| self.revision_json(service, arn)) {
                Some(revision) => found.push(revision),
                None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
            }
        }
        Ok(json!({"serviceRevisions": found, "failures": failures}))
    }

    fn revision_json(&self, service: &Service, arn: &str) -> Option<Value> {
        let record = service.history.iter().find(|record| revision_arn(record) == arn)?;
        let it = &service.deployments.iter().find(|it| it.id == record.deployment)?.revision;
        Some(json!({
            "serviceRevisionArn": arn,
            "serviceArn": service.arn,
            "clusterArn": self.place.ecs(&format!("cluster/{}", service.cluster)),
            "taskDefinition": it.task_definition,
            "launchType": service.launch_type,
            "capacityProviderStrategy": service.strategy_json(),
            "platformVersion": platform(&it.platform_version),
            "platformFamily": "Linux",
            "loadBalancers": it.load_balancers.iter().map(Binding::json).collect::<Vec<_>>(),
            "networkConfiguration": it.network,
            "gatewayConnectors": service.gateway_connectors,
            "createdAt": self.place.seconds(record.created),
        }))
    }
}
