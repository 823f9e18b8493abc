//! Target groups: settings, health check, attributes, and which load balancer they hang on.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};

use super::attributes::{self, Attributes};
use super::error::{Answer, ApiError, validation};
use super::load_balancers::{bad_marker, check_name};
use super::pages::page;
use super::params::{Api, Params};
use super::state::State;
use super::tags::{self, Tags};
use super::targets::Target;
use super::{World, arn};

#[derive(Clone, Debug)]
pub struct TargetGroup {
    pub arn: String,
    pub name: String,
    pub protocol: String,
    pub protocol_version: String,
    pub port: u16,
    pub vpc_id: String,
    pub target_type: String,
    pub check: Check,
    pub attributes: Attributes,
    pub tags: Tags,
    /// The load balancer whose rules or listeners name this group.
    pub load_balancer: Option<String>,
    pub associated_since: Duration,
    pub targets: BTreeMap<(Ipv4Addr, u16), Target>,
    pub created: Duration,
}

/// The health check settings, as ModifyTargetGroup can change them.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub protocol: String,
    /// `None` is `traffic-port`.
    pub port: Option<u16>,
    pub path: String,
    pub interval: u64,
    pub timeout: u64,
    pub healthy: u32,
    pub unhealthy: u32,
    /// As typed, and its ranges.
    pub matcher: (String, Vec<(u16, u16)>),
}

pub fn not_found() -> ApiError {
    ApiError::new("TargetGroupNotFound", "One or more target groups not found")
}

impl TargetGroup {
    pub fn attribute(&self, key: &str) -> &str {
        self.attributes.get(key).map(String::as_str).unwrap_or_default()
    }

    pub fn deregistration_delay(&self) -> Duration {
        Duration::from_secs(self.attribute("deregistration_delay.timeout_seconds").parse().unwrap_or(300))
    }

    pub fn json(&self) -> Value {
        let check = &self.check;
        json!({
            "TargetGroupArn": self.arn,
            "TargetGroupName": self.name,
            "Protocol": self.protocol,
            "ProtocolVersion": self.protocol_version,
            "Port": self.port,
            "VpcId": self.vpc_id,
            "HealthCheckProtocol": check.protocol,
            "HealthCheckPort": check.port.map_or_else(|| "traffic-port".to_owned(), |port| port.to_string()),
            "HealthCheckEnabled": true,
            "HealthCheckIntervalSeconds": check.interval,
            "HealthCheckTimeoutSeconds": check.timeout,
            "HealthyThresholdCount": check.healthy,
            "UnhealthyThresholdCount": check.unhealthy,
            "HealthCheckPath": check.path,
            "Matcher": {"HttpCode": check.matcher.0},
            "LoadBalancerArns": self.load_balancer.as_slice(),
            "TargetType": self.target_type,
            "IpAddressType": "ipv4",
        })
    }
}

