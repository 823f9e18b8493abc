//! One request and its answer, between the load balancer and a target.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, Uri, Version};

use super::activity::Activity;
use super::backend::{Backend, Link};
use super::node::Node;
use super::request::Front;
use super::uplink::Uplink;
use crate::seam::ProtocolVersion;
use crate::timeout;

/// "The load balancer failed to establish a connection to the target before the connection timeout
/// expired (10 seconds)" (elasticloadbalancing, "Troubleshoot your Application Load Balancers",
/// HTTP 504).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no answer of a target.
pub(super) struct Trouble {
    pub status: u16,
    pub reason: String,
}

fn bad_gateway(reason: String) -> Trouble {
    Trouble { status: 502, reason }
}

/// Sends the request on a kept connection, or a new one, and waits for the answer's head.
pub(super) async fn exchange(
    node: &Node,
    backend: &Backend,
    activity: &Arc<Activity>,
    idle_timeout: Duration,
    request: Request<Incoming>,
) -> Result<(Response<Incoming>, Link), Trouble> {
    let target = format!("{}:{}", backend.ip, backend.port);
    let mut request = request.map(|inner| Uplink { inner, activity: activity.clone() });
    loop {
        let (mut link, kept) = match backend.kept() {
            Some(link) => (link, true),
            None => (connect(node, backend, &target).await?, false),
        };
        let sent = tokio::select! {
            biased;
            sent = link.sender.send(request) => sent,
            () = backend.gone.cancelled() => {
                let reason = format!("target {target} was deregistered with the request in flight");
                return Err(bad_gateway(reason));
            }
            () = activity.silence(idle_timeout) => {
                let reason = format!("no response from target {target} within the idle timeout");
                return Err(Trouble { status: 504, reason });
            }
        };
        match sent {
            Ok(response) => return Ok((response, link)),
            Err(mut failed) => match failed.take_message() {
                // The kept connection turned out closed before anything was written to it.
                Some(unsent) if kept => request = unsent,
                _ => {
                    let error = failed.into_error();
                    if error.is_user() {
                        let reason = "the client closed the connection during its upload".to_owned();
                        return Err(Trouble { status: 460, reason });
                    }
                    let detail = std::error::Error::source(&error).map(|e| format!(": {e}"));
                    let detail = detail.unwrap_or_default();
                    let reason = format!("target {target} closed or broke the connection: {error}{detail}");
                    return Err(bad_gateway(reason));
                }
            },
        }
    }
}

async fn connect(node: &Node, backend: &Backend, target: &str) -> Result<Link, Trouble> {
    let connected = tokio::select! {
        biased;
        connected = backend.connect(node.address) => connected,
        () = backend.gone.cancelled() => {
            return Err(bad_gateway(format!("target {target} was deregistered before it was connected")));
        }
        () = timeout::pass(&node.clock, CONNECT_TIMEOUT) => {
            let reason = format!("no connection to target {target} within 10 seconds");
            return Err(Trouble { status: 504, reason });
        }
    };
    connected.map_err(|error| bad_gateway(format!("cannot connect to target {target}: {error}")))
}

/// HTTP/2 has an authority instead of a `Host`; from here on every request has the latter.
pub(super) fn name_host(request: &mut Request<Incoming>) {
    if let Some(authority) = request.uri().authority()
        && !request.headers().contains_key(header::HOST)
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// Makes a client's request one of the load balancer's: X-Forwarded headers appended, what concerns
/// only the client's connection removed, and in the words of the target's protocol.
pub(super) fn forwarded(
    request: &mut Request<Incoming>,
    front: &Front,
    version: ProtocolVersion,
    upgrade: bool,
) {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if let Ok(uri) = path.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    *request.version_mut() = Version::HTTP_11;
    let headers = request.headers_mut();
    let upgrade = if upgrade { headers.get(header::UPGRADE).cloned() } else { None };
    strip(headers);
    // The load balancer asks for the body by itself when it reads it.
    headers.remove(header::EXPECT);
    if let Some(protocol) = upgrade {
        headers.insert(header::UPGRADE, protocol);
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    }

    let mut chain: Vec<u8> = Vec::new();
    for value in headers.get_all("x-forwarded-for") {
        chain.extend_from_slice(value.as_bytes());
        chain.extend_from_slice(b", ");
    }
    chain.extend_from_slice(front.source.to_string().as_bytes());
    let trace = format!("Root=1-{:08x}-{:024x}", unix_seconds(), rand::random::<u128>() >> 32);
    let added = [
        ("x-forwarded-for", HeaderValue::from_bytes(&chain).ok()),
        ("x-forwarded-proto", Some(HeaderValue::from_static(front.scheme))),
        ("x-forwarded-port", Some(HeaderValue::from(front.port))),
        ("x-amzn-trace-id", HeaderValue::from_str(&trace).ok()),
    ];
    for (name, value) in added {
        if let Some(value) = value {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if version != ProtocolVersion::Http1 {
        into_2(request, version);
    }
}

fn into_2(request: &mut Request<Incoming>, version: ProtocolVersion) {
    let host = request.headers_mut().remove(header::HOST);
    let host = host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if let Ok(uri) = format!("http://{host}{path}").parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    *request.version_mut() = Version::HTTP_2;
    if version == ProtocolVersion::Grpc {
        // Demanded of every gRPC request (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
        request.headers_mut().insert(header::TE, HeaderValue::from_static("trailers"));
    }
}

fn unix_seconds() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| since.as_secs())
}

/// Removes the headers that are about one connection only (RFC 9110, 7.6.1).
pub(super) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"] {
        headers.remove(name);
    }
}
