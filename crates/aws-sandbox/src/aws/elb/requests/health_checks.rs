//! Reads and checks the health check settings of a request.

use crate::aws::elb::model::target_group::Check;
use crate::aws::elb::refusals::validation;
use crate::call::error::ApiError;
use crate::call::params::Params;

/// `old` is what members left out keep.
pub fn check(params: &Params, old: Option<&Check>) -> Result<Check, ApiError> {
    let protocol = params.word("HealthCheckProtocol", &["HTTP", "HTTPS", "TCP"])?;
    let protocol = protocol.or(old.map(|it| it.protocol.as_str())).unwrap_or("HTTP");
    if protocol == "TCP" {
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
    let path = params.text("HealthCheckPath")?.or(old.map(|it| it.path.as_str())).unwrap_or("/");
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
        Some(matcher) if matcher.has("GrpcCode") => {
            return Err(validation(
                "GRPC codes are supported only for target groups with protocol version 'GRPC'",
            ));
        }
        Some(matcher) => matcher.text("HttpCode")?.map(str::to_owned),
    };
    let matcher = match (matcher, old) {
        (None, Some(old)) => old.matcher.clone(),
        (None, None) => ("200".to_owned(), vec![(200, 200)]),
        (Some(text), _) => {
            let ranges = ranges(&text).ok_or_else(|| {
                validation(format!(
                    "Health check matcher HTTP code '{text}' must be within '200-499' inclusive"
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

/// `200`, `200,202`, `200-299`, within 200–499.
fn ranges(text: &str) -> Option<Vec<(u16, u16)>> {
    let code = |text: &str| text.parse().ok().filter(|code: &u16| (200..=499).contains(code));
    let range = |part: &str| match part.split_once('-') {
        None => code(part).map(|code| (code, code)),
        Some((low, high)) => Some((code(low)?, code(high)?)).filter(|(low, high)| low <= high),
    };
    text.split(',').map(range).collect()
}
