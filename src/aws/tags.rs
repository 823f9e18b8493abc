//! Tags: reading them in batches, bringing them in line, and telling by them whose an object is.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use aws_sdk_ecs::types as ecs;
use aws_sdk_elasticloadbalancingv2::types as elb;

use super::batch::Fetch;
use super::bisect;
use super::connect::{Aws, Clients};
use super::errors::{Error, Explain};
use super::limit::Quota;

const DESCRIBE: &str = "elasticloadbalancing:DescribeTags";
const ADD_ELB: &str = "elasticloadbalancing:AddTags";
const REMOVE_ELB: &str = "elasticloadbalancing:RemoveTags";
const ADD_ECS: &str = "ecs:TagResource";
const REMOVE_ECS: &str = "ecs:UntagResource";

pub(super) type Tags = BTreeMap<String, String>;

/// ARN of a rule or target group to its tags; `None` where it is gone.
pub(super) struct FetchTags(pub Arc<Clients>);

#[async_trait]
impl Fetch for FetchTags {
    type Key = String;
    type Value = Option<Arc<Tags>>;
    const OPERATION: &'static str = DESCRIBE;
    const MOST: usize = 20;

    async fn permit(&self) {
        self.0.elb(Quota::ElbRead).await;
    }

    async fn fetch(&self, keys: Vec<String>) -> Result<BTreeMap<String, Self::Value>, Error> {
        bisect::describe(&self.0, keys, async |client, arns| {
            let answer =
                client.describe_tags().set_resource_arns(Some(arns)).send().await.explain(DESCRIBE)?;
            let described = answer.tag_descriptions.unwrap_or_default().into_iter();
            let tags = |tags: Option<&[elb::Tag]>| Arc::new(flatten_elb(tags));
            Ok(described.map(|it| (it.resource_arn.unwrap_or_default(), tags(it.tags.as_deref()))).collect())
        })
        .await
    }
}

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

/// What to add or overwrite, and what to take away. AWS's own tags cannot be touched.
fn difference(is: &Tags, wished: &Tags) -> (Tags, Vec<String>) {
    let add = wished.iter().filter(|(key, value)| is.get(*key) != Some(value) && !aws_owned(key));
    let remove = is.keys().filter(|key| !wished.contains_key(*key) && !aws_owned(key));
    (add.map(|(key, value)| (key.clone(), value.clone())).collect(), remove.cloned().collect())
}

fn aws_owned(key: &str) -> bool {
    key.starts_with("aws:")
}

fn keep(pairs: impl Iterator<Item = (Option<String>, Option<String>)>) -> Tags {
    pairs
        .filter_map(|(key, value)| Some((key?, value.unwrap_or_default())))
        .filter(|(key, _)| !aws_owned(key))
        .collect()
}

pub(super) fn flatten_ecs(tags: Option<&[ecs::Tag]>) -> Tags {
    keep(tags.into_iter().flatten().map(|tag| (tag.key.clone(), tag.value.clone())))
}

pub(super) fn flatten_elb(tags: Option<&[elb::Tag]>) -> Tags {
    keep(tags.into_iter().flatten().map(|tag| (tag.key.clone(), tag.value.clone())))
}

pub(super) fn expand_ecs(tags: &Tags) -> Vec<ecs::Tag> {
    tags.iter().map(|(key, value)| ecs::Tag::builder().key(key).value(value).build()).collect()
}

pub(super) fn expand_elb(tags: &Tags) -> Vec<elb::Tag> {
    tags.iter().map(|(key, value)| elb::Tag::builder().key(key).value(value).build()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn only_what_differs_is_written_and_aws_keeps_its_own() {
        let is = tags(&[("a", "1"), ("b", "2"), ("c", "3"), ("aws:x", "y")]);
        let (add, remove) = difference(&is, &tags(&[("a", "1"), ("b", "9"), ("d", "4")]));
        assert_eq!(add, tags(&[("b", "9"), ("d", "4")]));
        assert_eq!(remove, ["c"]);
        let raw = [ecs::Tag::builder().key("aws:x").value("y").build(), ecs::Tag::builder().key("a").build()];
        assert_eq!(flatten_ecs(Some(&raw)), tags(&[("a", "")]));
    }
}
