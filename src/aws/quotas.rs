//! How much of its quotas a load balancer has used. Asked before the first write of what needs more.

use super::connect::Aws;
use super::errors::{Error, Explain};
use super::limit;
use crate::bluegreen::listener;
use crate::bluegreen::preflight::quotas::{Quota, Room};

const LIMITS: &str = "elasticloadbalancing:DescribeAccountLimits";
const GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups";

/// What one load balancer may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    rules: usize,
    groups: usize,
}

impl Aws {
    /// What the load balancer of that listener has and may have. Its default rules are not counted, as AWS does not.
    ///
    /// # Errors
    /// Where AWS did not say.
    pub async fn room(&self, listener: &str) -> Result<Room, Error> {
        let balancer = listener::load_balancer(listener).unwrap_or_default();
        let rules = async {
            let listeners = self.find_listeners(&balancer).await?;
            let found = self.shared.rules.ask_all(listeners).await?;
            let rules = found.values().flatten().flat_map(|rules| rules.iter());
            Ok(rules.filter(|rule| rule.is_default != Some(true)).count())
        };
        let most = self.shared.most.get_or_try_init(|| self.most());
        let (most, rules, groups) = tokio::try_join!(most, rules, self.groups_behind(&balancer))?;
        Ok(Room {
            rules: Quota { used: rules, most: most.rules },
            groups: Quota { used: groups, most: most.groups },
        })
    }

    /// What the account may have does not change while we run.
    async fn most(&self) -> Result<Most, Error> {
        let (mut most, mut marker) = (Most { rules: usize::MAX, groups: usize::MAX }, None);
        loop {
            let elb = self.clients.elb(limit::Quota::ElbRead).await;
            let page = elb.describe_account_limits().set_marker(marker).send().await.explain(LIMITS)?;
            for limit in page.limits.unwrap_or_default() {
                let Some(max) = limit.max.and_then(|max| max.parse().ok()) else { continue };
                match limit.name.as_deref() {
                    Some("rules-per-application-load-balancer") => most.rules = max,
                    Some("target-groups-per-application-load-balancer") => most.groups = max,
                    _ => {}
                }
            }
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(most);
            }
        }
    }

    async fn groups_behind(&self, balancer: &str) -> Result<usize, Error> {
        let (mut count, mut marker) = (0, None);
        loop {
            let elb = self.clients.elb(limit::Quota::ElbRead).await;
            let request = elb.describe_target_groups().load_balancer_arn(balancer).page_size(400);
            let page = match request.set_marker(marker).send().await.explain(GROUPS) {
                // Some say so of a load balancer without any group.
                Err(error) if error.not_found() => return Ok(count),
                page => page?,
            };
            count += page.target_groups.unwrap_or_default().len();
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(count);
            }
        }
    }
}
