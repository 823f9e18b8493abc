//! Listeners: a port of a load balancer and what it does when no rule matches.

use std::time::Duration;

use serde_json::{Value, json};

use super::actions::{self, Action};
use super::error::{Answer, ApiError, validation};
use super::load_balancers::bad_marker;
use super::pages::page;
use super::params::{Api, Params};
use super::state::State;
use super::tags::{self, Tags};
use super::{World, arn};

#[derive(Clone, Debug)]
pub struct Listener {
    pub arn: String,
    pub load_balancer: String,
    pub port: u16,
    /// `HTTP` or `HTTPS`; both are served as plain HTTP.
    pub protocol: String,
    pub certificates: Vec<String>,
    pub ssl_policy: Option<String>,
    pub default_action: Action,
    pub default_rule_arn: String,
    pub default_rule_tags: Tags,
    pub tags: Tags,
}

fn not_found() -> ApiError {
    ApiError::new("ListenerNotFound", "One or more listeners not found")
}

impl Listener {
    fn json(&self) -> Value {
        let certificates: Option<Vec<Value>> = (self.protocol == "HTTPS")
            .then(|| self.certificates.iter().map(|arn| json!({"CertificateArn": arn})).collect());
        json!({
            "ListenerArn": self.arn,
            "LoadBalancerArn": self.load_balancer,
            "Port": self.port,
            "Protocol": self.protocol,
            "Certificates": certificates,
            "SslPolicy": self.ssl_policy,
            "DefaultActions": self.default_action.json(),
        })
    }
}

impl State {
    pub fn listener(&self, arn: &str) -> Result<&Listener, ApiError> {
        if arn::kind(arn) != "listener" {
            return Err(validation(format!("'{arn}' is not a valid listener ARN")));
        }
        self.listeners.get(arn).ok_or_else(not_found)
    }

    pub fn describe_listeners(&self, params: &Params) -> Answer {
        let arns = params.texts("ListenerArns")?.unwrap_or_default();
        let of = params.text("LoadBalancerArn")?.filter(|arn| !arn.is_empty());
        match of {
            Some(_) if !arns.is_empty() => {
                return Err(validation("A load balancer ARN and listener ARNs cannot be specified together"));
            }
            None if arns.is_empty() => {
                return Err(validation("You must specify either listener ARNs or a load balancer ARN"));
            }
            Some(arn) => self.load_balancer(arn).map(drop)?,
            None => {}
        }
        for arn in &arns {
            self.listener(arn)?;
        }
        let size = params.within("PageSize", 1, 400)?.unwrap_or(400) as usize;
        let chosen = self
            .listeners
            .values()
            .filter(|it| of.map_or_else(|| arns.contains(&it.arn.as_str()), |of| it.load_balancer == of));
        let items = chosen.map(|it| (it.arn.clone(), it));
        let (found, next) = page(items, params.text("Marker")?, size).map_err(|()| bad_marker())?;
        let found: Vec<Value> = found.into_iter().map(Listener::json).collect();
        Ok(json!({"Listeners": found, "NextMarker": next}))
    }

    pub fn describe_listener_attributes(&self, params: &Params) -> Answer {
        self.listener(params.needed("ListenerArn")?)?;
        Ok(json!({"Attributes": [{"Key": "routing.http.response.server.enabled", "Value": "true"}]}))
    }
}

impl World {
    /// What a listener speaks, with its certificates checked.
    fn listener_protocol(
        params: &Params,
        old: Option<&Listener>,
    ) -> Result<(String, Vec<String>, Option<String>), ApiError> {
        let given = params.word("Protocol", &["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"])?;
        let protocol = match given.or(old.map(|it| it.protocol.as_str())) {
            None => return Err(validation("A listener protocol must be specified")),
            Some(protocol @ ("HTTP" | "HTTPS")) => protocol.to_owned(),
            Some(other) => {
                let text = format!("Listener protocol '{other}' must be one of 'HTTPS, HTTP'");
                return Err(validation(text));
            }
        };
        let certificates = match params.objects("Certificates")? {
            None => old.map(|it| it.certificates.clone()).unwrap_or_default(),
            Some(list) => list
                .iter()
                .map(|it| it.needed("CertificateArn").map(str::to_owned))
                .collect::<Result<_, _>>()?,
        };
        if protocol == "HTTPS" && certificates.is_empty() {
            return Err(validation("A certificate must be specified for HTTPS listeners"));
        }
        if protocol == "HTTP" && params.has("Certificates") && !certificates.is_empty() {
            return Err(validation("You cannot specify certificates for HTTP listeners"));
        }
        let policy = params.text("SslPolicy")?.or(old.and_then(|it| it.ssl_policy.as_deref()));
        let policy = (protocol == "HTTPS").then(|| policy.unwrap_or("ELBSecurityPolicy-2016-08").to_owned());
        Ok((protocol, certificates, policy))
    }

