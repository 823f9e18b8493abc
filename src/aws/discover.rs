//! Finding what is to be imported: from services by their names to their groups, and on to listeners and rules.

mod leads;
mod unfit;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ecs::types as ecs;
use aws_sdk_elasticloadbalancingv2::types as elb;

use super::connect::Aws;
use super::errors::{Error, Explain};
use super::limit::Quota;
use super::ownership::Ownership;
use super::tags::flatten_ecs;
use crate::bluegreen::names::{self, OWNER_TAG};
use crate::bluegreen::side::{Pair, Side};
use leads::Lead;

pub use unfit::Unfit;

const LIST: &str = "ecs:ListServices";
const DESCRIBE: &str = "ecs:DescribeServices";
const REVISIONS: &str = "ecs:DescribeServiceRevisions";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    pub cluster: String,
    /// What it is to go by.
    pub name: String,
    pub services: Pair<String>,
    pub asked: Asked,
}

/// How it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// By a name: whatever there is of the pair by that name, or else one service of just that name.
    Name,
    /// By its service, which is BLUE.
    One,
    /// By both services.
    Pair,
}

/// What stands under these names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// As asked for, with the names as they are and everything found in `known`.
    pub whose: Ownership,
    pub cluster_arn: String,
    pub vpc_id: String,
}

type Services = Pair<Option<Arc<ecs::Service>>>;

impl Aws {
    /// # Errors
    /// Where AWS did not say.
    pub async fn discover(&self, sought: &Sought) -> Result<Result<Discovered, Unfit>, Error> {
        self.admitted().await?;
        let mut whose = Ownership::new(&sought.cluster, &sought.name, "", "", None);
        whose.service_names = sought.services.clone();
        let mut services = self.find_services(&whose).await?;
        if sought.asked == Asked::Name {
            let key = (sought.cluster.clone(), sought.name.clone());
            let pair = services.blue.is_some() || services.green.is_some();
            match self.shared.services.ask(key).await? {
                Some(single) if pair => return Ok(Err(ambiguous(sought, &single))),
                Some(single) => {
                    whose.service_names.blue.clone_from(&sought.name);
                    services.blue = Some(single);
                }
                None => {}
            }
        }
        let Pair { blue, green } = &whose.service_names;
        let missing = match (sought.asked, services.blue.is_some(), services.green.is_some()) {
            (Asked::Name, false, false) => vec![blue.clone(), green.clone(), sought.name.clone()],
            (Asked::One | Asked::Pair, false, _) => vec![blue.clone()],
            (Asked::Pair, true, false) => vec![green.clone()],
            _ => Vec::new(),
        };
        if !missing.is_empty() {
            let others = match sought.asked {
                Asked::Name => self.of_other_names(sought).await?,
                Asked::One | Asked::Pair => Vec::new(),
            };
            if !others.is_empty() {
                let (cluster, name) = (sought.cluster.clone(), sought.name.clone());
                return Ok(Err(Unfit::OtherNames { cluster, name, services: others }));
            }
            return Ok(Err(Unfit::Nothing { cluster: sought.cluster.clone(), services: missing }));
        }
        self.reach(whose, &services).await
    }

    /// From services to everything that leads to them.
    async fn reach(
        &self,
        mut whose: Ownership,
        services: &Services,
    ) -> Result<Result<Discovered, Unfit>, Error> {
        let mut arns: Pair<Option<String>> = Pair::default();
        for side in Side::BOTH {
            let Some(service) = services[side].as_deref() else { continue };
            match unfit::attached(&whose.service_names[side], service) {
                Ok(group) => arns[side] = Some(group),
                Err(unfit) => return Ok(Err(unfit)),
            }
        }
        if let Some(unfit) = self.behind_a_gateway(services).await? {
            return Ok(Err(unfit));
        }
        let groups = self.find_groups_by_arn(&arns).await?;
        if let Some(unfit) = groups.iter().find_map(|group| unfit::group(group).err()) {
            return Ok(Err(unfit));
        }
        if let Some(unfit) = self.shared_group(&whose.cluster, &arns).await? {
            return Ok(Err(unfit));
        }
        let first = Side::BOTH.into_iter().find(|side| arns[*side].is_some()).unwrap_or(Side::Blue);
        let service = unfit::said(first, &whose.service_names[first]);
        let balancers: BTreeSet<&String> =
            groups.iter().flat_map(|group| group.load_balancer_arns.iter().flatten()).collect();
        if balancers.len() > 1 {
            return Ok(Err(Unfit::Apart(balancers.into_iter().cloned().collect())));
        }
        let mut leads = Vec::new();
        for balancer in balancers {
            for listener in self.find_listeners(balancer).await? {
                leads.extend(self.leads(&listener, &arns, &whose).await?);
            }
        }
        let routes = match leads::routes(&leads, &service) {
            Ok(routes) => routes,
            Err(unfit) => return Ok(Err(unfit)),
        };
        for side in Side::BOTH {
            let group =
                groups.iter().find(|g| g.target_group_arn.is_some() && g.target_group_arn == arns[side]);
            if let Some(name) = group.and_then(|group| group.target_group_name.clone()) {
                whose.group_names[side] = name;
            }
        }
        // Of what carries no id, none is drawn before it is first changed.
        let id = routes.id.or_else(|| id_of(services, &whose)).unwrap_or_default();
        whose.tag.push_str(&id);
        whose.id = id;
        (whose.listener, whose.test_listener) = (routes.listener, routes.test_listener);
        whose.production = routes.production;
        let service_arns =
            Side::BOTH.into_iter().filter_map(|side| services[side].as_ref()?.service_arn.clone());
        let group_arns = [arns.blue.clone(), arns.green.clone()].into_iter().flatten();
        whose.known = service_arns.chain(routes.rules).chain(group_arns).collect();
        let Some(vpc_id) = groups.iter().find_map(|group| group.vpc_id.clone()) else {
            return Ok(Err(Unfit::NoLoadBalancer(service)));
        };
        let cluster_arn = cluster_arn(services).unwrap_or_else(|| whose.cluster.clone());
        Ok(Ok(Discovered { whose, cluster_arn, vpc_id }))
    }

