//! The side of the load balancer that clients see: connections accepted, kept and closed.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::activity::Activity;
use super::answer::{self, NOT_TLS};
use super::body::Outgoing;
use super::node::Node;
use super::overlong::Bounded;
use super::request::{Front, answer};
use super::tls::{Shaken, shake};

/// `client_keep_alive.seconds`: after that an answer carries `Connection: close`
/// (elasticloadbalancing, "Edit attributes for your Application Load Balancer").
const CLIENT_KEEP_ALIVE: Duration = Duration::from_secs(3600);

/// An idle front connection is kept for at least this much wall time, whatever the speed: a client
/// that writes just as we close sees a failure, and at a hundredfold speed it would see a
/// hundredfold of them.
const KEPT_AT_LEAST: Duration = Duration::from_secs(20);

/// "128 requests in parallel using one HTTP/2 connection" (elasticloadbalancing, "Listeners for your Application Load
/// Balancers").
const STREAMS: u32 = 128;

/// As much header as the library takes at all; what is too much is refused by `overlong`.
const HTTP2_HEADER: u32 = 256 << 10;

/// Accepts connections of one listener until its door closes.
pub(super) async fn accept(node: Arc<Node>, port: u16, listener: TcpListener, door: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = door.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    tokio::spawn(welcome(node.clone(), port, stream, peer.ip(), door.clone()));
                }
                // Out of file descriptors, say: there may be some again in a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

/// Finds out what is spoken on a connection, and serves it.
async fn welcome(node: Arc<Node>, port: u16, stream: TcpStream, source: IpAddr, door: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let activity = Activity::new(&node.clock);
    let front = |scheme| Front { node: node.clone(), port, source, scheme, activity: activity.clone() };
    let Some(config) = node.offer(port) else { return converse(front("http"), stream, door).await };
    let config = match config {
        Ok(config) => config,
        Err(error) => return tracing::warn!(port, error, "a listener cannot speak TLS"),
    };
    let shaken = tokio::select! {
        biased;
        () = node.stop.cancelled() => return,
        () = door.cancelled() => return,
        shaken = shake(stream, config, &node.clock) => shaken,
    };
    match shaken {
        Shaken::Gone => {}
        Shaken::Plain(stream) => {
            let refuse = |_: Request<Incoming>| async { Ok::<_, Infallible>(answer::titled(400, NOT_TLS)) };
            let connection = http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service_fn(refuse));
            hold(&front("http"), connection, &door, |it| it.graceful_shutdown()).await;
        }
        Shaken::Hands(stream) => match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => converse_in_2(front("https"), *stream, door).await,
            _ => converse(front("https"), *stream, door).await,
        },
    }
}

/// Serves one client's HTTP/1.1 connection. When its listener goes, requests in flight still finish.
async fn converse<S>(front: Front, stream: S, door: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let front = Arc::new(front);
    let io = TokioIo::new(Bounded::new(stream));
    let connection = http1::Builder::new().serve_connection(io, service(front.clone())).with_upgrades();
    hold(&front, connection, &door, |it| it.graceful_shutdown()).await;
}

async fn converse_in_2<S>(front: Front, stream: S, door: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let front = Arc::new(front);
    let mut server = http2::Builder::new(TokioExecutor::new());
    server.max_concurrent_streams(STREAMS).max_header_list_size(HTTP2_HEADER);
    let connection = server.serve_connection(TokioIo::new(stream), service(front.clone()));
    hold(&front, connection, &door, |it| it.graceful_shutdown()).await;
}

fn service(
    front: Arc<Front>,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Outgoing>,
    Error = Infallible,
    Future: Future<Output = Result<Response<Outgoing>, Infallible>> + Send + 'static,
> {
    let until = front.node.clock.now() + CLIENT_KEEP_ALIVE;
    service_fn(move |request: Request<Incoming>| {
        let front = front.clone();
        async move {
            let busy = front.activity.busy();
            let http1 = request.version() < Version::HTTP_2;
            let mut response = answer(&front, request).await;
            if http1 && front.node.clock.now() >= until {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            drop(busy);
            Ok::<_, Infallible>(response)
        }
    })
}

/// Drives a connection to its end, which is asked for when it is idle for long or its listener goes.
async fn hold<C: Future>(
    front: &Front,
    connection: C,
    door: &CancellationToken,
    close: impl Fn(Pin<&mut C>),
) {
    tokio::pin!(connection);
    let mut closing = false;
    let idle = idle(&front.node, front.port, &front.activity);
    tokio::pin!(idle);
    loop {
        tokio::select! {
            biased;
            () = front.node.stop.cancelled() => return,
            _ = connection.as_mut() => return,
            () = async { tokio::select! { () = door.cancelled() => {}, () = &mut idle => {} } }, if !closing => {
                closing = true;
                close(connection.as_mut());
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
