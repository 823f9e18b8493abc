//! Reads that many callers want at the same moment, as calls for many objects at once. Who asks waits in `batch`.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_ecs::types as ecs;
use aws_sdk_elasticloadbalancingv2::types as elb;

use super::batch::Fetch;
use super::bisect;
use super::clients::Clients;
use super::errors::{Error, Explain};
use super::limit::Quota;
use super::tags::{Tags, flatten_elb};

const DESCRIBE_GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups";
const DESCRIBE_RULES: &str = "elasticloadbalancing:DescribeRules";
const DESCRIBE_SERVICES: &str = "ecs:DescribeServices";
const DESCRIBE_TAGS: &str = "elasticloadbalancing:DescribeTags";

/// Cluster and name to service; `None` where there is none, or only the memory of one (INACTIVE).
pub(super) struct FetchServices(pub Arc<Clients>);

#[async_trait]
impl Fetch for FetchServices {
    type Key = (String, String);
    type Value = Option<Arc<ecs::Service>>;
    const OPERATION: &'static str = DESCRIBE_SERVICES;
    const MOST: usize = 10;

    fn together(a: &Self::Key, b: &Self::Key) -> bool {
        a.0 == b.0
    }

    async fn permit(&self) {
        self.0.ecs(Quota::ServiceRead).await;
    }

    async fn fetch(&self, keys: Vec<Self::Key>) -> Result<BTreeMap<Self::Key, Self::Value>, Error> {
        let mut found: BTreeMap<_, _> = keys.iter().map(|key| (key.clone(), None)).collect();
        let Some((cluster, _)) = keys.first() else { return Ok(found) };
        let answer = self
            .0
            .ecs_now()
            .describe_services()
            .cluster(cluster)
            .set_services(Some(keys.iter().map(|(_, name)| name.clone()).collect()))
            .include(ecs::ServiceField::Tags)
            .send()
            .await
            .explain(DESCRIBE_SERVICES);
        let answer = match answer {
            Err(error) if error.not_found() => return Ok(found),
            answer => answer?,
        };
        for service in answer.services.unwrap_or_default() {
            let key = (cluster.clone(), service.service_name.clone().unwrap_or_default());
            if service.status.as_deref() != Some("INACTIVE") {
                found.insert(key, Some(Arc::new(service)));
            }
        }
        Ok(found)
    }
}

/// Name to target group; `None` where there is none.
pub(super) struct FetchGroups(pub Arc<Clients>);

#[async_trait]
impl Fetch for FetchGroups {
    type Key = String;
    type Value = Option<Arc<elb::TargetGroup>>;
    const OPERATION: &'static str = DESCRIBE_GROUPS;
    const MOST: usize = 20;

    async fn permit(&self) {
        self.0.elb(Quota::ElbRead).await;
    }

    async fn fetch(&self, keys: Vec<String>) -> Result<BTreeMap<String, Self::Value>, Error> {
        bisect::describe(&self.0, keys, async |client, names| {
            let request = client.describe_target_groups().set_names(Some(names));
            let answer = request.send().await.explain(DESCRIBE_GROUPS)?;
            let groups = answer.target_groups.unwrap_or_default().into_iter();
            Ok(groups.map(|it| (it.target_group_name.clone().unwrap_or_default(), Arc::new(it))).collect())
        })
        .await
    }
}

/// Listener's ARN to its rules; `None` where there is no such listener.
pub(super) struct FetchRules(pub Arc<Clients>);

#[async_trait]
impl Fetch for FetchRules {
    type Key = String;
    type Value = Option<Arc<Vec<elb::Rule>>>;
    const OPERATION: &'static str = DESCRIBE_RULES;
    const MOST: usize = 1;

    async fn permit(&self) {
        self.0.elb(Quota::ElbRead).await;
    }

    async fn fetch(&self, keys: Vec<String>) -> Result<BTreeMap<String, Self::Value>, Error> {
        let mut found = BTreeMap::new();
        for listener in keys {
            let rules = match self.rules(&listener).await {
                Err(error) if error.not_found() => None,
                rules => Some(Arc::new(rules?)),
            };
            found.insert(listener, rules);
        }
        Ok(found)
    }
}

impl FetchRules {
    async fn rules(&self, listener: &str) -> Result<Vec<elb::Rule>, Error> {
        let (mut rules, mut marker) = (Vec::new(), None);
        let mut client = self.0.elb_now();
        loop {
            let request = client.describe_rules().listener_arn(listener).page_size(400);
            let page = request.set_marker(marker).send().await.explain(DESCRIBE_RULES)?;
            rules.extend(page.rules.unwrap_or_default());
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(rules);
            }
            client = self.0.elb(Quota::ElbRead).await;
        }
    }
}

/// ARN of a rule or target group to its tags; `None` where it is gone.
pub(super) struct FetchTags(pub Arc<Clients>);

#[async_trait]
impl Fetch for FetchTags {
    type Key = String;
    type Value = Option<Arc<Tags>>;
    const OPERATION: &'static str = DESCRIBE_TAGS;
    const MOST: usize = 20;

    async fn permit(&self) {
        self.0.elb(Quota::ElbRead).await;
    }

    async fn fetch(&self, keys: Vec<String>) -> Result<BTreeMap<String, Self::Value>, Error> {
        bisect::describe(&self.0, keys, async |client, arns| {
            let answer =
                client.describe_tags().set_resource_arns(Some(arns)).send().await.explain(DESCRIBE_TAGS)?;
            let described = answer.tag_descriptions.unwrap_or_default().into_iter();
            let tags = |tags: Option<&[elb::Tag]>| Arc::new(flatten_elb(tags));
            Ok(described.map(|it| (it.resource_arn.unwrap_or_default(), tags(it.tags.as_deref()))).collect())
        })
        .await
    }
}
