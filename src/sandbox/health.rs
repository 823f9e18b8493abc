//! Health checks (placeholder): every target passes at its cadence.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::plane::{CheckOutcome, Node, Report, RouteTable};

/// Checks every target of every group in this node's table and reports each outcome.
pub async fn check(
    node: Node,
    table: watch::Receiver<Arc<RouteTable>>,
    clock: Clock,
    reports: mpsc::UnboundedSender<Report>,
    stop: CancellationToken,
) {
    loop {
        tokio::select! { () = clock.sleep(Duration::from_secs(2)) => {}, () = stop.cancelled() => return }
        let table = table.borrow().clone();
        for group in table.groups.values() {
            for target in &group.targets {
                let _ = reports.send(Report::Checked {
                    node,
                    group: group.arn.clone(),
                    ip: target.ip,
                    port: target.port,
                    outcome: CheckOutcome::Passed,
                });
            }
        }
    }
}
