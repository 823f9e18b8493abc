//! Tags as values: ours and AWS's, and what is to change of them.

use std::collections::BTreeMap;

use aws_sdk_ecs::types as ecs;
use aws_sdk_elasticloadbalancingv2::types as elb;

pub(super) type Tags = BTreeMap<String, String>;

/// What to add or overwrite, and what to take away. AWS's own tags cannot be touched.
pub(super) fn difference(is: &Tags, wished: &Tags) -> (Tags, Vec<String>) {
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