/// `old` is what members left out keep.
fn check(params: &Params, old: Option<&Check>) -> Result<Check, ApiError> {
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

impl State {
    pub fn target_group(&self, arn: &str) -> Result<&TargetGroup, ApiError> {
        if arn::kind(arn) != "targetgroup" {
            return Err(validation(format!("'{arn}' is not a valid target group ARN")));
        }
        self.target_groups.get(arn).ok_or_else(not_found)
    }

    pub fn describe_target_groups(&self, params: &Params) -> Answer {
        let arns = params.texts("TargetGroupArns")?.unwrap_or_default();
        let names = params.texts("Names")?.unwrap_or_default();
        let of = params.text("LoadBalancerArn")?.filter(|arn| !arn.is_empty());
        if [!arns.is_empty(), !names.is_empty(), of.is_some()].into_iter().filter(|it| *it).count() > 1 {
            return Err(validation(
                "Target group ARNs, names and a load balancer ARN cannot be specified together",
            ));
        }
        for arn in &arns {
            self.target_group(arn)?;
        }
        if let Some(arn) = of {
            self.load_balancer(arn)?;
        }
        let chosen: Vec<&TargetGroup> = self
            .target_groups
            .values()
            .filter(|it| {
                (arns.is_empty() || arns.contains(&it.arn.as_str()))
                    && (names.is_empty() || names.contains(&it.name.as_str()))
                    && of.is_none_or(|of| it.load_balancer.as_deref() == Some(of))
            })
            .collect();
        if names.iter().any(|name| !chosen.iter().any(|it| it.name == *name)) {
            return Err(not_found());
        }
        let size = params.within("PageSize", 1, 400)?.unwrap_or(400) as usize;
        let items = chosen.into_iter().map(|it| (it.arn.clone(), it.json()));
        let (found, next) = page(items, params.text("Marker")?, size).map_err(|()| bad_marker())?;
        Ok(json!({"TargetGroups": found, "NextMarker": next}))
    }

    pub fn describe_target_group_attributes(&self, params: &Params) -> Answer {
        let group = self.target_group(params.needed("TargetGroupArn")?)?;
        Ok(json!({"Attributes": attributes::write(&group.attributes)}))
    }
}

impl World {
    pub(super) fn create_target_group(&mut self, now: Duration, params: &Params) -> Answer {
        let name = params.needed("Name")?;
        check_name("Target group", name)?;
        let target_type =
            params.word("TargetType", &["instance", "ip", "lambda", "alb"])?.unwrap_or("instance");
        if matches!(target_type, "lambda" | "alb") {
            return Err(validation(format!("The sandbox has no target groups of type '{target_type}'")));
        }
        let all = ["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"];
        let protocol =
            params.word("Protocol", &all)?.ok_or_else(|| validation("A protocol must be specified"))?;
        if !["HTTP", "HTTPS"].contains(&protocol) {
            return Err(validation(format!("The sandbox has no target groups of protocol '{protocol}'")));
        }
        let port =
            params.within("Port", 1, 65_535)?.ok_or_else(|| validation("A port must be specified"))? as u16;
        let vpc_id = params.text("VpcId")?.filter(|id| !id.is_empty());
        let vpc_id = vpc_id.ok_or_else(|| validation("A VPC ID must be specified"))?;
        let version = params.word("ProtocolVersion", &["HTTP1", "HTTP2", "GRPC"])?.unwrap_or("HTTP1");
        if version == "GRPC" {
            return Err(validation("The sandbox has no target groups of protocol version 'GRPC'"));
        }
        let check = check(params, None)?;
        let tags = tags::parse(Api::Elb, params, "Tags")?;
        if let Some(old) = self.state.target_groups.values().find(|it| it.name == name) {
            let same = old.protocol == protocol
                && old.protocol_version == version
                && old.port == port
                && old.vpc_id == vpc_id
                && old.target_type == target_type
                && old.check == check;
            if same {
                return Ok(json!({"TargetGroups": [old.json()]}));
            }
            return Err(ApiError::new(
                "DuplicateTargetGroupName",
                format!("A target group with the same name '{name}' exists, but with different settings"),
            ));
        }
        if self.state.target_groups.len() >= 3000 {
            return Err(ApiError::new(
                "TooManyTargetGroups",
                "You have reached the maximum number of target groups",
            ));
        }
        let group = TargetGroup {
            arn: self.state.place.elb(&format!("targetgroup/{name}/{}", self.dice.hex16())),
            name: name.to_owned(),
            protocol: protocol.to_owned(),
            protocol_version: version.to_owned(),
            port,
            vpc_id: vpc_id.to_owned(),
            target_type: target_type.to_owned(),
            check,
            attributes: attributes::of_target_group(),
            tags,
            load_balancer: None,
            associated_since: now,
            targets: BTreeMap::new(),
            created: now,
        };
        let answer = json!({"TargetGroups": [group.json()]});
        self.state.target_groups.insert(group.arn.clone(), group);
        Ok(answer)
    }

    pub(super) fn modify_target_group(&mut self, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        let check = check(params, Some(&self.state.target_group(arn)?.check))?;
        let Some(group) = self.state.target_groups.get_mut(arn) else { return Err(not_found()) };
        group.check = check;
        let answer = json!({"TargetGroups": [group.json()]});
        self.version += 1;
        Ok(answer)
    }

    pub(super) fn modify_target_group_attributes(&mut self, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        let changes = attributes::read(params)?;
        let group = self.state.target_group(arn)?;
        let mut new = group.attributes.clone();
        for (key, value) in changes {
            if !new.contains_key(&key) {
                return Err(validation(format!("Target group attribute key '{key}' is not recognized")));
            }
            attributes::check(&key, &value)?;
            new.insert(key, value);
        }
        attributes::check_together(&new)?;
        let turned_on = group.attribute("stickiness.enabled") != "true"
            && new.get("stickiness.enabled").is_some_and(|value| value == "true");
        if turned_on && let Some(behind) = self.state.weighted_without_stickiness(arn) {
            return Err(attributes::invalid_configuration(format!(
                "This target group appears behind a rule with group stickiness disabled ({behind}). You must \
                 enable group stickiness before enabling target stickiness"
            )));
        }
        let answer = json!({"Attributes": attributes::write(&new)});
        if let Some(group) = self.state.target_groups.get_mut(arn) {
            group.attributes = new;
        }
        self.version += 1;
        Ok(answer)
    }

    pub(super) fn delete_target_group(&mut self, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        if arn::kind(arn) != "targetgroup" {
            return Err(validation(format!("'{arn}' is not a valid target group ARN")));
        }
        if self.state.target_groups.get(arn).is_some_and(|it| it.load_balancer.is_some()) {
            let text = format!("Target group '{arn}' is currently in use by a listener or a rule");
            return Err(ApiError::new("ResourceInUse", text));
        }
        self.state.target_groups.remove(arn);
        self.version += 1;
        Ok(json!({}))
    }
}

impl State {
    /// A rule or listener that weighs this group against others with group stickiness off.
    fn weighted_without_stickiness(&self, group: &str) -> Option<String> {
        use super::actions::Action;
        let bad = |action: &Action| match action {
            Action::Forward { groups, stickiness: None } => {
                groups.len() > 1 && groups.iter().any(|(arn, _)| arn == group)
            }
            _ => false,
        };
        let rule = self.rules.values().find(|it| bad(&it.action)).map(|it| it.arn.clone());
        rule.or_else(|| self.listeners.values().find(|it| bad(&it.default_action)).map(|it| it.arn.clone()))
    }
}
