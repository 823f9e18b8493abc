//! Ownership objects are looked at: the names they go by, and what is known to be ours without a tag.

use std::collections::BTreeSet;

use crate::bluegreen::names;
use crate::bluegreen::side::Pair;

/// What tells our objects from everybody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// `CLUSTER/NAME`, the ownership tag's value.
    pub owner: String,
    /// Name or ARN.
    pub cluster: String,
    pub name: String,
    /// ARNs.
    pub listener: String,
    pub test_listener: Option<String>,
    pub group_names: Pair<String>,
    pub service_names: Pair<String>,
    /// ARNs that are ours even without a tag.
    pub known: BTreeSet<String>,
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
    pub fn new(cluster: &str, name: &str, listener: &str, test_listener: Option<&str>) -> Ownership {
        let short = short_cluster(cluster);
        Ownership {
            owner: format!("{short}/{name}"),
            cluster: cluster.to_owned(),
            name: name.to_owned(),
            listener: listener.to_owned(),
            test_listener: test_listener.map(str::to_owned),
            group_names: Pair::from_fn(|side| names::group(short, name, side)),
            service_names: Pair::from_fn(|side| names::service(name, side)),
            known: BTreeSet::new(),
        }
    }

    /// Every listener a rule of ours may be on: the wished ones, and those of known rules.
    pub(super) fn listeners(&self) -> BTreeSet<String> {
        let known = self.known.iter().filter_map(|arn| listener_of(arn));
        known.chain([self.listener.clone()]).chain(self.test_listener.clone()).collect()
    }
}

/// `shop` for both `shop` and `arn:aws:ecs:…:cluster/shop`.
pub(super) fn short_cluster(cluster: &str) -> &str {
    cluster.rsplit_once(":cluster/").map_or(cluster, |(_, short)| short)
}

/// The ARN of the listener a rule is on; `None` when `rule` is no rule's ARN.
pub(super) fn listener_of(rule: &str) -> Option<String> {
    rule.contains(":listener-rule/").then_some(())?;
    let (listener, _) = rule.rsplit_once('/')?;
    Some(listener.replacen(":listener-rule/", ":listener/", 1))
}

/// The ARN of the load balancer a listener belongs to: its own without the last part.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>
pub(super) fn load_balancer_of(listener: &str) -> Option<String> {
    listener.contains(":listener/app/").then_some(())?;
    let (load_balancer, _) = listener.rsplit_once('/')?;
    Some(load_balancer.replacen(":listener/", ":loadbalancer/", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";

    #[test]
    fn arns_tell_where_things_belong() {
        let rule = format!("{AT}:listener-rule/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee");
        let listener = listener_of(&rule).unwrap();
        assert_eq!(listener, format!("{AT}:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2"));
        assert_eq!(
            load_balancer_of(&listener).unwrap(),
            format!("{AT}:loadbalancer/app/web/50dc6c495c0c9188")
        );
        assert_eq!(listener_of(&listener), None);
        assert_eq!(short_cluster("arn:aws:ecs:eu-west-1:123456789012:cluster/shop"), "shop");
        assert_eq!(short_cluster("shop"), "shop");
    }

    #[test]
    fn a_known_rule_on_another_listener_is_looked_for_there() {
        let mut whose = Ownership::new("shop", "web", "L", None);
        whose.known.insert(format!("{AT}:listener-rule/app/web/1/2/3"));
        assert_eq!(whose.listeners().len(), 2);
        assert_eq!(whose.owner, "shop/web");
    }
}
