//! Health checks: one node's prober, asking every target of every group at its fixed cadence. What
//! the outcomes mean (thresholds, `initial`, `healthy`) is the world's business.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::seam::{CheckOutcome, HealthCheck, Node, NodeHealth, Report, RouteTable};
use super::{tasks, timeout};

/// A target is checked soon after its registration: logs of real services show it healthy 2.4 s later.
const FIRST_CHECK: Duration = Duration::from_millis(2400);
/// More header than any answer to a health check has.
const HEADER_LIMIT: usize = 64 * 1024;

/// Group ARN, address and port: a target as one group has it.
type Target = (String, Ipv4Addr, u16);

/// Checks every target of every group in this node's table at its fixed cadence and reports each
/// outcome. Draining targets are not checked.
pub async fn check(
    node: Node,
    mut table: watch::Receiver<Arc<RouteTable>>,
    clock: Clock,
    reports: mpsc::UnboundedSender<Report>,
    stop: CancellationToken,
) {
    let mut probing: HashMap<Target, CancellationToken> = HashMap::new();
    let mut probes = JoinSet::new();
    loop {
        let newest = table.borrow_and_update().clone();
        let wanted = targets(&newest);
        probing.retain(|target, leave| {
            let stays = wanted.contains(target);
            if !stays {
                leave.cancel();
            }
            stays
        });
        for target in wanted {
            if probing.contains_key(&target) {
                continue;
            }
            let leave = stop.child_token();
            probing.insert(target.clone(), leave.clone());
            let probe = Probe { node, target, table: table.clone(), clock: clock.clone() };
            let reports = reports.clone();
            probes.spawn(async move { leave.run_until_cancelled(probe.run(reports)).await });
        }
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = table.changed() => match changed {
                    Ok(()) => break,
                    // The world is gone; what it last said stays true until somebody stops us.
                    Err(_) => return stop.cancelled().await,
                },
                Some(_) = probes.join_next() => {}
            }
        }
    }
}

fn targets(table: &RouteTable) -> Vec<Target> {
    let all = table.groups.iter().flat_map(|(arn, group)| group.targets.iter().map(move |t| (arn, t)));
    let checked = all.filter(|(_, target)| target.health != NodeHealth::Draining);
    checked.map(|(arn, target)| (arn.clone(), target.ip, target.port)).collect()
}

/// The checks of one target by one node.
struct Probe {
    node: Node,
    target: Target,
    table: watch::Receiver<Arc<RouteTable>>,
    clock: Clock,
}

impl Probe {
    /// The cadence is fixed: how long an answer takes does not move the next check
    /// (elasticloadbalancing, "Health checks for Application Load Balancer target groups").
    async fn run(self, reports: mpsc::UnboundedSender<Report>) {
        let (group, ip, port) = &self.target;
        let Some(first) = self.settings() else { return };
        let jitter = rand::random_range(0.1..1.0);
        let mut due = self.clock.now() + FIRST_CHECK.min(first.interval).mul_f64(jitter);
        loop {
            self.clock.sleep_until(due).await;
            let Some(settings) = self.settings() else { return };
            let outcome = ask(*ip, *port, &settings, &self.clock).await;
            let (group, ip, port) = (group.clone(), *ip, *port);
            if reports.send(Report::Checked { node: self.node, group, ip, port, outcome }).is_err() {
                return;
            }
            let interval = settings.interval.max(Duration::from_millis(100));
            let late = self.clock.now().saturating_sub(due).div_duration_f64(interval);
            due += interval.mul_f64(late.floor() + 1.0);
        }
    }

    /// The group's settings now; they may have been modified since the last check.
    fn settings(&self) -> Option<HealthCheck> {
        self.table.borrow().groups.get(&self.target.0).map(|group| group.health_check.clone())
    }
}

async fn ask(ip: Ipv4Addr, port: u16, check: &HealthCheck, clock: &Clock) -> CheckOutcome {
    let port = check.port.unwrap_or(port);
    if !ip.is_loopback() {
        // Nothing answers there, and the sandbox never leaves loopback to find out.
        timeout::pass(clock, check.timeout).await;
        return CheckOutcome::TimedOut;
    }
    let request = request(ip, port, &check.path);
    let outcome = tokio::select! {
        biased;
        status = status_of(tasks::socket(ip, port), &request) => status,
        () = timeout::pass(clock, check.timeout) => return CheckOutcome::TimedOut,
    };
    match outcome {
        Ok(status) if check.matcher.iter().any(|(low, high)| (*low..=*high).contains(&status)) => {
            CheckOutcome::Passed
        }
        Ok(status) => CheckOutcome::Mismatch(status),
        Err(_) => CheckOutcome::Failed,
    }
}

/// `Host` is `ip:port`, and `ip` alone on the default port (elasticloadbalancing, "Troubleshoot
/// your Application Load Balancers").
fn request(ip: Ipv4Addr, port: u16, path: &str) -> String {
    let host = if port == 80 { ip.to_string() } else { format!("{ip}:{port}") };
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: ELB-HealthChecker/2.0\r\n\
         Accept-Encoding: gzip, compressed\r\nConnection: close\r\n\r\n"
    )
}

/// Opens a new connection, asks, and reads the whole header.
async fn status_of(address: SocketAddrV4, request: &str) -> std::io::Result<u16> {
    let malformed = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut header = Vec::with_capacity(1024);
    while !header.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut header).await? == 0 || header.len() > HEADER_LIMIT {
            return Err(malformed());
        }
    }
    // Without a linger the connection leaves no TIME_WAIT behind; at a high speed there would be
    // thousands of them.
    let _ = stream.set_zero_linger();
    let line = header.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| malformed())?;
    let (version, rest) = line.split_once(' ').ok_or_else(malformed)?;
    let status = rest.split(' ').next().and_then(|code| code.parse().ok());
    status.filter(|_| version.starts_with("HTTP/1.")).ok_or_else(malformed)
}
