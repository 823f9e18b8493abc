//! DescribeServiceDeployments, ListServiceDeployments.

use serde_json::{Value, json};

use super::service_revisions::revision_arn;
use crate::aws::ecs::model::Ecs;
use crate::aws::ecs::model::deployment::Record;
use crate::aws::ecs::model::service::Service;
use crate::aws::ecs::refusals::{bad_token, invalid};
use crate::call::error::Answer;
use crate::call::pages::page;
use crate::call::params::Params;

impl Ecs {
    fn record_json(&self, service: &Service, record: &Record, whole: bool) -> Value {
        let revision = revision_arn(record);
        let mut found = json!({
            "serviceDeploymentArn": record.arn,
            "serviceArn": service.arn,
            "clusterArn": self.place.ecs(&format!("cluster/{}", service.cluster)),
            "createdAt": self.place.seconds(record.created),
            "startedAt": self.place.seconds(record.created),
            "finishedAt": record.finished.map(|at| self.place.seconds(at)),
            "status": record.status,
            "statusReason": record.reason,
        });
        if whole {
            let (running, pending) = self.counts(service);
            found["targetServiceRevision"] = json!({
                "arn": revision, "requestedTaskCount": service.desired,
                "runningTaskCount": running, "pendingTaskCount": pending,
            });
            found["updatedAt"] = json!(self.place.seconds(record.finished.unwrap_or(record.created)));
        } else {
            found["targetServiceRevisionArn"] = json!(revision);
        }
        found
    }

    pub fn list_service_deployments(&self, params: &Params) -> Answer {
        let service = self.service(params)?;
        let wanted = params.texts("status")?.unwrap_or_default();
        let range = params.object("createdAt")?;
        let bound = |name: &str| range.and_then(|it| it.get(name)).and_then(Value::as_f64);
        let (after, before) = (bound("after"), bound("before"));
        let size = params.within("maxResults", 1, 100)?.unwrap_or(20) as usize;
        let chosen = service.history.iter().enumerate().filter(|(_, record)| {
            let created = self.place.seconds(record.created);
            (wanted.is_empty() || wanted.contains(&record.status))
                && after.is_none_or(|after| created >= after)
                && before.is_none_or(|before| created <= before)
        });
        let items =
            chosen.map(|(index, record)| (format!("{index:05}"), self.record_json(service, record, false)));
        let (found, next) = page(items, params.text("nextToken")?, size).map_err(|()| bad_token())?;
        Ok(json!({"serviceDeployments": found, "nextToken": next}))
    }

    pub fn describe_service_deployments(&self, params: &Params) -> Answer {
        let asked =
            params.texts("serviceDeploymentArns")?.ok_or_else(|| params.missing("serviceDeploymentArns"))?;
        if asked.len() > 20 {
            return Err(invalid("serviceDeploymentArns can have at most 20 items."));
        }
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for arn in asked {
            let path =
                arn.rsplit_once('/').map(|(path, _)| path.replacen(":service-deployment/", ":service/", 1));
            let service = path.and_then(|path| self.services.get(&path));
            let record = service
                .and_then(|it| it.history.iter().find(|record| record.arn == arn).map(|record| (it, record)));
            match record {
                Some((service, record)) => found.push(self.record_json(service, record, true)),
                None => failures.push(json!({"arn": arn, "reason": "MISSING"})),
            }
        }
        Ok(json!({"serviceDeployments": found, "failures": failures}))
    }
}
