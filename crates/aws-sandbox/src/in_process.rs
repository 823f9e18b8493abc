//! A sandbox without sockets, for tests on tokio's paused clock: its APIs are asked in this process, and its data
//! plane is whatever the caller makes of the orders and the nodes' views.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::aws::place::Place;
use super::aws::witness::Witness;
use super::aws::{Settings, World};
use super::clock::Clock;
use super::core::Core;
use super::endpoint;
use super::premade;
use super::ready::Listeners;
use super::reply::Reply;
use super::seam::{Order, Report, RouteTable};

/// What is premade, and the way in.
#[derive(Clone)]
pub struct InProcess {
    pub cluster: String,
    pub vpc_id: String,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    pub listeners: Listeners,
    core: Arc<Core>,
}

/// The seam to a data plane.
pub struct Seam {
    /// One for each node.
    pub views: Vec<watch::Receiver<Arc<RouteTable>>>,
    pub orders: mpsc::UnboundedReceiver<Order>,
    pub reports: mpsc::UnboundedSender<Report>,
}

/// Starts the control plane alone, with two nodes, at the speed of tokio's clock. It ends with the runtime.
///
/// # Errors
/// Only if what is premade cannot be made.
pub fn start(
    seed: u64,
    propagation: Duration,
    task_start: Duration,
    witness: Option<Box<dyn Witness>>,
) -> anyhow::Result<(InProcess, Seam)> {
    let nodes = [Ipv4Addr::new(127, 250, 255, 1), Ipv4Addr::new(127, 250, 255, 2)];
    let mut world = World::new(Settings {
        place: Place { region: "eu-west-1".to_owned(), account: "123456789012".to_owned(), epoch: 1.8e9 },
        seed,
        nodes: nodes.len(),
        vpc_id: premade::VPC.to_owned(),
        zones: premade::zones("eu-west-1"),
        propagation: Duration::ZERO,
        task_start,
        enforce_rate_limits: false,
        rules_per_load_balancer: 100,
        groups_per_load_balancer: 100,
        network: 250,
    });
    let made = premade::make(&mut world, &nodes)?;
    world.settings.propagation = propagation;
    world.witness = witness;
    let (orders_out, orders) = mpsc::unbounded_channel();
    let (reports, reports_in) = mpsc::unbounded_channel();
    let (core, views) = Core::new(world, Clock::new(1.0), orders_out);
    core.with(|_, _| ());
    tokio::spawn(core.clone().run(reports_in, CancellationToken::new()));
    let sandbox = InProcess {
        cluster: premade::CLUSTER.to_owned(),
        vpc_id: premade::VPC.to_owned(),
        subnets: premade::SUBNETS.map(str::to_owned).to_vec(),
        security_groups: vec![premade::SECURITY_GROUP.to_owned()],
        listeners: made.listeners,
        core,
    };
    Ok((sandbox, Seam { views, orders, reports }))
}

impl InProcess {
    /// Does something to the world at the present time.
    pub fn with<T>(&self, act: impl FnOnce(&mut World, Duration) -> T) -> T {
        self.core.with(act)
    }

    /// The answer to one API request; `None` when the connection is closed instead.
    pub async fn answer(&self, request: Request<Bytes>) -> Option<Reply> {
        let (head, body) = request.into_parts();
        endpoint::answer_to(&self.core, &head, &body).await.ok()
    }
}
