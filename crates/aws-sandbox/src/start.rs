//! Puts a sandbox together and starts it.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::aws::place::Place;
use super::aws::witness::Witness;
use super::aws::{Settings, World};
use super::clock::Clock;
use super::core::Core;
use super::loopback::{self, Block};
use super::options::SandboxOptions;
use super::premade;
use super::ready::Ready;
use super::{balancer, endpoint, health, tasks};

const REGION: &str = "eu-west-1";
const ACCOUNT: &str = "123456789012";

/// A sandbox at work. Dropping it stops it too, but only `stop` waits for the end.
pub struct Running {
    pub ready: Ready,
    pub clock: Clock,
    stop: CancellationToken,
    parts: JoinSet<()>,
    _block: Block,
}

impl Running {
    /// Ends everything: ports closed, tasks gone.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let patience = tokio::time::sleep(Duration::from_secs(5));
        tokio::pin!(patience);
        loop {
            tokio::select! {
                ended = self.parts.join_next() => if ended.is_none() { return },
                () = &mut patience => return self.parts.shutdown().await,
            }
        }
    }

    /// Returns when some part of the sandbox has ended by itself, which only a failure can cause.
    pub async fn wait(&mut self) {
        self.parts.join_next().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts a sandbox; it answers when this returns.
///
/// # Errors
/// Options out of range, no free port or block of loopback addresses, or a folder that cannot be written.
pub async fn start(options: SandboxOptions) -> anyhow::Result<Running> {
    start_watched(options, None).await
}

/// The same, with somebody who is told of everything that callers change and whose complaints
/// `/_sandbox/violations` answers.
///
/// # Errors
/// As [`start`].
pub async fn start_watched(
    options: SandboxOptions,
    witness: Option<Box<dyn Witness>>,
) -> anyhow::Result<Running> {
    let seconds = |it: f64| (0.0..=1e6).contains(&it);
    if !(1e-3..=1e6).contains(&options.speed) || !seconds(options.propagation) || !seconds(options.task_start)
    {
        bail!(
            "speed must be between 0.001 and 1000000, propagation and task start between 0 and 1000000 seconds"
        );
    }
    if !(1..=8).contains(&options.nodes) {
        bail!("a load balancer has 1 to 8 nodes");
    }
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
        .await
        .with_context(|| format!("cannot listen on 127.0.0.1:{}", options.port))?;
    let port = socket.local_addr()?.port();
    let block = loopback::take_block(port)?;
    let nodes = block.nodes(options.nodes);
    let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let mut world = World::new(Settings {
        place: Place { region: REGION.to_owned(), account: ACCOUNT.to_owned(), epoch },
        seed: options.seed,
        nodes: nodes.len(),
        vpc_id: premade::VPC.to_owned(),
        zones: premade::zones(REGION),
        propagation: Duration::ZERO,
        task_start: Duration::from_secs_f64(options.task_start),
        enforce_rate_limits: false,
        rules_per_load_balancer: options.rules_per_load_balancer,
        groups_per_load_balancer: options.target_groups_per_load_balancer,
        network: block.network,
    });
    let made = premade::make(&mut world, &nodes)?;
    let authority = world.authority.pem()?.to_owned();
    world.settings.propagation = Duration::from_secs_f64(options.propagation);
    world.settings.enforce_rate_limits = options.enforce_rate_limits;
    for fault in &options.faults {
        let fault = serde_json::from_str(fault).with_context(|| format!("not a fault: {fault}"))?;
        world.fault(Duration::ZERO, fault).map_err(anyhow::Error::msg)?;
    }

    world.witness = witness;

    let clock = Clock::new(options.speed);
    let (orders, orders_in) = mpsc::unbounded_channel();
    let (reports, reports_in) = mpsc::unbounded_channel();
    let (core, views) = Core::new(world, clock.clone(), orders);
    // The nodes' first tables are worked out before anyone looks.
    core.with(|_, _| ());
    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    for (node, (address, view)) in nodes.iter().zip(views).enumerate() {
        parts.spawn(balancer::serve(
            node,
            *address,
            view.clone(),
            clock.clone(),
            reports.clone(),
            stop.clone(),
        ));
        parts.spawn(health::check(node, view, clock.clone(), reports.clone(), stop.clone()));
    }
    parts.spawn(tasks::run(orders_in, clock.clone(), reports, stop.clone()));
    parts.spawn(core.clone().run(reports_in, stop.clone()));
    parts.spawn(endpoint::serve(socket, core, stop.clone()));

    let mut ready = Ready {
        ready: true,
        endpoint: format!("http://127.0.0.1:{port}"),
        region: REGION.to_owned(),
        account: ACCOUNT.to_owned(),
        cluster: premade::CLUSTER.to_owned(),
        cluster_arn: made.cluster_arn,
        vpc_id: premade::VPC.to_owned(),
        subnets: premade::SUBNETS.map(str::to_owned).to_vec(),
        security_groups: vec![premade::SECURITY_GROUP.to_owned()],
        load_balancer_arn: made.load_balancer_arn,
        nodes,
        listeners: made.listeners,
        certificate_arn: made.certificate_arn,
        state_bucket: made.state_bucket,
        ca_pem_file: PathBuf::new(),
        task_definitions: made.task_definitions,
        tfvars: PathBuf::new(),
    };
    let dir = folder(&options.dir).await?;
    ready.ca_pem_file = write(dir.join("sandbox-ca.pem"), &authority).await?;
    ready.tfvars = write_variables(&dir, &ready).await?;
    Ok(Running { ready, clock, stop, parts, _block: block })
}

/// `DIR/sandbox.auto.tfvars.json`: the ready line's values, but for the two that speak of it.
async fn write_variables(dir: &Path, ready: &Ready) -> anyhow::Result<PathBuf> {
    let mut variables = serde_json::to_value(ready)?;
    if let Some(members) = variables.as_object_mut() {
        members.retain(|name, _| name != "ready" && name != "tfvars");
    }
    let text = serde_json::to_string_pretty(&json!(variables as Value))? + "\n";
    write(dir.join("sandbox.auto.tfvars.json"), &text).await
}

async fn folder(dir: &Path) -> anyhow::Result<PathBuf> {
    tokio::fs::create_dir_all(dir).await.with_context(|| format!("cannot make {}", dir.display()))?;
    tokio::fs::canonicalize(dir).await.with_context(|| format!("cannot use {}", dir.display()))
}

async fn write(path: PathBuf, text: &str) -> anyhow::Result<PathBuf> {
    tokio::fs::write(&path, text).await.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
