//! The first verb: look at everything that is ours, and at what stands beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ecs::types as ecs;
use aws_sdk_elasticloadbalancingv2::types as elb;

use super::connect::Aws;
use super::errors::Error;
use super::groups;
use super::ownership::{Depth, Ownership};
use super::rules::{Seen, sort};
use super::services::flatten;
use super::tags::Tags;
use crate::bluegreen::observed::{Group, Observed, Service, Standing, Target};
use crate::bluegreen::owned::Mark;
use crate::bluegreen::side::{Pair, Side};

type TagsByArn = BTreeMap<String, Option<Arc<Tags>>>;

type RulesByListener = BTreeMap<String, Option<Arc<Vec<elb::Rule>>>>;

/// What AWS has on one side.
struct Found {
    service: Option<Arc<ecs::Service>>,
    group: Option<Arc<elb::TargetGroup>>,
}

impl Aws {
    /// One look. What is absent has been confirmed to be absent.
    ///
    /// # Errors
    /// Whenever something could not be seen: throttled, denied and unreachable are never "not there".
    pub async fn observe(&self, whose: &Ownership, depth: Depth) -> Result<Observed, Error> {
        self.admitted().await?;
        let (raw_groups, mut services, mut rules) =
            tokio::try_join!(self.find_groups(whose), self.find_services(whose), self.find_rules(whose))?;
        let arns = groups::arns(&raw_groups);
        rules.extend(self.find_rules_behind(whose, &raw_groups).await?);
        let named = [Some(&whose.listener), whose.test_listener.as_ref()].into_iter().flatten();
        let gone_listeners =
            named.filter(|arn| rules.get(*arn).is_some_and(Option::is_none)).cloned().collect();
        let asked: BTreeSet<String> = self
            .candidates(all(&rules), whose, &arns)
            .into_iter()
            .chain([arns.blue.clone(), arns.green.clone()].into_iter().flatten())
            .collect();
        let mut raw_groups = raw_groups;
        let mut found = |side: Side| Found { service: services[side].take(), group: raw_groups[side].take() };
        let (blue, green) = (found(Side::Blue), found(Side::Green));
        let tags = self.shared.tags.ask_all(asked);
        let (mut tags, blue, green) = tokio::try_join!(
            tags,
            self.standing(Side::Blue, blue, whose, depth),
            self.standing(Side::Green, green, whose, depth)
        )?;
        let groups = [&arns.blue, &arns.green].into_iter().flatten();
        let further: BTreeSet<String> = groups
            .filter_map(|arn| tags.get(arn)?.as_deref())
            .flat_map(|tags| whose.named_in(tags))
            .filter(|listener| !rules.contains_key(listener))
            .collect();
        if !further.is_empty() {
            let more = self.shared.rules.ask_all(further).await?;
            tags.extend(self.shared.tags.ask_all(self.candidates(all(&more), whose, &arns)).await?);
            rules.extend(more);
        }
        self.remember_owners(&tags);
        let seen: Vec<Seen<'_>> = all(&rules)
            .map(|raw| {
                let tags = raw.rule_arn.as_ref().and_then(|arn| tags.get(arn)).and_then(Option::as_deref);
                Seen { raw, tags }
            })
            .collect();
        let sorted = sort(&seen, whose, &arns);
        let mut observed = Observed {
            rules: sorted.rules,
            sides: Pair { blue: tagged(blue, &tags, whose), green: tagged(green, &tags, whose) },
            neighbours: sorted.neighbours,
            test_neighbours: sorted.test_neighbours,
            elsewhere: sorted.elsewhere,
            listener: whose.listener.clone(),
            test_listener: whose.test_listener.clone(),
            gone_listeners,
        };
        observed.sort_rules();
        Ok(observed)
    }

    /// All of a side but its target group's tags, which are asked for together with the rules'.
    async fn standing(
        &self,
        side: Side,
        found: Found,
        whose: &Ownership,
        depth: Depth,
    ) -> Result<Standing, Error> {
        let arn = found.group.as_ref().and_then(|group| group.target_group_arn.clone());
        let service = found
            .service
            .as_deref()
            .map(|raw| (raw, flatten::service(raw, arn.as_deref(), |id, tags| whose.mark(id, tags))));
        let (group, addresses) = tokio::try_join!(
            self.standing_group(found.group.as_deref(), depth),
            self.addresses(side, service.as_ref(), whose, depth)
        )?;
        let targets = group.as_ref().map(|group| group.targets.as_slice()).unwrap_or_default();
        let service = match service {
            Some((raw, mut service)) if depth == Depth::Proof => {
                service.remarks = self.find_remarks(side, raw, &service, targets, whose).await;
                service.tasks = addresses;
                Some(service)
            }
            service => service.map(|(_, service)| service),
        };
        Ok(Standing { service, group })
    }

    async fn addresses(
        &self,
        side: Side,
        service: Option<&(&ecs::Service, Service)>,
        whose: &Ownership,
        depth: Depth,
    ) -> Result<BTreeSet<String>, Error> {
        match service {
            Some((raw, service)) if depth == Depth::Proof => {
                self.find_addresses(side, raw, service.settings.container_port, whose).await
            }
            _ => Ok(BTreeSet::new()),
        }
    }

    async fn standing_group(
        &self,
        raw: Option<&elb::TargetGroup>,
        depth: Depth,
    ) -> Result<Option<Group>, Error> {
        let Some((raw, arn)) = raw.and_then(|raw| Some((raw, raw.target_group_arn.as_deref()?))) else {
            return Ok(None);
        };
        let (attributes, targets) =
            tokio::try_join!(self.find_attributes(arn, depth), self.targets(arn, depth))?;
        Ok(attributes.map(|attributes| groups::group(raw, attributes, Tags::new(), Mark::Foreign, targets)))
    }

    async fn targets(&self, arn: &str, depth: Depth) -> Result<Vec<Target>, Error> {
        if depth == Depth::Proof { self.find_targets(arn).await } else { Ok(Vec::new()) }
    }
}

fn all(rules: &RulesByListener) -> impl Iterator<Item = &elb::Rule> {
    rules.values().flatten().flat_map(|rules| rules.iter())
}

/// A group whose tags say that it has gone meanwhile is gone.
fn tagged(mut standing: Standing, tags: &TagsByArn, whose: &Ownership) -> Standing {
    standing.group = standing.group.and_then(|mut group| {
        group.tags = tags.get(&group.id)?.as_deref()?.clone();
        group.mark = whose.mark(&group.id, &group.tags);
        Some(group)
    });
    standing
}