    /// Only a service's revisions tell that.
    async fn behind_a_gateway(&self, services: &Services) -> Result<Option<Unfit>, Error> {
        let services = || [&services.blue, &services.green].into_iter().flatten();
        let current = services().flat_map(|service| service.current_service_revisions.iter().flatten());
        let arns: Vec<String> = current.filter_map(|revision| revision.arn.clone()).collect();
        if arns.is_empty() {
            return Ok(None);
        }
        let ecs = self.clients.ecs(Quota::OtherRead).await;
        let request = ecs.describe_service_revisions().set_service_revision_arns(Some(arns));
        let revisions = request.send().await.explain(REVISIONS)?.service_revisions.unwrap_or_default();
        Ok(revisions.iter().find_map(unfit::gateway))
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

    /// Services that carry the tag of what is sought and go by other names. Which of them is BLUE is in no tag.
    async fn of_other_names(&self, sought: &Sought) -> Result<Vec<String>, Error> {
        let owner = format!("{}/{}/", sought.cluster, sought.name);
        let all = match self.all_services(&sought.cluster).await {
            Err(error) if error.not_found() => return Ok(Vec::new()),
            all => all?,
        };
        let tagged = |service: &&ecs::Service| {
            flatten_ecs(service.tags.as_deref()).get(OWNER_TAG).is_some_and(|tag| tag.starts_with(&owner))
        };
        Ok(all.iter().filter(tagged).filter_map(|service| service.service_name.clone()).collect())
    }

    /// What of the groups another service of the cluster uses, too.
    async fn shared_group(&self, cluster: &str, arns: &Pair<Option<String>>) -> Result<Option<Unfit>, Error> {
        let services = self.all_services(cluster).await?;
        let groups = [&arns.blue, &arns.green].into_iter().flatten();
        Ok(groups.filter_map(|group| unfit::unshared(group, &services).err()).next())
    }

    async fn all_services(&self, cluster: &str) -> Result<Vec<ecs::Service>, Error> {
        let (mut services, mut token) = (Vec::new(), None);
        loop {
            let ecs = self.clients.ecs(Quota::ServiceRead).await;
            let request = ecs.list_services().cluster(cluster).max_results(10).set_next_token(token);
            let page = request.send().await.explain(LIST)?;
            let found = page.service_arns.unwrap_or_default();
            if !found.is_empty() {
                let ecs = self.clients.ecs(Quota::ServiceRead).await;
                let request = ecs.describe_services().cluster(cluster).set_services(Some(found));
                let request = request.include(ecs::ServiceField::Tags);
                services.extend(request.send().await.explain(DESCRIBE)?.services.unwrap_or_default());
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(services);
            }
        }
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

    async fn leads(
        &self,
        listener: &str,
        arns: &Pair<Option<String>>,
        whose: &Ownership,
    ) -> Result<Vec<Lead>, Error> {
        let rules = self.shared.rules.ask(listener.to_owned()).await?.unwrap_or_default();
        let asked = rules.iter().filter(|rule| super::rules::forwards_to(rule, arns));
        let asked = asked.filter(|rule| rule.is_default != Some(true));
        let tags = self.shared.tags.ask_all(asked.filter_map(|rule| rule.rule_arn.clone())).await?;
        Ok(leads::of(listener, &rules, &tags, arns, whose))
    }
}

fn ambiguous(sought: &Sought, single: &ecs::Service) -> Unfit {
    let Sought { cluster, name, .. } = sought;
    let [blue, green] = Side::BOTH.map(|side| names::service(name, side));
    Unfit::Ambiguous {
        cluster: cluster.clone(),
        name: name.clone(),
        pair: format!("{blue},{green}"),
        arn: single.service_arn.clone().unwrap_or_default(),
    }
}

fn id_of(services: &Services, whose: &Ownership) -> Option<String> {
    Side::BOTH.into_iter().find_map(|side| {
        let tags = flatten_ecs(services[side].as_ref()?.tags.as_deref());
        whose.id_in(tags.get(OWNER_TAG)?).map(str::to_owned)
    })
}

fn cluster_arn(services: &Services) -> Option<String> {
    Side::BOTH.into_iter().find_map(|side| services[side].as_ref()?.cluster_arn.clone())
}
