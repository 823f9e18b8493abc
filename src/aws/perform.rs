//! The second verb: carry out one act. The guard let it through; nothing is judged here.

use std::collections::BTreeSet;

use super::connect::Aws;
use super::errors::{Error, Kind};
use super::ownership::Ownership;
use super::rules::{NewRule, free_priority};
use crate::bluegreen::guard::Act;
use crate::bluegreen::layout::Layout;
use crate::bluegreen::observed::{Group, Observed, Service};
use crate::bluegreen::routing::{Matches, Sends};
use crate::bluegreen::side::{Pair, Side};
use crate::bluegreen::step::{Object, Step};

impl Aws {
    /// Carries out `act`. Doing it twice is harmless: a repetition of what a lost answer hid ends in success, in
    /// the same state again, or in `Conflict`.
    ///
    /// # Errors
    /// Where `kind.worth_retrying()`, look again and plan anew; nothing has been lost.
    pub async fn perform(
        &self,
        act: &Act,
        whose: &Ownership,
        layout: &Layout,
        observed: &Observed,
    ) -> Result<(), Error> {
        let doing = Doing { aws: self, whose, layout, observed };
        doing.step(act.step()).await.map_err(Error::since_looked)
    }
}

struct Doing<'a> {
    aws: &'a Aws,
    whose: &'a Ownership,
    layout: &'a Layout,
    observed: &'a Observed,
}

impl Doing<'_> {
    async fn step(&self, step: &Step) -> Result<(), Error> {
        let Doing { aws, whose, layout, .. } = *self;
        match step {
            Step::CreateGroup { side } => {
                let name = &whose.group_names[*side];
                aws.create_group(name, &layout.group, &layout.tags_for(side.name())).await
            }
            Step::ConfigureGroup { side } => aws.configure_group(self.group(*side)?, layout).await,
            Step::CreateProduction => {
                let parked = layout.parked_matches();
                let sends = Sends::both(layout.public);
                self.create(layout.production_priority, &parked, &sends, "production").await
            }
            Step::Attach => aws.attach(self.production()?, &self.groups()).await,
            Step::Park => self.park().await,
            Step::CreateService { side, count } => {
                aws.create_service(*side, *count, whose, layout, &self.group(*side)?.id).await
            }
            Step::Start { side, to } => {
                let group = &self.group(*side)?.id;
                aws.start_service(*side, *to, self.service(*side)?, whose, layout, group).await
            }
            Step::Deploy { side, .. } => {
                let group = &self.group(*side)?.id;
                aws.deploy_service(*side, self.service(*side)?, whose, layout, group).await
            }
            Step::Configure { side } => {
                let group = &self.group(*side)?.id;
                aws.configure_service(*side, self.service(*side)?, whose, layout, group).await
            }
            Step::Raise { side, to, .. } | Step::Lower { side, to, .. } => {
                aws.scale_service(*side, *to, whose).await
            }
            Step::Route { to } | Step::Return { to } => {
                let (rule, sends) = (self.production()?, Sends::both(*to));
                aws.modify_rule(rule, &layout.production_matches, &sends, &self.groups()).await
            }
            Step::OpenCanary { side, priority, sources } => {
                let matches = layout.canary_matches(sources.clone());
                self.create(*priority, &matches, &Sends::single(*side), "canary").await
            }
            Step::ChangeCanary { id, side, sources, .. } => {
                let matches = layout.canary_matches(sources.clone());
                aws.modify_rule(id, &matches, &Sends::single(*side), &self.groups()).await
            }
            Step::OpenTest { side } => self.open_test(*side).await,
            Step::ChangeTest { id, side } => {
                let test = layout.test.as_ref().ok_or_else(|| unwished(step))?;
                aws.modify_rule(id, &test.matches, &Sends::single(*side), &self.groups()).await
            }
            Step::CloseCanary { id, .. }
            | Step::CloseTest { id }
            | Step::Unpark { id }
            | Step::DeleteProduction { id } => aws.delete_rule(id).await,
            Step::SetPriorities { to } => aws.set_priorities(to).await,
            Step::Tag { object } => self.tag(object).await,
            Step::DeleteService { side } => aws.delete_service(*side, whose).await,
            Step::DeleteGroup { side } => match &self.observed.sides[*side].group {
                Some(group) => aws.delete_group(&group.id).await,
                None => Ok(()),
            },
            Step::Await { .. } | Step::AwaitGone { .. } | Step::Hold { .. } => Err(unwished(step)),
        }
    }

    /// A new rule on the production listener.
    async fn create(&self, priority: u32, matches: &Matches, sends: &Sends, role: &str) -> Result<(), Error> {
        let tags = self.layout.tags_for(role);
        let rule = NewRule { listener: &self.whose.listener, priority, matches, sends, tags };
        self.aws.create_rule(rule, &self.groups()).await
    }

    async fn open_test(&self, side: Side) -> Result<(), Error> {
        let test = self.layout.test.as_ref().ok_or_else(|| unwished(&Step::OpenTest { side }))?;
        let rule = NewRule {
            listener: &test.listener,
            priority: test.priority,
            matches: &test.matches,
            sends: &Sends::single(side),
            tags: self.layout.tags_for("test"),
        };
        self.aws.create_rule(rule, &self.groups()).await
    }

    async fn park(&self) -> Result<(), Error> {
        let ours = self.observed.rules().map(|rule| rule.priority);
        let taken: BTreeSet<u32> =
            self.observed.neighbours.iter().map(|neighbour| neighbour.priority).chain(ours).collect();
        let priority = free_priority(self.layout.production_priority, &taken).ok_or_else(|| {
            Error::new("park", Kind::Invalid, "no priority above production_priority is free")
        })?;
        let parked = self.layout.parked_matches();
        self.create(priority, &parked, &Sends::both(self.layout.public), "parking").await
    }

    async fn tag(&self, object: &Object) -> Result<(), Error> {
        match object {
            Object::Service(side) => {
                let service = self.service(*side)?;
                self.aws.tag_service(&service.id, &service.tags, &self.layout.tags_for(side.name())).await
            }
            Object::Group(side) => {
                let group = self.group(*side)?;
                self.aws.tag_elb(&group.id, &group.tags, &self.layout.tags_for(side.name())).await
            }
            Object::Rule(id, role) => {
                let rule = self.observed.rules().find(|rule| rule.id == *id);
                let rule = rule.ok_or_else(|| Error::gone("tag", id))?;
                self.aws.tag_elb(id, &rule.tags, &self.layout.tags_for(role)).await
            }
        }
    }

    fn group(&self, side: Side) -> Result<&Group, Error> {
        let group = self.observed.sides[side].group.as_ref();
        group.ok_or_else(|| Error::gone("perform", format!("the {side} target group")))
    }

    fn groups(&self) -> Pair<Option<String>> {
        Pair::from_fn(|side| self.observed.sides[side].group.as_ref().map(|group| group.id.clone()))
    }

    fn service(&self, side: Side) -> Result<&Service, Error> {
        let service = self.observed.service(side);
        service.ok_or_else(|| Error::gone("perform", format!("the {side} service")))
    }

    fn production(&self) -> Result<&str, Error> {
        let rule = self.observed.production.as_ref().map(|rule| rule.id.as_str());
        rule.ok_or_else(|| Error::gone("perform", "the production rule"))
    }
}

/// A step that asks for what the layout does not have, or for nothing.
fn unwished(step: &Step) -> Error {
    Error::new("perform", Kind::Invalid, format!("{step:?} is nothing to carry out"))
}
