//! RegisterTargets, DeregisterTargets, and what becomes of a target afterwards.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::json;

use crate::aws::elb::model::target::Target;
use crate::aws::elb::requests::targets::parse;
use crate::aws::world::{Timer, World};
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;
use crate::seam::{CheckOutcome, Node};

impl World {
    pub(crate) fn register_targets(&mut self, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        let group = self.state.elb.target_group(arn)?;
        if group.target_type != "ip" {
            return Err(ApiError::new("InvalidTarget", "The sandbox has no instances to register"));
        }
        let targets = parse(params, group)?.ok_or_else(|| params.missing("Targets"))?;
        let draining = |key| group.targets.get(key).is_some_and(|it: &Target| it.draining_until.is_some());
        if let Some((ip, port)) = targets.iter().find(|key| draining(key)) {
            return Err(ApiError::new(
                "InvalidTarget",
                format!("The target '{ip}:{port}' is still draining"),
            ));
        }
        if group.targets.len() + targets.len() > 1000 {
            return Err(ApiError::new("TooManyTargets", "You have reached the maximum number of targets"));
        }
        for (ip, port) in targets {
            self.register(arn, ip, port, None);
        }
        Ok(json!({}))
    }

    pub(crate) fn deregister_targets(&mut self, now: Duration, params: &Params) -> Answer {
        let arn = params.needed("TargetGroupArn")?;
        let group = self.state.elb.target_group(arn)?;
        for (ip, port) in parse(params, group)?.ok_or_else(|| params.missing("Targets"))? {
            self.deregister(now, arn, ip, port);
        }
        Ok(json!({}))
    }

    /// `zone` is where the target is, as far as that is known
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-register-targets.html>).
    pub(crate) fn register(&mut self, group: &str, ip: Ipv4Addr, port: u16, zone: Option<&str>) {
        let nodes = self.nodes.len();
        if let Some(group) = self.state.elb.target_groups.get_mut(group) {
            let served = group.load_balancer.as_ref().and_then(|arn| self.state.elb.load_balancers.get(arn));
            let outside =
                zone.is_some_and(|zone| served.is_some_and(|it| !it.zones.iter().any(|known| known == zone)));
            let target = group.targets.entry((ip, port)).or_insert_with(|| Target::new(ip, port, nodes));
            target.outside = outside;
            self.version += 1;
        }
    }

    /// Starts draining; says whether there was a target to drain.
    pub(crate) fn deregister(&mut self, now: Duration, arn: &str, ip: Ipv4Addr, port: u16) -> bool {
        let Some(group) = self.state.elb.target_groups.get_mut(arn) else { return false };
        let until = now + group.deregistration_delay();
        let Some(target) = group.targets.get_mut(&(ip, port)) else { return false };
        if target.draining_until.is_some() {
            return false;
        }
        target.draining_until = Some(until);
        self.set_timer(until, Timer::Drained(arn.to_owned(), ip, port));
        self.version += 1;
        true
    }

    pub(crate) fn drained(&mut self, now: Duration, arn: &str, ip: Ipv4Addr, port: u16) {
        let Some(group) = self.state.elb.target_groups.get_mut(arn) else { return };
        let over = |it: &Target| it.draining_until.is_some_and(|until| until <= now);
        if group.targets.get(&(ip, port)).is_some_and(over) {
            group.targets.remove(&(ip, port));
            self.version += 1;
        }
    }

    /// A node's health check came back; whether it changed what the node or the API says of the target.
    pub(crate) fn checked(
        &mut self,
        now: Duration,
        node: Node,
        arn: &str,
        at: (Ipv4Addr, u16),
        outcome: CheckOutcome,
    ) -> bool {
        let Some(group) = self.state.elb.target_groups.get_mut(arn) else { return false };
        let (healthy, unhealthy) = (group.check.healthy, group.check.unhealthy);
        let associated = group.load_balancer.is_some();
        let Some(target) = group.targets.get_mut(&at) else { return false };
        let Some(seen) = target.nodes.get_mut(node) else { return false };
        if !associated || !seen.checked(outcome, healthy, unhealthy) {
            return false;
        }
        let sick = target.health(true).state == "unhealthy";
        target.unhealthy_since = if sick { target.unhealthy_since.or(Some(now)) } else { None };
        self.version += 1;
        true
    }
}
