//! Tasks: the addresses of those that run, and why others stopped.

use std::collections::BTreeSet;

use aws_sdk_ecs::types as ecs;

use super::connect::Aws;
use super::errors::{Error, Explain};
use super::limit::Quota;
use super::ownership::Ownership;
use super::services::flatten;
use crate::bluegreen::observed::{Deployment, Service, Target, TargetHealth};
use crate::bluegreen::side::Side;

const LIST: &str = "ecs:ListTasks";
const DESCRIBE: &str = "ecs:DescribeTasks";
/// Tasks one DescribeTasks takes.
const MOST: usize = 100;
const EVENTS: usize = 5;
const STOPPED: usize = 3;

impl Aws {
    /// `address:port` of every task that runs and is to go on running.
    pub(super) async fn find_addresses(
        &self,
        side: Side,
        raw: &ecs::Service,
        port: u16,
        whose: &Ownership,
    ) -> Result<BTreeSet<String>, Error> {
        if raw.running_count == 0 {
            return Ok(BTreeSet::new());
        }
        let tasks = self.find_tasks(side, ecs::DesiredStatus::Running, whose).await?;
        Ok(tasks
            .iter()
            .filter(|task| is_running(task))
            .filter_map(address)
            .map(|address| format!("{address}:{port}"))
            .collect())
    }

    /// What AWS says about a side that is not well; empty when it is. Nothing here is worth failing for.
    pub(super) async fn find_remarks(
        &self,
        side: Side,
        raw: &ecs::Service,
        service: &Service,
        targets: &[Target],
        whose: &Ownership,
    ) -> Vec<String> {
        let healthy = targets.iter().any(|target| target.health == TargetHealth::Healthy);
        let failed = matches!(service.deployment, Deployment::Failed(_));
        if service.deployment == Deployment::Completed && (healthy || service.desired == 0) {
            return Vec::new();
        }
        let events = raw.events.iter().flatten().filter_map(|event| event.message.clone());
        let mut remarks: Vec<String> = events.take(EVENTS).collect();
        // Only where tasks have failed: a side that is merely starting is looked at often.
        let failing = flatten::primary(raw).is_some_and(|deployment| deployment.failed_tasks > 0);
        let sick = targets.iter().any(|target| target.health == TargetHealth::Unhealthy);
        if (failed || failing || sick)
            && let Ok(mut tasks) = self.find_tasks(side, ecs::DesiredStatus::Stopped, whose).await
        {
            tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped_at.map(|at| at.as_nanos())));
            remarks.extend(tasks.iter().take(STOPPED).filter_map(why_stopped));
        }
        remarks
    }

    async fn find_tasks(
        &self,
        side: Side,
        desired: ecs::DesiredStatus,
        whose: &Ownership,
    ) -> Result<Vec<ecs::Task>, Error> {
        let (mut arns, mut token) = (Vec::new(), None);
        loop {
            let ecs = self.clients.ecs(Quota::TaskRead).await;
            let request = ecs
                .list_tasks()
                .cluster(&whose.cluster)
                .service_name(&whose.service_names[side])
                .desired_status(desired.clone())
                .set_next_token(token);
            // A service that went away meanwhile has no tasks.
            let page = match request.send().await.explain(LIST) {
                Err(error) if error.not_found() => return Ok(Vec::new()),
                page => page?,
            };
            arns.extend(page.task_arns.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        let mut tasks = Vec::new();
        for some in arns.chunks(MOST) {
            let ecs = self.clients.ecs(Quota::TaskRead).await;
            let request = ecs.describe_tasks().cluster(&whose.cluster).set_tasks(Some(some.to_vec()));
            tasks.extend(request.send().await.explain(DESCRIBE)?.tasks.unwrap_or_default());
        }
        Ok(tasks)
    }
}

fn is_running(task: &ecs::Task) -> bool {
    task.last_status.as_deref() == Some("RUNNING") && task.desired_status.as_deref() == Some("RUNNING")
}

/// Of the task's own network interface; its containers tell it too.
fn address(task: &ecs::Task) -> Option<&str> {
    let interfaces =
        task.attachments.iter().flatten().filter(|a| a.r#type.as_deref() == Some("ElasticNetworkInterface"));
    let own = interfaces
        .flat_map(|attachment| attachment.details.iter().flatten())
        .find(|detail| detail.name.as_deref() == Some("privateIPv4Address"))
        .and_then(|detail| detail.value.as_deref());
    own.or_else(|| {
        let containers = task.containers.iter().flatten();
        containers
            .flat_map(|container| container.network_interfaces.iter().flatten())
            .find_map(|interface| interface.private_ipv4_address.as_deref())
    })
}

fn why_stopped(task: &ecs::Task) -> Option<String> {
    let id = task.task_arn.as_deref()?.rsplit('/').next()?;
    let mut parts = Vec::from_iter(task.stopped_reason.clone());
    for container in task.containers.iter().flatten() {
        let name = container.name.as_deref().unwrap_or("a container");
        match (container.exit_code, &container.reason) {
            (Some(code), Some(reason)) => parts.push(format!("{name} exited with {code} ({reason})")),
            (Some(code), None) if code != 0 => parts.push(format!("{name} exited with {code}")),
            (None, Some(reason)) => parts.push(format!("{name}: {reason}")),
            _ => {}
        }
    }
    (!parts.is_empty()).then(|| format!("task {id} stopped: {}", parts.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_interfaces_own_or_else_a_containers() {
        let detail = ecs::KeyValuePair::builder().name("privateIPv4Address").value("10.0.0.7").build();
        let interface = ecs::Attachment::builder().r#type("ElasticNetworkInterface").details(detail).build();
        let container = ecs::Container::builder()
            .network_interfaces(ecs::NetworkInterface::builder().private_ipv4_address("10.0.0.8").build())
            .build();
        let task = ecs::Task::builder().containers(container.clone()).attachments(interface).build();
        assert_eq!(address(&task), Some("10.0.0.7"));
        assert_eq!(address(&ecs::Task::builder().containers(container).build()), Some("10.0.0.8"));
    }

    #[test]
    fn only_what_runs_and_shall_run_counts() {
        let task = |last: &str, desired: &str| {
            ecs::Task::builder().last_status(last).desired_status(desired).build()
        };
        assert!(is_running(&task("RUNNING", "RUNNING")));
        assert!(!is_running(&task("RUNNING", "STOPPED")));
        assert!(!is_running(&task("ACTIVATING", "RUNNING")));
    }

    #[test]
    fn a_stopped_task_says_why() {
        let container = ecs::Container::builder().name("web").exit_code(1).build();
        let task = ecs::Task::builder()
            .task_arn("arn:x:task/shop/abc")
            .stopped_reason("Essential container in task exited")
            .containers(container)
            .build();
        let expected = "task abc stopped: Essential container in task exited; web exited with 1";
        assert_eq!(why_stopped(&task).unwrap(), expected);
    }
}