    fn check_port(&self, load_balancer: &str, port: u16, but: &str) -> Result<(), ApiError> {
        match self.state.listeners.values().find(|it| it.port == port && it.arn != but) {
            None => Ok(()),
            Some(it) if it.load_balancer == load_balancer => Err(ApiError::new(
                "DuplicateListener",
                "A listener already exists on this port for this load balancer",
            )),
            Some(it) => Err(validation(format!(
                "Port {port} is taken: the sandbox's load balancers share their nodes, and '{}' listens there",
                it.arn
            ))),
        }
    }

    pub(super) fn create_listener(&mut self, now: Duration, params: &Params) -> Answer {
        let load_balancer = params.needed("LoadBalancerArn")?.to_owned();
        let action =
            actions::parse(params, "DefaultActions")?.ok_or_else(|| params.missing("DefaultActions"))?;
        let port = params
            .within("Port", 1, 65_535)?
            .ok_or_else(|| validation("A listener port must be specified"))?;
        let tags = tags::parse(Api::Elb, params, "Tags")?;
        let path = {
            let it = self.state.load_balancer(&load_balancer)?;
            it.arn.replacen(":loadbalancer/", ":listener/", 1)
        };
        let (protocol, certificates, ssl_policy) = Self::listener_protocol(params, None)?;
        let port = port as u16;
        self.check_port(&load_balancer, port, "")?;
        if self.state.listeners.values().filter(|it| it.load_balancer == load_balancer).count() >= 50 {
            return Err(ApiError::new(
                "TooManyListeners",
                "You have reached the maximum number of listeners",
            ));
        }
        self.check_action(&load_balancer, &action, &[])?;
        let arn = format!("{path}/{}", self.dice.hex16());
        let rule = arn.replacen(":listener/", ":listener-rule/", 1);
        let it = Listener {
            default_rule_arn: format!("{rule}/{}", self.dice.hex16()),
            default_rule_tags: Tags::new(),
            arn,
            load_balancer,
            port,
            protocol,
            certificates,
            ssl_policy,
            default_action: action,
            tags,
        };
        let answer = json!({"Listeners": [it.json()]});
        let arn = it.arn.clone();
        self.state.listeners.insert(arn.clone(), it);
        self.routing_changed(now, &arn);
        Ok(answer)
    }

    pub(super) fn modify_listener(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("ListenerArn")?.to_owned();
        let action = actions::parse(params, "DefaultActions")?;
        let port = params.within("Port", 1, 65_535)?;
        let mut it = self.state.listener(&arn)?.clone();
        (it.protocol, it.certificates, it.ssl_policy) = Self::listener_protocol(params, Some(&it))?;
        if let Some(port) = port {
            self.check_port(&it.load_balancer, port as u16, &arn)?;
            it.port = port as u16;
        }
        if let Some(action) = action {
            self.check_action(&it.load_balancer, &action, it.default_action.groups())?;
            it.default_action = action;
        }
        let answer = json!({"Listeners": [it.json()]});
        self.state.listeners.insert(arn.clone(), it);
        self.routing_changed(now, &arn);
        Ok(answer)
    }

    pub(super) fn delete_listener(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("ListenerArn")?.to_owned();
        self.state.listener(&arn)?;
        self.remove_listener(now, &arn);
        Ok(json!({}))
    }

    pub(super) fn remove_listener(&mut self, now: Duration, arn: &str) {
        let rules: Vec<String> = self.state.rules_of(arn).iter().map(|rule| rule.arn.clone()).collect();
        for rule in rules {
            self.state.rules.remove(&rule);
        }
        self.state.listeners.remove(arn);
        self.routing_changed(now, arn);
    }
}
