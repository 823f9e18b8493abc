//! What a toy task answers: who it is on every path, and a few paths to test a balancer with.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};

use super::behaviour::Behaviour;
use crate::clock::Clock;
use crate::seam::TaskSpec;

/// Answers in the name of one task.
pub(super) struct Answerer {
    clock: Clock,
    began: Duration,
    behaviour: Behaviour,
    text: Bytes,
    identity: HeaderMap,
}

impl Answerer {
    pub fn new(spec: &TaskSpec, behaviour: &Behaviour, clock: &Clock) -> Self {
        let revision = format!("{}:{}", spec.family, spec.revision);
        let text = behaviour.body.clone().unwrap_or_else(|| format!("{} {revision}\n", spec.service));
        let mut identity = HeaderMap::new();
        for (name, value) in
            [("x-service", &spec.service), ("x-task-definition", &revision), ("x-task", &spec.id)]
        {
            if let Ok(value) = HeaderValue::from_str(value) {
                identity.insert(name, value);
            }
        }
        let began = clock.now();
        Self { clock: clock.clone(), began, behaviour: behaviour.clone(), text: text.into(), identity }
    }

    pub async fn answer(
        &self,
        peer: IpAddr,
        request: Request<Incoming>,
    ) -> Result<Response<Content>, Infallible> {
        if !self.behaviour.latency.is_zero() {
            self.clock.sleep(self.behaviour.latency).await;
        }
        let seen = seen_as(request.headers(), peer);
        let asked = asked_as(&request);
        let mut status = StatusCode::OK;
        let mut kind = "text/plain; charset=utf-8";
        let path = request.uri().path();
        let content = if is_health_check(request.headers()) {
            if self.behaviour.sick_at(self.clock.now().saturating_sub(self.began)) {
                status = StatusCode::INTERNAL_SERVER_ERROR;
            }
            self.own()
        } else if path == "/slow" {
            self.clock.sleep(slowness(request.uri().query())).await;
            self.own()
        } else if let Some(count) = path.strip_prefix("/bytes/").and_then(|n| n.parse().ok()) {
            kind = "application/octet-stream";
            Content::Zeros(count)
        } else if let Some(wished) = path.strip_prefix("/status/").and_then(final_status) {
            status = wished;
            self.own()
        } else if request.method() == Method::POST && path == "/echo" {
            kind = "application/octet-stream";
            Content::Echo(request.into_body())
        } else {
            self.own()
        };
        let mut response = Response::new(content);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.clone_from(&self.identity);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert("x-peer", seen);
        headers.extend(asked);
        Ok(response)
    }

    fn own(&self) -> Content {
        Content::Own(Full::new(self.text.clone()))
    }
}

/// Host, URL and protocol as the task sees them, after whatever the load balancer rewrote.
fn asked_as(request: &Request<Incoming>) -> HeaderMap {
    let url = request.uri().path_and_query().and_then(|url| HeaderValue::from_str(url.as_str()).ok());
    let authority = request.uri().authority().and_then(|it| HeaderValue::from_str(it.as_str()).ok());
    let host = request.headers().get(HOST).cloned().or(authority);
    let spoken = if request.version() == Version::HTTP_2 { "HTTP/2" } else { "HTTP/1" };
    let spoken = Some(HeaderValue::from_static(spoken));
    let pairs = [("x-host", host), ("x-url", url), ("x-protocol", spoken)].into_iter();
    pairs.filter_map(|(name, value)| Some((HeaderName::from_static(name), value?))).collect()
}

/// Health checks carry `ELB-HealthChecker/2.0` (elasticloadbalancing, "Health checks for
/// Application Load Balancer target groups").
fn is_health_check(headers: &HeaderMap) -> bool {
    headers.get(USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"ELB-HealthChecker/"))
}

/// What the load balancer saw as source: the first X-Forwarded-For address, else the peer.
fn seen_as(headers: &HeaderMap, peer: IpAddr) -> HeaderValue {
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let first = forwarded.and_then(|list| list.split(',').next()).map(str::trim);
    let text = first.map_or_else(|| peer.to_string(), str::to_owned);
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("unknown"))
}

fn slowness(query: Option<&str>) -> Duration {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let ms = pairs.filter(|(key, _)| key == "ms").find_map(|(_, value)| value.parse().ok());
    Duration::from_millis(ms.unwrap_or(0))
}

fn final_status(text: &str) -> Option<StatusCode> {
    StatusCode::from_bytes(text.as_bytes()).ok().filter(|status| !status.is_informational())
}

/// A response body.
pub(super) enum Content {
    Own(Full<Bytes>),
    /// This many zero bytes, made as they are sent.
    Zeros(u64),
    Echo(Incoming),
}

impl Body for Content {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        static ZEROS: [u8; 16 * 1024] = [0; 16 * 1024];
        match self.get_mut() {
            Self::Own(full) => Pin::new(full).poll_frame(cx).map_err(|never| match never {}),
            Self::Zeros(0) => Poll::Ready(None),
            Self::Zeros(left) => {
                let size = usize::try_from(*left).unwrap_or(usize::MAX).min(ZEROS.len());
                *left -= size as u64;
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&ZEROS[..size])))))
            }
            Self::Echo(incoming) => Pin::new(incoming).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(full) => full.is_end_stream(),
            Self::Zeros(left) => *left == 0,
            Self::Echo(incoming) => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(full) => full.size_hint(),
            Self::Zeros(left) => SizeHint::with_exact(*left),
            Self::Echo(incoming) => incoming.size_hint(),
        }
    }
}
