//! DescribeClusters, ListClusters.

use serde_json::{Value, json};

use crate::aws::ecs::model::Ecs;
use crate::aws::ecs::model::cluster::{Cluster, short};
use crate::aws::ecs::model::service::Status;
use crate::aws::ecs::model::task::LastStatus;
use crate::aws::ecs::refusals::{bad_token, invalid};
use crate::aws::ecs::requests::tags;
use crate::call::error::Answer;
use crate::call::pages::page;
use crate::call::params::Params;

impl Ecs {
    pub fn cluster_json(&self, it: &Cluster, with_tags: bool) -> Value {
        let tasks = || self.tasks.values().filter(|task| task.cluster == it.name);
        let pending = |status: LastStatus| {
            matches!(status, LastStatus::Provisioning | LastStatus::Pending | LastStatus::Activating)
        };
        let services = self
            .services
            .values()
            .filter(|service| service.cluster == it.name && service.status == Status::Active);
        let mut found = json!({
            "clusterArn": it.arn,
            "clusterName": it.name,
            "status": if it.active { "ACTIVE" } else { "INACTIVE" },
            "registeredContainerInstancesCount": 0,
            "runningTasksCount": tasks().filter(|task| task.last_status == LastStatus::Running).count(),
            "pendingTasksCount": tasks().filter(|task| pending(task.last_status)).count(),
            "activeServicesCount": services.count(),
            "statistics": [],
            "tags": [],
            "settings": [],
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategy": it.default_strategy,
        });
        if with_tags {
            found["tags"] = tags::write(&it.tags);
        }
        found
    }

    pub fn describe_clusters(&self, params: &Params) -> Answer {
        let asked =
            params.texts("clusters")?.filter(|list| !list.is_empty()).unwrap_or_else(|| vec!["default"]);
        if asked.len() > 100 {
            return Err(invalid("clusters can have at most 100 items."));
        }
        let with_tags = params.includes("include", "TAGS")?;
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for given in asked {
            match self.clusters.get(short(given)) {
                Some(it) => found.push(self.cluster_json(it, with_tags)),
                None => {
                    let arn = self.place.ecs(&format!("cluster/{}", short(given)));
                    failures.push(json!({"arn": arn, "reason": "MISSING"}));
                }
            }
        }
        Ok(json!({"clusters": found, "failures": failures}))
    }

    pub fn list_clusters(&self, params: &Params) -> Answer {
        let size = params.within("maxResults", 1, 100)?.unwrap_or(100) as usize;
        let items = self.clusters.values().filter(|it| it.active).map(|it| (it.arn.clone(), it.arn.clone()));
        let (found, next) = page(items, params.text("nextToken")?, size).map_err(|()| bad_token())?;
        Ok(json!({"clusterArns": found, "nextToken": next}))
    }
}
