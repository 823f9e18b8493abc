//! CreateCluster, DeleteCluster.

use std::time::Duration;

use serde_json::json;

use crate::aws::ecs::model::cluster::Cluster;
use crate::aws::ecs::model::service::Status;
use crate::aws::ecs::model::task::LastStatus;
use crate::aws::ecs::refusals::{cluster_not_found, invalid};
use crate::aws::ecs::requests::names::is_name;
use crate::aws::ecs::requests::tags;
use crate::aws::tags::Tags;
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl World {
    pub(crate) fn create_cluster(&mut self, now: Duration, params: &Params) -> Answer {
        let name = params.text("clusterName")?.unwrap_or("default");
        if !is_name(name, 255) {
            return Err(invalid(
                "Invalid cluster name. Cluster names can be 1 to 255 letters, numbers, underscores and hyphens.",
            ));
        }
        let tags = tags::parse(params)?;
        let strategy = params.get("defaultCapacityProviderStrategy").cloned().unwrap_or_else(|| json!([]));
        let arn = self.settings.place.ecs(&format!("cluster/{name}"));
        let it = self.state.ecs.clusters.entry(name.to_owned()).or_insert_with(|| Cluster {
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
        Ok(json!({"cluster": self.state.ecs.cluster_json(&it, true)}))
    }

    pub(crate) fn delete_cluster(&mut self, params: &Params) -> Answer {
        params.needed("cluster")?;
        let name = self.state.ecs.cluster(params)?.name.clone();
        let holds = |cluster: &str, status: Status| cluster == name && status == Status::Active;
        if self.state.ecs.services.values().any(|it| holds(&it.cluster, it.status)) {
            return Err(ApiError::new(
                "ClusterContainsServicesException",
                "The Cluster cannot be deleted while Services are active.",
            ));
        }
        if self.state.ecs.tasks.values().any(|it| it.cluster == name && it.last_status != LastStatus::Stopped)
        {
            return Err(ApiError::new(
                "ClusterContainsTasksException",
                "The Cluster cannot be deleted while Tasks are active.",
            ));
        }
        let Some(it) = self.state.ecs.clusters.get_mut(&name) else { return Err(cluster_not_found()) };
        it.active = false;
        let it = it.clone();
        Ok(json!({"cluster": self.state.ecs.cluster_json(&it, true)}))
    }
}
