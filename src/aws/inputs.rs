//! What the user names and we do not make: cluster, listeners, task definitions. Asked for before the first write.

use std::fmt;

use aws_sdk_ecs::types as ecs;
use aws_sdk_elasticloadbalancingv2::types as elb;

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
    /// The cluster has no such capacity provider.
    CapacityProvider,
    Listener,
    TestListener,
    /// The listener cannot carry requests in the groups' protocol version.
    ProtocolVersion,
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
        self.admitted().await?;
        let [blue, green] = Side::BOTH.map(|side| self.check_task_definition(side, layout));
        let version = layout.group.fixed.protocol_version.as_str();
        let test = layout.test.as_ref().map(|test| test.listener.as_str());
        let (cluster, listener, test, blue, green) = tokio::try_join!(
            self.check_cluster(&whose.cluster, &layout.service.blue.capacity),
            self.check_listener(Some(&whose.listener), Input::Listener, version),
            self.check_listener(test, Input::TestListener, version),
            blue,
            green
        )?;
        Ok(cluster.into_iter().chain(listener).chain(test).chain(blue).chain(green).collect())
    }

    async fn check_cluster(&self, cluster: &str, capacity: &Capacity) -> Result<Vec<Missing>, Error> {
        let ecs = self.clients.ecs(Quota::OtherRead).await;
        let answer = ecs.describe_clusters().clusters(cluster).send().await.explain("ecs:DescribeClusters");
        let found = match answer {
            Err(error) if error.not_found() => None,
            answer => answer?.clusters.unwrap_or_default().pop(),
        };
        let message = match found.as_ref().and_then(|found| found.status.as_deref()) {
            Some("ACTIVE") => {
                let has = found.and_then(|found| found.capacity_providers).unwrap_or_default();
                return Ok(lacking(cluster, &has, capacity));
            }
            Some(status) => format!("the cluster {cluster} is {status}, not ACTIVE"),
            None => format!("there is no cluster {cluster} in this account and region"),
        };
        Ok(vec![Missing { input: Input::Cluster, message }])
    }

    async fn check_listener(
        &self,
        listener: Option<&str>,
        input: Input,
        version: &str,
    ) -> Result<Option<Missing>, Error> {
        let Some(arn) = listener else { return Ok(None) };
        let missing = |why: &str| Some(Missing { input, message: format!("the listener {arn} {why}") });
        if !arn.contains(":listener/app/") {
            return Ok(missing("is no listener of an application load balancer"));
        }
        let elb = self.clients.elb(Quota::ElbRead).await;
        let request = elb.describe_listeners().listener_arns(arn);
        match request.send().await.explain("elasticloadbalancing:DescribeListeners") {
            Err(error) if error.not_found() => Ok(missing("does not exist in this account and region")),
            answer => Ok(match answer?.listeners.unwrap_or_default().pop() {
                Some(found) => cannot_carry(arn, found.protocol.as_ref(), version),
                None => missing("does not exist in this account and region"),
            }),
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

fn lacking(cluster: &str, has: &[String], capacity: &Capacity) -> Vec<Missing> {
    let Capacity::Strategy(wished) = capacity else { return Vec::new() };
    let missing = wished.iter().filter(|wished| !has.contains(&wished.name)).map(|wished| {
        let has = if has.is_empty() { "none".to_owned() } else { has.join(", ") };
        let message =
            format!("the cluster {cluster} has no capacity provider {} (it has {has})", wished.name);
        Missing { input: Input::CapacityProvider, message }
    });
    missing.collect()
}

/// Clients speak HTTP/2, and with it gRPC, only where the listener negotiates it with TLS.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html>
fn cannot_carry(arn: &str, protocol: Option<&elb::ProtocolEnum>, version: &str) -> Option<Missing> {
    let plain = protocol == Some(&elb::ProtocolEnum::Http);
    (plain && version != "HTTP1").then(|| Missing {
        input: Input::ProtocolVersion,
        message: format!("the listener {arn} is an HTTP listener, and {version} needs an HTTPS one"),
    })
}

fn judge(side: Side, found: &ecs::TaskDefinition, layout: &Layout) -> Vec<Missing> {
    let name = short_task_definition(&layout.sides[side].task_definition);
    let (container, port) = (&layout.service[side].container_name, layout.service[side].container_port);
    let mut missing = Vec::new();
    let mut blame = |input, message| missing.push(Missing { input, message });
    if found.status.as_ref().is_some_and(|status| *status != ecs::TaskDefinitionStatus::Active) {
        let message =
            format!("the task definition {name} is no longer ACTIVE, so nothing new can be started from it");
        blame(Input::TaskDefinition(side), message);
    }
    let launch = found.requires_compatibilities.as_deref().unwrap_or_default();
    let fargate = launch.is_empty() || launch.contains(&ecs::Compatibility::Fargate);
    if layout.service[side].capacity == Capacity::Fargate && !fargate {
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
