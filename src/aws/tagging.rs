//! Bringing tags in line.

use std::sync::PoisonError;

use super::connect::Aws;
use super::errors::{Error, Explain};
use super::limit::Quota;
use super::tags::{Tags, difference, expand_ecs, expand_elb};

const ADD_ELB: &str = "elasticloadbalancing:AddTags";
const REMOVE_ELB: &str = "elasticloadbalancing:RemoveTags";
const ADD_ECS: &str = "ecs:TagResource";
const REMOVE_ECS: &str = "ecs:UntagResource";

impl Aws {
    pub(super) async fn tag_service(&self, arn: &str, is: &Tags, wished: &Tags) -> Result<(), Error> {
        let (add, remove) = difference(is, wished);
        if !add.is_empty() {
            let ecs = self.ecs_to_write(Quota::TagWrite, ADD_ECS).await?;
            let request = ecs.tag_resource().resource_arn(arn).set_tags(Some(expand_ecs(&add)));
            request.send().await.explain(ADD_ECS)?;
        }
        if !remove.is_empty() {
            let ecs = self.ecs_to_write(Quota::TagWrite, REMOVE_ECS).await?;
            let request = ecs.untag_resource().resource_arn(arn).set_tag_keys(Some(remove));
            request.send().await.explain(REMOVE_ECS)?;
        }
        Ok(())
    }

    /// For rules and target groups.
    pub(super) async fn tag_elb(&self, arn: &str, is: &Tags, wished: &Tags) -> Result<(), Error> {
        self.shared.owners.lock().unwrap_or_else(PoisonError::into_inner).remove(arn);
        let (add, remove) = difference(is, wished);
        if !add.is_empty() {
            let elb = self.elb_to_write(ADD_ELB).await?;
            let request = elb.add_tags().resource_arns(arn).set_tags(Some(expand_elb(&add)));
            request.send().await.explain(ADD_ELB)?;
        }
        if !remove.is_empty() {
            let elb = self.elb_to_write(REMOVE_ELB).await?;
            let request = elb.remove_tags().resource_arns(arn).set_tag_keys(Some(remove));
            request.send().await.explain(REMOVE_ELB)?;
        }
        Ok(())
    }
}
