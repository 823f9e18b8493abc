//! The side of the load balancer that clients see: connections accepted, kept and closed.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::activity::Activity;
use super::node::Node;
use super::request::{Front, answer};

/// `client_keep_alive.seconds`: after that an answer carries `Connection: close`
/// (elasticloadbalancing, "Edit attributes for your Application Load Balancer").
const CLIENT_KEEP_ALIVE: Duration = Duration::from_secs(3600);

/// An idle front connection is kept for at least this much wall time, whatever the speed: a client
/// that writes just as we close sees a failure, and at a hundredfold speed it would see a
/// hundredfold of them.
const KEPT_AT_LEAST: Duration = Duration::from_secs(20);

/// Accepts connections of one listener until its door closes.
pub(super) async fn accept(node: Arc<Node>, port: u16, listener: TcpListener, door: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = door.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    tokio::spawn(converse(node.clone(), port, stream, peer.ip(), door.clone()));
                }
                // Out of file descriptors, say: there may be some again in a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

/// Serves one client's connection. When its listener goes, requests in flight still finish.
async fn converse(node: Arc<Node>, port: u16, stream: TcpStream, source: IpAddr, door: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let clock = node.clock.clone();
    let activity = Activity::new(&clock);
    let until = clock.now() + CLIENT_KEEP_ALIVE;
    let front = Arc::new(Front { node: node.clone(), port, source, activity: activity.clone() });
    let service = service_fn(|request| {
        let (front, clock) = (front.clone(), clock.clone());
        async move {
            let busy = front.activity.busy();
            let mut response = answer(&front, request).await;
            if clock.now() >= until {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            drop(busy);
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    let mut closing = false;
    let idle = idle(&node, port, &activity);
    tokio::pin!(idle);
    loop {
        tokio::select! {
            biased;
            () = node.stop.cancelled() => return,
            _ = connection.as_mut() => return,
            () = async { tokio::select! { () = door.cancelled() => {}, () = &mut idle => {} } }, if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

async fn idle(node: &Node, port: u16, activity: &Activity) {
    let table = node.view().table.clone();
    let listener = table.listeners.iter().find(|listener| listener.port == port);
    let timeout = listener.map_or(Duration::from_secs(60), |listener| listener.idle_timeout);
    let floor = KEPT_AT_LEAST.mul_f64(node.clock.speed());
    activity.silence(timeout.max(floor)).await;
}
