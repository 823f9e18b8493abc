//! The load balancer's nodes (placeholder).

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::plane::{Node, Report, RouteTable};

/// Serves one node.
pub async fn serve(
    _node: Node,
    _address: Ipv4Addr,
    _table: watch::Receiver<Arc<RouteTable>>,
    _clock: Clock,
    _reports: mpsc::UnboundedSender<Report>,
    stop: CancellationToken,
) {
    stop.cancelled().await;
}
