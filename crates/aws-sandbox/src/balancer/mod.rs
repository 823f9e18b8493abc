//! The load balancer's data plane: one node, with real sockets on its own loopback address.
//!
//! From a connection to its answer: `front` accepts (through `tls`, if need be), `request` finds rule (`rules`), passes its `gates`, finds group and
//! target (`choice`) and applies `transforms`, `exchange` talks to the target over a connection of its `backend`.

mod activity;
mod answer;
mod backend;
mod body;
mod choice;
mod cookies;
mod exchange;
mod front;
mod gates;
mod node;
mod overlong;
mod request;
mod rules;
mod tls;
mod transforms;
mod upgrade;
mod uplink;
mod wildcard;

use std::collections::{BTreeSet, HashMap};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::seam::{self, Report, RouteTable};
use super::tasks;
use node::Node;

/// How soon a port that could not be bound is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Serves one node: binds each listener port of the table on `address` (binding and unbinding as
/// listeners come and go), follows `table`, until stopped. Then all its connections are closed.
///
/// Ports below 1024 that this process may not bind are at port + 8000, as with `tasks::socket`.
pub async fn serve(
    node: seam::Node,
    address: Ipv4Addr,
    mut table: watch::Receiver<Arc<RouteTable>>,
    clock: Clock,
    reports: mpsc::UnboundedSender<Report>,
    stop: CancellationToken,
) {
    if !address.is_loopback() {
        tracing::error!(%address, "the sandbox binds nothing outside loopback");
        return;
    }
    let stop = stop.child_token();
    // A serving task that is dropped instead of stopped takes its connections with it.
    let _closing = stop.clone().drop_guard();
    let node = Arc::new(Node::new(node, address, table.clone(), clock.clone(), reports, stop.clone()));
    let mut doors: HashMap<u16, CancellationToken> = HashMap::new();
    loop {
        table.mark_unchanged();
        // Looked at here too, and not only by requests: targets that went must be let go.
        let view = node.view();
        let wanted: BTreeSet<u16> = view.table.listeners.iter().map(|listener| listener.port).collect();
        doors.retain(|port, door| {
            let stays = wanted.contains(port);
            if !stays {
                door.cancel();
            }
            stays
        });
        let mut refused = false;
        for port in wanted {
            if doors.contains_key(&port) {
                continue;
            }
            match TcpListener::bind(tasks::socket(address, port)).await {
                Ok(listener) => {
                    let door = stop.child_token();
                    doors.insert(port, door.clone());
                    tokio::spawn(front::accept(node.clone(), port, listener, door));
                }
                Err(error) => {
                    tracing::warn!(%address, port, %error, "a listener cannot be bound yet");
                    refused = true;
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = table.changed() => if changed.is_err() {
                // The world is gone; what it last said stays true until somebody stops us.
                return stop.cancelled().await;
            },
            () = clock.sleep(RETRY), if refused => {}
        }
    }
}
