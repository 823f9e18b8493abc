//! Ownership objects are looked at: the names they go by, and what is known to be ours without a tag.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;

use crate::bluegreen::listener;
use crate::bluegreen::names::{self, LISTENERS_TAG, OWNER_TAG};
use crate::bluegreen::owned::Mark;
use crate::bluegreen::side::Pair;

/// What tells our objects from everybody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// `CLUSTER/NAME/ID`, the ownership tag's value.
    pub tag: String,
    /// What its creation drew.
    pub id: String,
    /// A creation also looks at what another of the same name may have left behind.
    pub creates: bool,
    /// Name or ARN.
    pub cluster: String,
    pub name: String,
    /// ARNs.
    pub listener: String,
    pub test_listener: Option<String>,
    pub group_names: Pair<String>,
    pub service_names: Pair<String>,
    /// ARN of the production rule, which its tag or its looks may not tell.
    pub production: Option<String>,
    /// ARNs that are ours even without a tag.
    pub known: BTreeSet<String>,
    /// ARN of the rule of the test listener, as far as it is known.
    pub known_test: Option<String>,
}

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What plans are made from.
    Facts,
    /// Also target health, the addresses of tasks and, where something is wrong, what AWS says about it.
    Proof,
}

impl Ownership {
    /// The names we give. `cluster` may be a name or an ARN.
    pub fn new(
        cluster: &str,
        name: &str,
        id: &str,
        listener: &str,
        test_listener: Option<&str>,
    ) -> Ownership {
        let short = short_cluster(cluster);
        Ownership {
            tag: format!("{short}/{name}/{id}"),
            id: id.to_owned(),
            creates: false,
            cluster: cluster.to_owned(),
            name: name.to_owned(),
            listener: listener.to_owned(),
            test_listener: test_listener.map(str::to_owned),
            group_names: Pair::from_fn(|side| names::group(short, name, side)),
            service_names: Pair::from_fn(|side| names::service(name, side)),
            production: None,
            known: BTreeSet::new(),
            known_test: None,
        }
    }

    /// What the state and its tags say of an object.
    pub(super) fn mark(&self, arn: &str, tags: &BTreeMap<String, String>) -> Mark {
        let held = self.known.contains(arn);
        match tags.get(OWNER_TAG) {
            Some(tag) if *tag == self.tag => {
                if held {
                    Mark::Held
                } else {
                    Mark::Tagged
                }
            }
            None if held => Mark::Held,
            Some(tag) if self.namesake(tag) => Mark::Namesake,
            _ => Mark::Foreign,
        }
    }

    /// Of whatever creation of this name.
    pub(super) fn namesake(&self, tag: &str) -> bool {
        tag.strip_suffix(tag.rsplit('/').next().unwrap_or_default()) == Some(self.prefix())
    }

    /// The id in a tag of this name.
    pub(super) fn id_in<'a>(&self, tag: &'a str) -> Option<&'a str> {
        tag.strip_prefix(self.prefix()).filter(|id| !id.is_empty() && !id.contains('/'))
    }

    fn prefix(&self) -> &str {
        self.tag.strip_suffix(self.id.as_str()).unwrap_or(&self.tag)
    }

    /// Further listeners that a target group's tags name, while rules go from one to another.
    pub(super) fn named_in<'a>(
        &self,
        tags: &'a BTreeMap<String, String>,
    ) -> impl Iterator<Item = String> + 'a {
        let near = self.listener.clone();
        let ids = tags.get(LISTENERS_TAG).map(|ids| ids.split('/')).into_iter().flatten();
        ids.filter_map(move |id| listener::beside(&near, id))
    }

    /// Every listener a rule of ours may be on: the wished ones, and those of known rules.
    pub(super) fn listeners(&self) -> BTreeSet<String> {
        let known = self.known.iter().filter_map(|arn| listener::of_rule(arn));
        known.chain([self.listener.clone()]).chain(self.test_listener.clone()).collect()
    }
}

/// An id that no other creation has. Drawn when applying: what a plan draws is lost before Terraform 1.16.
pub fn drawn_id() -> String {
    format!("{:016x}", rand::rng().random::<u64>())
}

/// `shop` for both `shop` and `arn:aws:ecs:…:cluster/shop`.
pub(super) fn short_cluster(cluster: &str) -> &str {
    cluster.rsplit_once(":cluster/").map_or(cluster, |(_, short)| short)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";

    #[test]
    fn a_cluster_is_known_by_its_name_and_by_its_arn() {
        assert_eq!(short_cluster("arn:aws:ecs:eu-west-1:123456789012:cluster/shop"), "shop");
        assert_eq!(short_cluster("shop"), "shop");
    }

    #[test]
    fn a_known_rule_on_another_listener_is_looked_for_there() {
        let mut whose = Ownership::new("shop", "web", "1", "L", None);
        whose.known.insert(format!("{AT}:listener-rule/app/web/1/2/3"));
        assert_eq!(whose.listeners().len(), 2);
        assert_eq!(whose.tag, "shop/web/1");
    }

    #[test]
    fn the_name_alone_owns_nothing() {
        let mut whose = Ownership::new("shop", "web", "1", "L", None);
        let tagged = |tag: &str| BTreeMap::from([(OWNER_TAG.to_owned(), tag.to_owned())]);
        for (tag, mark) in [
            ("shop/web/1", Mark::Tagged),
            ("shop/web/2", Mark::Namesake),
            ("shop/web", Mark::Foreign),
            ("shop/web/", Mark::Namesake),
            ("shop/web/1/2", Mark::Foreign),
            ("shop/other/1", Mark::Foreign),
        ] {
            assert_eq!(whose.mark("A", &tagged(tag)), mark, "{tag}");
        }
        assert_eq!(whose.mark("A", &BTreeMap::new()), Mark::Foreign);
        whose.known.insert("A".to_owned());
        assert_eq!(whose.mark("A", &BTreeMap::new()), Mark::Held, "a tag that was lost");
        assert_eq!(whose.mark("A", &tagged("shop/web/1")), Mark::Held);
        assert_eq!(whose.mark("A", &tagged("shop/web/2")), Mark::Namesake, "somebody else made it anew");
        assert_eq!((whose.id_in("shop/web/7"), whose.id_in("shop/web")), (Some("7"), None));
    }
}
