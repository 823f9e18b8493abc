//! ECS services: finding and changing them.

mod expand;
pub(super) mod flatten;

use std::sync::Arc;

use aws_sdk_ecs::types as ecs;
use rand::RngExt;

use super::connect::Aws;
use super::errors::{Error, Explain};
use super::limit::Quota;
use super::ownership::Ownership;
use crate::bluegreen::layout::{Layout, same_task_definition};
use crate::bluegreen::observed::Service;
use crate::bluegreen::side::{Pair, Side};

const CREATE: &str = "ecs:CreateService";
const UPDATE: &str = "ecs:UpdateService";
const DELETE: &str = "ecs:DeleteService";

impl Aws {
    pub(super) async fn find_services(
        &self,
        whose: &Ownership,
    ) -> Result<Pair<Option<Arc<ecs::Service>>>, Error> {
        let key = |side: Side| (whose.cluster.clone(), whose.service_names[side].clone());
        let mut found = self.shared.services.ask_all(Side::BOTH.map(key)).await?;
        Ok(Pair::from_fn(|side| found.remove(&key(side)).flatten()))
    }

    /// A lost answer is repeated by the SDK with the same token, which ECS answers with the service it made.
    pub(super) async fn create_service(
        &self,
        side: Side,
        count: u32,
        whose: &Ownership,
        layout: &Layout,
        group: &str,
    ) -> Result<(), Error> {
        let token = format!("{:032x}", rand::rng().random::<u128>());
        expand::creation(side, count, layout, group)
            .map_err(Error::unbuilt(CREATE))?
            .cluster(&whose.cluster)
            .service_name(&whose.service_names[side])
            .client_token(token)
            .send_with(self.ecs_to_write(Quota::ServiceWrite, CREATE).await?)
            .await
            .explain(CREATE)?;
        Ok(())
    }

    /// A deployment at `count` tasks. The task definition is named only where it changes (naming it needs
    /// iam:PassRole).
    pub(super) async fn start_service(
        &self,
        side: Side,
        count: u32,
        service: &Service,
        whose: &Ownership,
        layout: &Layout,
        group: &str,
    ) -> Result<(), Error> {
        let request = self.deployment(side, service, layout, group)?;
        let request = request.desired_count(expand::int(count)).force_new_deployment(true);
        self.update(request, side, whose).await
    }

    pub(super) async fn deploy_service(
        &self,
        side: Side,
        service: &Service,
        whose: &Ownership,
        layout: &Layout,
        group: &str,
    ) -> Result<(), Error> {
        let same = same_task_definition(&service.task_definition, &layout.sides[side].task_definition);
        let force = same || service.settings.capacity != layout.service[side].capacity;
        let request = self.deployment(side, service, layout, group)?;
        let request = if force { request.force_new_deployment(true) } else { request };
        self.update(request, side, whose).await
    }

    /// Never names the task definition.
    pub(super) async fn configure_service(
        &self,
        side: Side,
        service: &Service,
        whose: &Ownership,
        layout: &Layout,
        group: &str,
    ) -> Result<(), Error> {
        let request = expand::changes(&service.settings, &layout.service[side], group)
            .map_err(Error::unbuilt(UPDATE))?;
        self.update(request, side, whose).await
    }

    /// Never names the task definition.
    pub(super) async fn scale_service(&self, side: Side, count: u32, whose: &Ownership) -> Result<(), Error> {
        self.update(expand::Update::default().desired_count(expand::int(count)), side, whose).await
    }

    pub(super) async fn delete_service(&self, side: Side, whose: &Ownership) -> Result<(), Error> {
        let ecs = self.ecs_to_write(Quota::ServiceWrite, DELETE).await?;
        let request = ecs.delete_service().cluster(&whose.cluster).service(&whose.service_names[side]);
        match request.force(true).send().await.explain(DELETE) {
            Err(error) if error.not_found() => Ok(()),
            // Repeated after a lost answer, it is on its way already.
            Err(error) if error.message.starts_with("ServiceNotActive") => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    fn deployment(
        &self,
        side: Side,
        service: &Service,
        layout: &Layout,
        group: &str,
    ) -> Result<expand::Update, Error> {
        let wished = &layout.sides[side].task_definition;
        let request = expand::changes(&service.settings, &layout.service[side], group)
            .map_err(Error::unbuilt(UPDATE))?;
        let same = same_task_definition(&service.task_definition, wished);
        Ok(if same { request } else { request.task_definition(wished) })
    }

    async fn update(&self, request: expand::Update, side: Side, whose: &Ownership) -> Result<(), Error> {
        request
            .cluster(&whose.cluster)
            .service(&whose.service_names[side])
            .send_with(self.ecs_to_write(Quota::ServiceWrite, UPDATE).await?)
            .await
            .explain(UPDATE)?;
        Ok(())
    }
}
