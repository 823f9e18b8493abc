//! ECS clusters.

use std::time::Duration;

use serde_json::{Value, json};

use super::World;
use super::error::{Answer, ApiError, invalid};
use super::pages::page;
use super::params::{Api, Params};
use super::services::Status;
use super::state::State;
use super::tags::{self, Tags};
use super::tasks::LastStatus;

#[derive(Clone, Debug)]
pub struct Cluster {
    pub arn: String,
    pub name: String,
    pub active: bool,
    pub tags: Tags,
    pub default_strategy: Value,
    pub created: Duration,
}

pub fn not_found() -> ApiError {
    ApiError::new("ClusterNotFoundException", "Cluster not found.")
}

/// The name inside a cluster's ARN, or the name itself.
pub fn short(given: &str) -> &str {
    if given.starts_with("arn:") { given.rsplit('/').next().unwrap_or_default() } else { given }
}

pub fn bad_token() -> ApiError {
    invalid("Invalid token.")
}

impl State {
    /// The ACTIVE cluster a request names; `default` if it names none.
    pub fn cluster(&self, params: &Params) -> Result<&Cluster, ApiError> {
        let given = params.text("cluster")?.unwrap_or("default");
        let found = self
            .clusters
            .get(short(given))
            .filter(|it| it.active && (!given.starts_with("arn:") || it.arn == given));
        found.ok_or_else(not_found)
    }

    fn cluster_json(&self, it: &Cluster, with_tags: bool) -> Value {
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
            found["tags"] = tags::ecs(&it.tags);
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

/// 1 to `most` letters, digits, hyphens and underscores.
pub fn is_name(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl World {
    pub(super) fn create_cluster(&mut self, now: Duration, params: &Params) -> Answer {
        let name = params.text("clusterName")?.unwrap_or("default");
        if !is_name(name, 255) {
            return Err(invalid(
                "Invalid cluster name. Cluster names can be 1 to 255 letters, numbers, underscores and hyphens.",
            ));
        }
        let tags = tags::parse(Api::Ecs, params, "tags")?;
        let strategy = params.get("defaultCapacityProviderStrategy").cloned().unwrap_or_else(|| json!([]));
        let arn = self.state.place.ecs(&format!("cluster/{name}"));
        let it = self.state.clusters.entry(name.to_owned()).or_insert_with(|| Cluster {
            arn,
            name: name.to_owned(),
            active: false,
            tags: Tags::new(),
            default_strategy: json!([]),
            created: now,
        });
        if !it.active {
            (it.active, it.tags, it.default_strategy, it.created) = (true, tags, strategy, now);
        }
        let it = it.clone();
        Ok(json!({"cluster": self.state.cluster_json(&it, true)}))
    }

    pub(super) fn delete_cluster(&mut self, params: &Params) -> Answer {
        params.needed("cluster")?;
        let name = self.state.cluster(params)?.name.clone();
        let holds = |cluster: &str, status: Status| cluster == name && status == Status::Active;
        if self.state.services.values().any(|it| holds(&it.cluster, it.status)) {
            return Err(ApiError::new(
                "ClusterContainsServicesException",
                "The Cluster cannot be deleted while Services are active.",
            ));
        }
        if self.state.tasks.values().any(|it| it.cluster == name && it.last_status != LastStatus::Stopped) {
            return Err(ApiError::new(
                "ClusterContainsTasksException",
                "The Cluster cannot be deleted while Tasks are active.",
            ));
        }
        let Some(it) = self.state.clusters.get_mut(&name) else { return Err(not_found()) };
        it.active = false;
        let it = it.clone();
        Ok(json!({"cluster": self.state.cluster_json(&it, true)}))
    }
}
