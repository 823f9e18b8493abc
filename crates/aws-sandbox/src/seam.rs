//! The seam between the control plane (`world`, the APIs) and the data plane (balancer, tasks,
//! health checks): what the world tells it, and what it reports back. Plain data only.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use crate::pattern::Pattern;

/// Index of a load balancer node, 0-based.
pub type Node = usize;

/// One node's whole view of its load balancers; always replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteTable {
    pub listeners: Vec<ListenerView>,
    /// By target group ARN.
    pub groups: BTreeMap<String, GroupView>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListenerView {
    pub arn: String,
    pub port: u16,
    /// Idle timeout of the load balancer (AWS default 60 s), in sandbox time.
    pub idle_timeout: Duration,
    /// `None` is a listener of plain HTTP.
    pub tls: Option<Tls>,
    /// Lowest priority number first; the default rule, without conditions, last.
    pub rules: Vec<RuleView>,
}

/// What a listener speaks TLS with.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    pub versions: TlsVersions,
    /// Whether HTTP/2 is offered to clients.
    pub http2: bool,
    /// The default one first, then the list from which server names choose.
    pub certificates: Vec<Arc<KeyedCertificate>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersions {
    Only12,
    Only13,
    Both,
}

/// A certificate with its key, all in DER.
#[derive(PartialEq)]
pub struct KeyedCertificate {
    /// The host names it is for; `*.` in front stands for one label.
    pub names: Vec<String>,
    /// The certificate itself first, then those that lead to a root.
    pub chain: Vec<Vec<u8>>,
    pub key: Vec<u8>,
}

impl std::fmt::Debug for KeyedCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyedCertificate").field("names", &self.names).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct RuleView {
    pub arn: String,
    /// `None` is the default rule.
    pub priority: Option<u32>,
    /// All must match (AND); inside one, any value (OR).
    pub conditions: Vec<Condition>,
    /// Passed in this order before the action.
    pub gates: Vec<Gate>,
    /// What is rewritten before a target sees it.
    pub transforms: Vec<Transform>,
    pub action: Action,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `*` and `?` wildcards, case-insensitive, port stripped from the request's host.
    Host(Vec<String>),
    /// `*` and `?` wildcards, case-sensitive.
    Path(Vec<String>),
    /// The connecting address, never X-Forwarded-For.
    SourceIp(Vec<IpNet>),
    Method(Vec<String>),
    Header {
        name: String,
        values: Vec<String>,
    },
    Query(Vec<(Option<String>, String)>),
    HostRegex(Vec<Pattern>),
    PathRegex(Vec<Pattern>),
    HeaderRegex {
        name: String,
        patterns: Vec<Pattern>,
    },
}

/// What may bar the way.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate {
    Login(Login),
    Token { issuer: String, claims: Vec<Claim> },
}

/// A login by a session cookie.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    /// With `client`, what a session is good for.
    pub issuer: String,
    pub client: String,
    /// Where callers are sent to log in.
    pub endpoint: String,
    pub scope: String,
    pub extra: BTreeMap<String, String>,
    pub cookie: String,
    pub session: Duration,
    pub otherwise: Unauthenticated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthenticated {
    Deny,
    Allow,
    Authenticate,
}

impl Unauthenticated {
    pub fn word(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
            Self::Authenticate => "authenticate",
        }
    }
}

/// A claim that a token must have with one of these values.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    pub name: String,
    pub format: ClaimFormat,
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimFormat {
    SingleString,
    StringArray,
    SpaceSeparated,
}

impl ClaimFormat {
    pub fn word(self) -> &'static str {
        match self {
            Self::SingleString => "single-string",
            Self::StringArray => "string-array",
            Self::SpaceSeparated => "space-separated-values",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    pub what: Rewritten,
    pub pattern: Pattern,
    /// `$1` and so on are groups.
    pub replace: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewritten {
    Host,
    /// Path and query.
    Url,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Target group ARN and weight; weight 0 is never chosen.
    Forward {
        groups: Vec<(String, u32)>,
        stickiness: Option<Duration>,
    },
    /// Members as in the API, with `#{host}` and friends still in them.
    Redirect {
        protocol: String,
        host: String,
        port: String,
        path: String,
        query: String,
        status: u16,
    },
    Fixed {
        status: u16,
        content_type: String,
        body: String,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct GroupView {
    pub arn: String,
    pub health_check: HealthCheck,
    /// What its targets are spoken to in.
    pub version: ProtocolVersion,
    /// Target stickiness by load balancer cookie.
    pub stickiness: Option<Duration>,
    pub targets: Vec<TargetView>,
}

/// What a target group's targets speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolVersion {
    Http1,
    Http2,
    Grpc,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TargetView {
    pub ip: Ipv4Addr,
    pub port: u16,
    pub health: NodeHealth,
}

/// How this node may use a target. When no target of a group is `Healthy`, the balancer fails
/// open to `Unhealthy` and `Initial` ones; `Draining` ones never get new requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeHealth {
    Initial,
    Healthy,
    Unhealthy,
    Draining,
}

#[derive(Clone, Debug, PartialEq)]
pub struct HealthCheck {
    pub path: String,
    /// `None` is the target's own port.
    pub port: Option<u16>,
    pub interval: Duration,
    pub timeout: Duration,
    /// Inclusive ranges of HTTP status codes.
    pub matcher: Vec<(u16, u16)>,
}

/// A container to run as an HTTP server on its task's own loopback address.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSpec {
    /// The 32 hexadecimal digits at the end of the task's ARN.
    pub id: String,
    pub service: String,
    pub family: String,
    pub revision: u32,
    pub image: String,
    pub ip: Ipv4Addr,
    /// Container ports to listen on.
    pub ports: Vec<u16>,
    pub environment: BTreeMap<String, String>,
    /// SIGTERM to SIGKILL.
    pub stop_timeout: Duration,
}

/// What the world asks of the data plane.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Start(TaskSpec),
    /// SIGTERM: stop accepting, finish requests in flight, exit; SIGKILL after `stop_timeout`.
    Terminate {
        task: String,
    },
    /// SIGKILL: connections are reset at once.
    Kill {
        task: String,
    },
}

/// What the data plane tells the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// The process is up and listening (or sleeping through `START_SECONDS`).
    Started {
        task: String,
    },
    Exited {
        task: String,
        code: i32,
    },
    Checked {
        node: Node,
        group: String,
        ip: Ipv4Addr,
        port: u16,
        outcome: CheckOutcome,
    },
    /// A request the balancer itself had to answer with an error, for `/_sandbox/violations`.
    Unserved {
        node: Node,
        source: IpAddr,
        host: String,
        path: String,
        rule: String,
        group: Option<String>,
        status: u16,
        reason: String,
    },
    /// A request that a target answered, whatever its status.
    Served {
        node: Node,
        source: IpAddr,
        host: String,
        rule: String,
        group: String,
        ip: Ipv4Addr,
        status: u16,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum CheckOutcome {
    Passed,
    /// Answered with a status outside the matcher.
    Mismatch(u16),
    TimedOut,
    /// Refused, reset or malformed.
    Failed,
}
