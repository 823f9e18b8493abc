//! What the user names and we do not make: cluster, listeners, task definitions. Asked for before the first write.

use std::fmt;

use aws_sdk_ecs::types as ecs;

use super::connect::Aws;
use super::errors::{Error, Explain};
use super::limit::Quota;
use super::ownership::Ownership;
use crate::bluegreen::layout::{Layout, short_task_definition};
use crate::bluegreen::side::Side;
use crate::bluegreen::spec::Capacity;

/// Which input is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Cluster,
    Listener,
    TestListener,
    TaskDefinition(Side),
    /// The side's task definition has no such container.
    Container(Side),
    ContainerPort(Side),
    NetworkMode(Side),
}

/// An input that is not there, or not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub input: Input,
    pub message: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl Aws {
    /// Everything that is missing, or nothing.
    ///
    /// # Errors
    /// Where AWS did not say.
    pub async fn check_inputs(&self, whose: &Ownership, layout: &Layout) -> Result<Vec<Missing>, Error> {
        let [blue, green] = Side::BOTH.map(|side| self.check_task_definition(side, layout));
        let test = layout.test.as_ref().map(|test| test.listener.as_str());
        let (cluster, listener, test, blue, green) = tokio::try_join!(
            self.check_cluster(&whose.cluster),
            self.check_listener(Some(&whose.listener), Input::Listener),
            self.check_listener(test, Input::TestListener),
            blue,
            green
        )?;
        Ok(cluster.into_iter().chain(listener).chain(test).chain(blue).chain(green).collect())
    }

    async fn check_cluster(&self, cluster: &str) -> Result<Option<Missing>, Error> {
        let ecs = self.clients.ecs(Quota::OtherRead).await;
        let answer = ecs.describe_clusters().clusters(cluster).send().await.explain("ecs:DescribeClusters");
        let status = match answer {
            Err(error) if error.not_found() => None,
            answer => answer?.clusters.unwrap_or_default().pop().and_then(|cluster| cluster.status),
        };
        let message = match status.as_deref() {
            Some("ACTIVE") => return Ok(None),
            Some(status) => format!("the cluster {cluster} is {status}, not ACTIVE"),
            None => format!("there is no cluster {cluster} in this account and region"),
        };
        Ok(Some(Missing { input: Input::Cluster, message }))
    }

    async fn check_listener(&self, listener: Option<&str>, input: Input) -> Result<Option<Missing>, Error> {
        let Some(arn) = listener else { return Ok(None) };
        let missing = |why: &str| Some(Missing { input, message: format!("the listener {arn} {why}") });
        if !arn.contains(":listener/app/") {
            return Ok(missing("is no listener of an application load balancer"));
        }
        let elb = self.clients.elb(Quota::ElbRead).await;
        let request = elb.describe_listeners().listener_arns(arn);
        match request.send().await.explain("elasticloadbalancing:DescribeListeners") {
            Err(error) if error.not_found() => Ok(missing("does not exist in this account and region")),
            answer => {
                let some = answer?.listeners.is_some_and(|listeners| !listeners.is_empty());
                Ok(if some { None } else { missing("does not exist in this account and region") })
            }
        }
    }

    async fn check_task_definition(&self, side: Side, layout: &Layout) -> Result<Vec<Missing>, Error> {
        let name = &layout.sides[side].task_definition;
        let ecs = self.clients.ecs(Quota::OtherRead).await;
        let request = ecs.describe_task_definition().task_definition(name);
        let found = match request.send().await.explain("ecs:DescribeTaskDefinition") {
            Err(error) if error.not_found() => None,
            answer => answer?.task_definition,
        };
        Ok(match found {
            Some(found) => judge(side, &found, layout),
            None => vec![Missing {
                input: Input::TaskDefinition(side),
                message: format!("there is no task definition {name}"),
            }],
        })
    }
}

fn judge(side: Side, found: &ecs::TaskDefinition, layout: &Layout) -> Vec<Missing> {
    let name = short_task_definition(&layout.sides[side].task_definition);
    let (container, port) = (&layout.service.container_name, layout.service.container_port);
    let mut missing = Vec::new();
    let mut blame = |input, message| missing.push(Missing { input, message });
    if found.status.as_ref().is_some_and(|status| *status != ecs::TaskDefinitionStatus::Active) {
        let message =
            format!("the task definition {name} is no longer ACTIVE, so nothing new can be started from it");
        blame(Input::TaskDefinition(side), message);
    }
    let launch = found.requires_compatibilities.as_deref().unwrap_or_default();
    let fargate = launch.is_empty() || launch.contains(&ecs::Compatibility::Fargate);
    if layout.service.capacity == Capacity::Fargate && !fargate {
        blame(Input::TaskDefinition(side), format!("the task definition {name} is not made for FARGATE"));
    }
    if found.network_mode != Some(ecs::NetworkMode::Awsvpc) {
        let mode = found.network_mode.as_ref().map_or("bridge", ecs::NetworkMode::as_str);
        let message = format!("the task definition {name} has network mode {mode}; targets need awsvpc");
        blame(Input::NetworkMode(side), message);
    }
    let containers = found.container_definitions.as_deref().unwrap_or_default();
    match containers.iter().find(|definition| definition.name.as_deref() == Some(container)) {
        None => {
            let names: Vec<_> = containers.iter().filter_map(|c| c.name.as_deref()).collect();
            let message = format!("{name} has no container {container}, only {}", names.join(", "));
            blame(Input::Container(side), message);
        }
        Some(definition) => {
            let mappings = definition.port_mappings.as_deref().unwrap_or_default();
            if !mappings.iter().any(|mapping| mapping.container_port == Some(port.into())) {
                let ports: Vec<_> =
                    mappings.iter().filter_map(|m| m.container_port).map(|p| p.to_string()).collect();
                let has = if ports.is_empty() { "none".to_owned() } else { ports.join(", ") };
                let message =
                    format!("the container {container} of {name} maps no port {port} (it has {has})");
                blame(Input::ContainerPort(side), message);
            }
        }
    }
    missing
}
