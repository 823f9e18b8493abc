//! One request from arrival to answer: rule, group, target, exchange, report.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::{Method, Request, Response, StatusCode, Version};

use super::activity::Activity;
use super::answer::{self, Redirect};
use super::body::{Outgoing, Relay};
use super::exchange::{self, Trouble, exchange};
use super::node::Node;
use super::rules::{self, Asked};
use super::upgrade::{self, Joint};
use super::{choice, cookies, gates, overlong, transforms};
use crate::seam::{Action, ListenerView, ProtocolVersion, Report, RuleView};

/// The front connection a request came on.
pub(super) struct Front {
    pub node: Arc<Node>,
    pub port: u16,
    pub source: IpAddr,
    /// `http` or `https`.
    pub scheme: &'static str,
    pub activity: Arc<Activity>,
}

/// More addresses than this in X-Forwarded-For are refused with 463.
const FORWARDED_LIMIT: usize = 30;

/// What a report says of a request, whoever answered it.
#[derive(Clone)]
struct Account {
    node: Arc<Node>,
    source: IpAddr,
    host: String,
    path: String,
    rule: String,
    group: Option<String>,
}

impl Account {
    fn unserved(self, trouble: Trouble) -> Response<Outgoing> {
        let Trouble { status, reason } = trouble;
        tracing::debug!(node = self.node.id, host = self.host, status, reason, "unserved");
        let (host, path, rule, group) = (self.host, self.path, self.rule, self.group);
        let (id, source) = (self.node.id, self.source);
        self.node.report(Report::Unserved { node: id, source, host, path, rule, group, status, reason });
        answer::error(status)
    }
}

/// Answers one request. The route is the newest table's, request by request, so that kept
/// connections follow rule changes (elasticloadbalancing, "Listener rules for your Application Load
/// Balancer").
pub(super) async fn answer(front: &Front, request: Request<Incoming>) -> Response<Outgoing> {
    let view = front.node.view();
    let host_header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(|a| a.as_str()).or(host_header).unwrap_or_default();
    let host = rules::without_port(host).to_owned();
    let mut account = Account {
        node: front.node.clone(),
        source: front.source,
        host: host.clone(),
        path: request.uri().path().to_owned(),
        rule: String::new(),
        group: None,
    };
    if let Err(trouble) = acceptable(&request, &host) {
        return account.unserved(trouble);
    }
    let uri = request.uri().clone();
    let asked = Asked {
        scheme: front.scheme,
        host: &host,
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        method: request.method().as_str(),
        headers: request.headers(),
        source: front.source,
    };
    let Some(listener) = view.table.listeners.iter().find(|listener| listener.port == front.port) else {
        return account.unserved(unavailable("the listener was deleted".to_owned()));
    };
    let now = front.node.clock.now();
    if let Some(response) = gates::back_from_provider(listener, &asked, now) {
        return response;
    }
    let Some(rule) = rules::met(listener, &asked) else {
        return account.unserved(unavailable("no rule matches and there is no default rule".to_owned()));
    };
    account.rule.clone_from(&rule.arn);
    if let Some(response) = gates::barred(&rule.gates, &asked, front.port, now) {
        return response;
    }
    match &rule.action {
        Action::Fixed { status, content_type, body } => answer::fixed(*status, content_type, body),
        Action::Redirect { protocol, host, port, path, query, status } => {
            Redirect { protocol, host, port, path, query }.answer(*status, &asked, front.port)
        }
        Action::Forward { groups, stickiness } => {
            let cookie = stickiness.and_then(|_| cookies::read(asked.headers, cookies::GROUP, now));
            let draw = |total| rand::random_range(0..total);
            let Some(arn) = choice::group(groups, cookie.as_deref(), draw).map(str::to_owned) else {
                return account.unserved(unavailable("every group of the rule has weight 0".to_owned()));
            };
            account.group = Some(arn.clone());
            let mut set = HeaderMap::new();
            if let Some(duration) = stickiness {
                cookies::write(&mut set, cookies::GROUP, &arn, *duration, now);
            }
            match forward(front, &view, (listener, rule), &arn, request, set, &account).await {
                Ok(response) => response,
                Err(trouble) => account.unserved(trouble),
            }
        }
    }
}

/// Requests that the load balancer refuses itself (elasticloadbalancing, "Troubleshoot your
/// Application Load Balancers": 400, 405, 463).
fn acceptable(request: &Request<Incoming>, host: &str) -> Result<(), Trouble> {
    let refuse = |status, reason: &str| Err(Trouble { status, reason: reason.to_owned() });
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    let addresses: usize = forwarded.map(|list| list.as_bytes().split(|byte| *byte == b',').count()).sum();
    if let Some((status, reason)) = overlong::refused(request.uri(), request.headers()) {
        return refuse(status, reason);
    }
    match request.method().as_str() {
        "TRACE" => refuse(405, "the method TRACE is not allowed"),
        "CONNECT" => refuse(400, "a load balancer is no proxy: CONNECT"),
        _ if host.is_empty() && request.version() == Version::HTTP_11 => refuse(400, "no Host header"),
        _ if addresses > FORWARDED_LIMIT => refuse(463, "more than 30 addresses in X-Forwarded-For"),
        _ => Ok(()),
    }
}

