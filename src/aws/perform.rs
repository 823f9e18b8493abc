//! The second verb: carry out one act. The guard let it through; nothing is judged here.

use super::connect::Aws;
use super::errors::{Error, Kind};
use super::ownership::Ownership;
use crate::bluegreen::guard::Act;
use crate::bluegreen::layout::Layout;
use crate::bluegreen::observed::{Group, Observed, Service};
use crate::bluegreen::side::{Pair, Side};
use crate::bluegreen::step::{Object, Step, Why};

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
        let layout = &*layout.over(observed);
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
                aws.create_group(name, &layout.group, &layout.group_tags(*side)).await
            }
            Step::ConfigureGroup { side } => aws.configure_group(self.group(*side)?, layout).await,
            Step::CreateRule(to) => {
                aws.create_rule(
                    to,
                    layout.tags_for(to.role.name()),
                    &self.groups(),
                    layout.oidc_secret.as_ref(),
                )
                .await
            }
            Step::ChangeRule { id, why: Why::Attach, .. } => aws.attach(id, &self.groups()).await,
            Step::ChangeRule { id, to, .. } => {
                let secret = layout.oidc_secret.as_ref().filter(|_| layout.renews(&to.carried));
                let from = self.observed.rule(id).ok_or_else(|| Error::gone("perform", id))?;
                aws.modify_rule(from, to, &self.groups(), secret).await
            }
            Step::DeleteRule { id, .. } => aws.delete_rule(id).await,
            Step::Reorder { to } => aws.set_priorities(to).await,
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
            Step::Tag { object } => self.tag(object).await,
            Step::Renew { side } => self.tag(&Object::Group(*side)).await,
            Step::DeleteService { side } => aws.delete_service(*side, whose).await,
            Step::DeleteGroup { side } => match &self.observed.sides[*side].group {
                Some(group) => aws.delete_group(&group.id).await,
                None => Ok(()),
            },
            Step::Await(_) => Err(Error::new("perform", Kind::Invalid, "a wait is nothing to carry out")),
        }
    }

    async fn tag(&self, object: &Object) -> Result<(), Error> {
        match object {
            Object::Service(side) => {
                let service = self.service(*side)?;
                self.aws.tag_service(&service.id, &service.tags, &self.layout.tags_for(side.name())).await
            }
            Object::Group(side) => {
                let group = self.group(*side)?;
                self.aws.tag_elb(&group.id, &group.tags, &self.layout.group_tags(*side)).await
            }
            Object::Rule(id, role) => {
                let rule = self.observed.rule(id);
                let rule = rule.ok_or_else(|| Error::gone("tag", id))?;
                self.aws.tag_elb(id, &rule.tags, &self.layout.tags_for(role.name())).await
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
}
