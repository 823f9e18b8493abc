//! Finding a release by its name alone: from its services to their groups, and on to listeners and rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ecs::types as ecs;
use aws_sdk_elasticloadbalancingv2::types as elb;

use super::connect::Aws;
use super::errors::{Error, Explain};
use super::limit::Quota;
use super::ownership::{Ownership, drawn_id};
use super::rules::forwards_to;
use super::tags::flatten_ecs;
use crate::bluegreen::names::{OWNER_TAG, ROLE_TAG};
use crate::bluegreen::side::{Pair, Side};

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// As asked for, with the groups' names as they are and everything found in `known`.
    pub whose: Ownership,
    pub cluster_arn: String,
    pub vpc_id: String,
}

/// A rule that forwards to one of the groups.
struct Lead {
    listener: String,
    rule: elb::Rule,
    role: Option<String>,
    /// The value of its ownership tag.
    owner: Option<String>,
}

impl Aws {
    /// `None` where neither side has a service behind a load balancer that sends it anything.
    ///
    /// # Errors
    /// Where AWS did not say.
    pub async fn discover(&self, cluster: &str, name: &str) -> Result<Option<Discovered>, Error> {
        self.admitted().await?;
        let mut whose = Ownership::new(cluster, name, "", "", None);
        let services = self.find_services(&whose).await?;
        let arns = Pair::from_fn(|side| services[side].as_deref().and_then(attached_to));
        let groups = self.find_groups_by_arn(&arns).await?;
        let Some(vpc_id) = groups.iter().find_map(|group| group.vpc_id.clone()) else { return Ok(None) };
        let balancers: BTreeSet<&String> =
            groups.iter().flat_map(|group| group.load_balancer_arns.iter().flatten()).collect();
        let mut leads = Vec::new();
        for balancer in balancers {
            for listener in self.find_listeners(balancer).await? {
                leads.extend(self.leads(listener, &arns).await?);
            }
        }
        let Some(listener) = main_listener(&leads) else { return Ok(None) };
        whose.test_listener = test_listener(&leads, &listener);
        whose.listener = listener;
        for side in Side::BOTH {
            let group =
                groups.iter().find(|g| g.target_group_arn.is_some() && g.target_group_arn == arns[side]);
            if let Some(name) = group.and_then(|group| group.target_group_name.clone()) {
                whose.group_names[side] = name;
            }
        }
        let service_arns =
            Side::BOTH.into_iter().filter_map(|side| services[side].as_ref()?.service_arn.clone());
        // The id of the creation that made it; one is drawn for what somebody else made, or what lost its tags.
        let ids: BTreeSet<String> =
            leads.iter().filter_map(|lead| id_of(&whose, lead.owner.as_deref())).collect();
        let tagged = || {
            let tags = Side::BOTH
                .into_iter()
                .filter_map(|side| flatten_ecs(services[side].as_ref()?.tags.as_deref()).remove(OWNER_TAG));
            tags.filter_map(|tag| id_of(&whose, Some(&tag))).next()
        };
        let id = ids.first().cloned().or_else(tagged).unwrap_or_else(drawn_id);
        // Where one rule carries the id, others' rules to the same groups stay others'.
        let taken = |lead: &&Lead| match id_of(&whose, lead.owner.as_deref()) {
            Some(its) => its == id,
            None => ids.is_empty() && lead.owner.is_none(),
        };
        let rule_arns: Vec<String> =
            leads.iter().filter(taken).filter_map(|lead| lead.rule.rule_arn.clone()).collect();
        whose.tag.push_str(&id);
        whose.id = id;
        let group_arns = [arns.blue.clone(), arns.green.clone()].into_iter().flatten();
        whose.known = service_arns.chain(rule_arns).chain(group_arns).collect();
        let cluster_arn = cluster_arn(&services).unwrap_or_else(|| cluster.to_owned());
        Ok(Some(Discovered { whose, cluster_arn, vpc_id }))
    }

    async fn find_groups_by_arn(&self, arns: &Pair<Option<String>>) -> Result<Vec<elb::TargetGroup>, Error> {
        let mut groups = Vec::new();
        for arn in [&arns.blue, &arns.green].into_iter().flatten() {
            let elb = self.clients.elb(Quota::ElbRead).await;
            let request = elb.describe_target_groups().target_group_arns(arn);
            match request.send().await.explain("elasticloadbalancing:DescribeTargetGroups") {
                Err(error) if error.not_found() => {}
                answer => groups.extend(answer?.target_groups.unwrap_or_default()),
            }
        }
        Ok(groups)
    }

    pub(super) async fn find_listeners(&self, balancer: &str) -> Result<Vec<String>, Error> {
        let (mut listeners, mut marker) = (Vec::new(), None);
        loop {
            let elb = self.clients.elb(Quota::ElbRead).await;
            let request = elb.describe_listeners().load_balancer_arn(balancer).set_marker(marker);
            let page = request.send().await.explain("elasticloadbalancing:DescribeListeners")?;
            listeners.extend(page.listeners.unwrap_or_default().into_iter().filter_map(|l| l.listener_arn));
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(listeners);
            }
        }
    }

    async fn leads(&self, listener: String, arns: &Pair<Option<String>>) -> Result<Vec<Lead>, Error> {
        let rules = self.shared.rules.ask(listener.clone()).await?.unwrap_or_default();
        let leading = |rule: &&elb::Rule| rule.is_default != Some(true) && forwards_to(rule, arns);
        let found: Vec<&elb::Rule> = rules.iter().filter(leading).collect();
        let tags = self.shared.tags.ask_all(found.iter().filter_map(|rule| rule.rule_arn.clone())).await?;
        let lead = |rule: &elb::Rule| {
            let tags = rule.rule_arn.as_ref().and_then(|arn| tags.get(arn)).and_then(Option::as_ref);
            let role = tags.and_then(|tags| tags.get(ROLE_TAG).cloned());
            let owner = tags.and_then(|tags| tags.get(OWNER_TAG).cloned());
            Lead { listener: listener.clone(), rule: rule.clone(), role, owner }
        };
        Ok(found.into_iter().map(lead).collect())
    }
}

fn id_of(whose: &Ownership, tag: Option<&str>) -> Option<String> {
    whose.id_in(tag?).map(str::to_owned)
}

/// The listener of the rule tagged `production`; untagged, of one that names no callers.
fn main_listener(leads: &[Lead]) -> Option<String> {
    let tagged = leads.iter().find(|lead| lead.role.as_deref() == Some("production"));
    let open = || {
        leads.iter().find(|lead| {
            lead.role.is_none()
                && !lead.rule.conditions.iter().flatten().any(|c| c.field.as_deref() == Some("source-ip"))
        })
    };
    let lead = tagged.or_else(open).or_else(|| leads.iter().find(|l| l.role.as_deref() != Some("test")));
    lead.map(|lead| lead.listener.clone())
}

fn test_listener(leads: &[Lead], main: &str) -> Option<String> {
    let mut others = leads.iter().filter(|lead| lead.listener != main);
    let tagged = others.clone().find(|lead| lead.role.as_deref() == Some("test"));
    tagged.or_else(|| others.next()).map(|lead| lead.listener.clone())
}

fn attached_to(service: &ecs::Service) -> Option<String> {
    service.load_balancers.iter().flatten().find_map(|balancer| balancer.target_group_arn.clone())
}

fn cluster_arn(services: &Pair<Option<Arc<ecs::Service>>>) -> Option<String> {
    Side::BOTH.into_iter().find_map(|side| services[side].as_ref()?.cluster_arn.clone())
}
