//! Reads and checks the health check settings of a request.

use crate::aws::elb::model::target_group::Check;
use crate::aws::elb::refusals::validation;
use crate::call::error::ApiError;
use crate::call::params::Params;

/// What a group's protocols make of its checks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Http,
    Grpc,
    Network,
}

impl Of {
    pub fn group(protocol: &str, version: Option<&str>) -> Self {
        match (protocol, version) {
            (_, Some("GRPC")) => Self::Grpc,
            ("HTTP" | "HTTPS", _) => Self::Http,
            _ => Self::Network,
        }
    }

    /// Default path, member and range of the codes, and default code
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html>).
    fn defaults(self) -> (&'static str, &'static str, (u16, u16), &'static str) {
        match self {
            Self::Grpc => ("/AWS.ALB/healthcheck", "GrpcCode", (0, 99), "12"),
            Self::Http | Self::Network => ("/", "HttpCode", (200, 499), "200"),
        }
    }
}

/// `old` is what members left out keep.
pub fn check(params: &Params, of: Of, old: Option<&Check>) -> Result<Check, ApiError> {
    let (default_path, member, bounds, default_code) = of.defaults();
    let protocol = params.word("HealthCheckProtocol", &["HTTP", "HTTPS", "TCP"])?;
    let protocol = protocol.or(old.map(|it| it.protocol.as_str())).unwrap_or(if of == Of::Network {
        "TCP"
    } else {
        "HTTP"
    });
    if protocol == "TCP" && of != Of::Network {
        return Err(validation(
            "Health check protocol 'TCP' is not supported for target groups with protocol 'HTTP'",
        ));
    }
    if params.boolean("HealthCheckEnabled")? == Some(false) {
        return Err(validation("Health checks cannot be disabled for target groups with target type 'ip'"));
    }
    let port = match params.text("HealthCheckPort")? {
        None => old.and_then(|it| it.port),
        Some("traffic-port") => None,
        Some(text) => {
            let port = text.parse().ok().filter(|port: &u16| *port > 0);
            Some(port.ok_or_else(|| {
                validation(format!(
                    "Health check port '{text}' must be 'traffic-port' or between '1' and '65535' inclusive"
                ))
            })?)
        }
    };
    let path = params.text("HealthCheckPath")?.or(old.map(|it| it.path.as_str())).unwrap_or(default_path);
    if !path.starts_with('/') || path.len() > 1024 || path.contains(char::is_whitespace) {
        return Err(validation(format!(
            "Health check path '{path}' must begin with a '/' character and can only contain printable ASCII characters, without spaces"
        )));
    }
    let number = |name: &str, low: i64, high: i64, kept: Option<u64>, default: u64| {
        params.within(name, low, high).map(|given| given.map(|it| it as u64).or(kept).unwrap_or(default))
    };
    let interval = number("HealthCheckIntervalSeconds", 5, 300, old.map(|it| it.interval), 30)?;
    let timeout = number("HealthCheckTimeoutSeconds", 2, 120, old.map(|it| it.timeout), 5)?;
    let healthy = number("HealthyThresholdCount", 2, 10, old.map(|it| it.healthy.into()), 5)? as u32;
    let unhealthy = number("UnhealthyThresholdCount", 2, 10, old.map(|it| it.unhealthy.into()), 2)? as u32;
    if timeout >= interval {
        return Err(validation("Health check interval must be greater than the timeout."));
    }
    let matcher = match params.object("Matcher")? {
        None => None,
        Some(matcher) => {
            if let Some(other) = ["HttpCode", "GrpcCode"].iter().find(|it| **it != member && matcher.has(it))
            {
                return Err(validation(format!(
                    "The matcher '{other}' is not supported for the protocol version of the target group"
                )));
            }
            matcher.text(member)?.map(str::to_owned)
        }
    };
    let matcher = match (matcher, old) {
        (None, Some(old)) => old.matcher.clone(),
        (given, _) => {
            let text = given.unwrap_or_else(|| default_code.to_owned());
            let ranges = ranges(&text, bounds).ok_or_else(|| {
                let (low, high) = bounds;
                let kind = if of == Of::Grpc { "GRPC" } else { "HTTP" };
                validation(format!(
                    "Health check matcher {kind} code '{text}' must be within '{low}-{high}' inclusive"
                ))
            })?;
            (text, ranges)
        }
    };
    Ok(Check {
        protocol: protocol.to_owned(),
        port,
        path: path.to_owned(),
        interval,
        timeout,
        healthy,
        unhealthy,
        matcher,
    })
}

/// `200`, `200,202`, `200-299`, within bounds.
fn ranges(text: &str, (low, high): (u16, u16)) -> Option<Vec<(u16, u16)>> {
    let code = |text: &str| text.parse().ok().filter(|code: &u16| (low..=high).contains(code));
    let range = |part: &str| match part.split_once('-') {
        None => code(part).map(|code| (code, code)),
        Some((low, high)) => Some((code(low)?, code(high)?)).filter(|(low, high)| low <= high),
    };
    text.split(',').map(range).collect()
}
