//! CreateListener, ModifyListener, DeleteListener.

use std::time::Duration;

use serde_json::json;

use crate::aws::elb::model::listener::Listener;
use crate::aws::elb::model::load_balancer::Kind;
use crate::aws::elb::model::policy;
use crate::aws::elb::refusals::validation;
use crate::aws::elb::requests::actions::check_gates;
use crate::aws::elb::requests::{actions, tags};
use crate::aws::tags::Tags;
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl World {
    /// What a listener speaks, with its certificates checked.
    fn listener_protocol(
        &self,
        now: Duration,
        params: &Params,
        kind: Kind,
        old: Option<&Listener>,
    ) -> Result<(String, Option<String>, Option<String>), ApiError> {
        let given = params.word("Protocol", &["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"])?;
        let protocol = match given.or(old.map(|it| it.protocol.as_str())) {
            None => return Err(validation("A listener protocol must be specified")),
            Some(protocol) => {
                let allowed: &[&str] = match kind {
                    Kind::Application => &["HTTPS", "HTTP"],
                    Kind::Network => &["TCP", "TLS", "UDP", "TCP_UDP"],
                };
                if !allowed.contains(&protocol) {
                    let text =
                        format!("Listener protocol '{protocol}' must be one of '{}'", allowed.join(", "));
                    return Err(validation(text));
                }
                protocol.to_owned()
            }
        };
        let certificates: Vec<String> = match params.objects("Certificates")? {
            None => old.and_then(|it| it.certificate.clone()).into_iter().collect(),
            Some(list) => list
                .iter()
                .map(|it| it.needed("CertificateArn").map(str::to_owned))
                .collect::<Result<_, _>>()?,
        };
        let secure = ["HTTPS", "TLS"].contains(&protocol.as_str());
        if secure && certificates.is_empty() {
            return Err(validation(format!("A certificate must be specified for {protocol} listeners")));
        }
        if !secure && params.has("Certificates") && !certificates.is_empty() {
            return Err(validation(format!("You cannot specify certificates for {protocol} listeners")));
        }
        if certificates.len() > 1 {
            return Err(validation("Exactly one default certificate must be specified"));
        }
        if params.has("Certificates") {
            certificates.iter().try_for_each(|arn| self.check_certificate(now, arn))?;
        }
        let policy = params.text("SslPolicy")?.or(old.and_then(|it| it.ssl_policy.as_deref()));
        let policy = policy.unwrap_or(policy::DEFAULT);
        if policy::versions(policy).is_none() {
            return Err(ApiError::new("SSLPolicyNotFound", format!("SSL policy '{policy}' not found")));
        }
        if !secure && params.has("SslPolicy") {
            return Err(validation(format!("You cannot specify an SSL policy for {protocol} listeners")));
        }
        Ok((protocol, certificates.into_iter().next().filter(|_| secure), secure.then(|| policy.to_owned())))
    }

    fn check_port(&self, load_balancer: &str, port: u16, but: &str) -> Result<(), ApiError> {
        let mut others = self.state.elb.listeners.values().filter(|it| it.port == port && it.arn != but);
        // Its own ones first: two load balancers of which one is a network's may have the same port.
        let own = others.clone().find(|it| it.load_balancer == load_balancer);
        match own.or_else(|| others.next()) {
            None => Ok(()),
            Some(it) if it.load_balancer == load_balancer => Err(ApiError::new(
                "DuplicateListener",
                "A listener already exists on this port for this load balancer",
            )),
            Some(it) if it.load_balancer.contains("/net/") || load_balancer.contains("/net/") => Ok(()),
            Some(it) => Err(validation(format!(
                "Port {port} is taken: the sandbox's load balancers share their nodes, and '{}' listens there",
                it.arn
            ))),
        }
    }

    pub(crate) fn create_listener(&mut self, now: Duration, params: &Params) -> Answer {
        let load_balancer = params.needed("LoadBalancerArn")?.to_owned();
        let actions =
            actions::parse(params, "DefaultActions", &[])?.ok_or_else(|| params.missing("DefaultActions"))?;
        let port = params
            .within("Port", 1, 65_535)?
            .ok_or_else(|| validation("A listener port must be specified"))?;
        let tags = tags::parse(params)?;
        let (path, kind) = {
            let it = self.state.elb.load_balancer(&load_balancer)?;
            (it.arn.replacen(":loadbalancer/", ":listener/", 1), it.kind)
        };
        let (protocol, certificate, ssl_policy) = self.listener_protocol(now, params, kind, None)?;
        let port = port as u16;
        self.check_port(&load_balancer, port, "")?;
        if self.state.elb.listeners.values().filter(|it| it.load_balancer == load_balancer).count() >= 50 {
            return Err(ApiError::new(
                "TooManyListeners",
                "You have reached the maximum number of listeners",
            ));
        }
        check_gates(&protocol, &actions.gates)?;
        self.check_action(&load_balancer, &protocol, &actions.routing, &[])?;
        let arn = format!("{path}/{}", self.dice.hex16());
        let rule = arn.replacen(":listener/", ":listener-rule/", 1);
        let it = Listener {
            default_rule_arn: format!("{rule}/{}", self.dice.hex16()),
            default_rule_tags: Tags::new(),
            arn,
            load_balancer,
            port,
            protocol,
            certificate,
            certificate_list: Vec::new(),
            ssl_policy,
            default_gates: actions.gates,
            default_action: actions.routing,
            tags,
        };
        let answer = json!({"Listeners": [it.json()]});
        let arn = it.arn.clone();
        self.state.elb.listeners.insert(arn.clone(), it);
        self.routing_changed(now, &arn);
        Ok(answer)
    }

    pub(crate) fn modify_listener(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("ListenerArn")?.to_owned();
        let port = params.within("Port", 1, 65_535)?;
        let mut it = self.state.elb.listener(&arn)?.clone();
        let actions = actions::parse(params, "DefaultActions", &it.default_gates)?;
        let kind = self.state.elb.load_balancer(&it.load_balancer)?.kind;
        (it.protocol, it.certificate, it.ssl_policy) =
            self.listener_protocol(now, params, kind, Some(&it))?;
        if it.certificate.is_none() {
            it.certificate_list.clear();
        }
        if let Some(port) = port {
            self.check_port(&it.load_balancer, port as u16, &arn)?;
            it.port = port as u16;
        }
        if let Some(actions) = actions {
            self.check_action(&it.load_balancer, &it.protocol, &actions.routing, it.default_action.groups())?;
            (it.default_gates, it.default_action) = (actions.gates, actions.routing);
        }
        check_gates(&it.protocol, &it.default_gates)?;
        for rule in self.state.elb.rules_of(&arn) {
            check_gates(&it.protocol, &rule.gates)?;
        }
        let answer = json!({"Listeners": [it.json()]});
        self.state.elb.listeners.insert(arn.clone(), it);
        self.routing_changed(now, &arn);
        Ok(answer)
    }

    pub(crate) fn delete_listener(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("ListenerArn")?.to_owned();
        self.state.elb.listener(&arn)?;
        self.remove_listener(now, &arn);
        Ok(json!({}))
    }

    pub(crate) fn remove_listener(&mut self, now: Duration, arn: &str) {
        let rules: Vec<String> = self.state.elb.rules_of(arn).iter().map(|rule| rule.arn.clone()).collect();
        for rule in rules {
            self.state.elb.rules.remove(&rule);
        }
        self.state.elb.listeners.remove(arn);
        self.routing_changed(now, arn);
    }
}
