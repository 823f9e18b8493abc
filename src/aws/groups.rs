//! Target groups: finding and changing them, and the health of their targets.

mod expand;
pub(super) mod flatten;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types as elb;
use tokio::time::Instant;

use super::connect::Aws;
use super::errors::{Error, Explain};
use super::limit::Quota;
use super::ownership::{Depth, Ownership};
use super::tags::{Tags, expand_elb};
use crate::bluegreen::layout::Layout;
use crate::bluegreen::observed::{Group, Target};
use crate::bluegreen::side::{Pair, Side};
use crate::bluegreen::spec::GroupSettings;

pub(super) use flatten::{Attributes, group};

const DESCRIBE_ATTRIBUTES: &str = "elasticloadbalancing:DescribeTargetGroupAttributes";
const DESCRIBE_HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";
const CREATE: &str = "elasticloadbalancing:CreateTargetGroup";
const MODIFY: &str = "elasticloadbalancing:ModifyTargetGroup";
const MODIFY_ATTRIBUTES: &str = "elasticloadbalancing:ModifyTargetGroupAttributes";
const DELETE: &str = "elasticloadbalancing:DeleteTargetGroup";

/// How long attributes are believed while a release is watched closely: each look would otherwise cost two
/// calls more, of ten a second that the whole account has.
const ATTRIBUTES_BELIEVED: Duration = Duration::from_secs(20);

impl Aws {
    pub(super) async fn find_groups(
        &self,
        whose: &Ownership,
    ) -> Result<Pair<Option<Arc<elb::TargetGroup>>>, Error> {
        let names = &whose.group_names;
        let mut found = self.shared.groups.ask_all([names.blue.clone(), names.green.clone()]).await?;
        Ok(Pair::from_fn(|side| found.remove(&names[side]).flatten()))
    }

    /// `None` where the group went away meanwhile.
    pub(super) async fn find_attributes(&self, arn: &str, depth: Depth) -> Result<Option<Attributes>, Error> {
        let believed = if depth == Depth::Proof { self.believed(arn) } else { None };
        if believed.is_some() {
            return Ok(believed);
        }
        let elb = self.clients.elb(Quota::ElbRead).await;
        let request = elb.describe_target_group_attributes().target_group_arn(arn);
        let answer = match request.send().await.explain(DESCRIBE_ATTRIBUTES) {
            Err(error) if error.not_found() => return Ok(None),
            answer => answer?,
        };
        let attributes = flatten::attributes(answer.attributes.as_deref().unwrap_or_default());
        let mut remembered = self.shared.attributes.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.insert(arn.to_owned(), (Instant::now(), attributes.clone()));
        Ok(Some(attributes))
    }

    fn believed(&self, arn: &str) -> Option<Attributes> {
        let remembered = self.shared.attributes.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, attributes) = remembered.get(arn)?;
        (at.elapsed() < ATTRIBUTES_BELIEVED).then(|| attributes.clone())
    }

    /// None where the group went away meanwhile.
    pub(super) async fn find_targets(&self, arn: &str) -> Result<Vec<Target>, Error> {
        let elb = self.clients.elb(Quota::ElbRead).await;
        let request = elb.describe_target_health().target_group_arn(arn);
        let answer = match request.send().await.explain(DESCRIBE_HEALTH) {
            Err(error) if error.not_found() => return Ok(Vec::new()),
            answer => answer?,
        };
        Ok(answer.target_health_descriptions.unwrap_or_default().iter().filter_map(flatten::target).collect())
    }

    /// Attributes are set when it has been looked at: AWS answers with the group that is there, where somebody else
    /// has made one like it under this name, and that one is not ours to change.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html>
    pub(super) async fn create_group(
        &self,
        name: &str,
        settings: &GroupSettings,
        tags: &Tags,
    ) -> Result<(), Error> {
        let elb = self.elb_to_write(CREATE).await?;
        let request = expand::creation(name, settings).set_tags(Some(expand_elb(tags)));
        request.send_with(elb).await.explain(CREATE)?;
        Ok(())
    }

    /// Only what differs.
    pub(super) async fn configure_group(&self, group: &Group, layout: &Layout) -> Result<(), Error> {
        let wished = &layout.group;
        if group.settings.health_check != wished.health_check {
            let elb = self.elb_to_write(MODIFY).await?;
            let request = expand::health_check(&group.id, wished, &group.settings.fixed.protocol_version);
            request.send_with(elb).await.explain(MODIFY)?;
        }
        if group.settings.attributes != wished.attributes {
            self.set_attributes(&group.id, wished).await?;
        }
        Ok(())
    }

    pub(super) async fn delete_group(&self, arn: &str) -> Result<(), Error> {
        let elb = self.elb_to_write(DELETE).await?;
        match elb.delete_target_group().target_group_arn(arn).send().await.explain(DELETE) {
            Err(error) if error.not_found() => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    async fn set_attributes(&self, arn: &str, settings: &GroupSettings) -> Result<(), Error> {
        let elb = self.elb_to_write(MODIFY_ATTRIBUTES).await?;
        let attributes = Some(expand::attributes(&settings.attributes));
        let request = elb.modify_target_group_attributes().target_group_arn(arn).set_attributes(attributes);
        let answer = request.send().await.explain(MODIFY_ATTRIBUTES);
        self.shared.attributes.lock().unwrap_or_else(PoisonError::into_inner).remove(arn);
        answer.map(|_| ())
    }
}

/// The ARNs of what was found.
pub(super) fn arns(groups: &Pair<Option<Arc<elb::TargetGroup>>>) -> Pair<Option<String>> {
    Pair::from_fn(|side: Side| groups[side].as_ref().and_then(|group| group.target_group_arn.clone()))
}