fn unavailable(reason: String) -> Trouble {
    Trouble { status: 503, reason }
}

/// Why a target of that version cannot be asked this.
fn incompatible(request: &Request<Incoming>, version: ProtocolVersion) -> Option<&'static str> {
    let in_2 = request.version() == Version::HTTP_2;
    let content = request.headers().get(header::CONTENT_TYPE);
    let grpc = in_2 && content.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"));
    match version {
        ProtocolVersion::Http1 if grpc => Some("a gRPC request to a target group of protocol version HTTP1"),
        ProtocolVersion::Http2 | ProtocolVersion::Grpc if !in_2 => {
            Some("an HTTP/1.1 request to a target group of protocol version HTTP2 or GRPC")
        }
        ProtocolVersion::Grpc if request.method() != Method::POST => {
            Some("a request that is no POST to a target group of protocol version GRPC")
        }
        _ => None,
    }
}

async fn forward(
    front: &Front,
    view: &super::node::View,
    (listener, rule): (&ListenerView, &RuleView),
    arn: &str,
    mut request: Request<Incoming>,
    mut set: HeaderMap,
    account: &Account,
) -> Result<Response<Outgoing>, Trouble> {
    let node = &front.node;
    let (Some(group), Some(known)) = (view.table.groups.get(arn), view.group(arn)) else {
        return Err(unavailable("the target group does not exist on this node".to_owned()));
    };
    // "The load balancer received an incoming request protocol that is incompatible with the version config of the target
    // group protocol" (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
    if let Some(reason) = incompatible(&request, group.version) {
        return Err(Trouble { status: 464, reason: reason.to_owned() });
    }
    let now = node.clock.now();
    let cookie = group.stickiness.and_then(|_| cookies::read(request.headers(), cookies::TARGET, now));
    let cookie = cookie.as_deref().and_then(|text| text.split_once(':'));
    let cookie = cookie.and_then(|(ip, port)| Some((ip.parse::<Ipv4Addr>().ok()?, port.parse().ok()?)));
    let target = choice::target(group, cookie, &known.turn).map_err(unavailable)?;
    let Some(backend) = known.backend(target.ip, target.port) else {
        return Err(unavailable("the target is not known on this node".to_owned()));
    };
    if let Some(duration) = group.stickiness {
        let content = format!("{}:{}", target.ip, target.port);
        cookies::write(&mut set, cookies::TARGET, &content, duration, now);
    }

    let idle_timeout = listener.idle_timeout.max(Duration::from_secs(1));
    let upgrading = upgrade::wanted(request.headers()).then(|| hyper::upgrade::on(&mut request));
    exchange::name_host(&mut request);
    transforms::apply(&rule.transforms, &account.host, &mut request)
        .map_err(|reason| Trouble { status: 500, reason })?;
    exchange::forwarded(&mut request, front, group.version, upgrading.is_some());
    let busy = front.activity.busy();
    let activity = Activity::new(&node.clock);
    let (mut response, link) = exchange(node, backend, &activity, idle_timeout, request).await?;
    let status = response.status();
    node.report(Report::Served {
        node: node.id,
        source: account.source,
        host: account.host.clone(),
        rule: rule.arn.clone(),
        group: arn.to_owned(),
        ip: target.ip,
        status: status.as_u16(),
    });

    if status == StatusCode::SWITCHING_PROTOCOLS {
        let Some(client) = upgrading else {
            let reason = "the target switched protocols without being asked".to_owned();
            return Err(Trouble { status: 502, reason });
        };
        let target = hyper::upgrade::on(&mut response);
        let (backend, stop) = (backend.clone(), node.stop.clone());
        let joint = Joint { client, target, link, backend, stop, activity, idle_timeout, _busy: busy };
        tokio::spawn(joint.hold());
        return Ok(response.map(|_| Outgoing::Own(Default::default())));
    }
    exchange::strip(response.headers_mut());
    response.headers_mut().extend(set);
    *response.version_mut() = Version::HTTP_11;
    let account = account.clone();
    let on_cut = Box::new(move |reason| {
        account.unserved(Trouble { status: 502, reason });
    });
    let backend = backend.clone();
    Ok(response.map(|inner| {
        Outgoing::Relayed(Box::new(Relay {
            inner,
            finished: false,
            link: Some(link),
            backend,
            activity,
            idle_timeout,
            silence: None,
            on_cut: Some(on_cut),
            _busy: busy,
        }))
    }))
}
