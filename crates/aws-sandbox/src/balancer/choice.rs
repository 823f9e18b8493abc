//! Which group of a forward action, and which target of a group, a request goes to.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::seam::{GroupView, NodeHealth, TargetView};

/// Picks a group by weight, or the one that a live cookie names.
///
/// The cookie overrides the weights while its group is in the action, at weight 0 too: the
/// documentation makes no exemption (elasticloadbalancing, "Action types for listener rules").
/// Otherwise weight 0 is never chosen, and an empty or sick group is no reason to choose another.
/// `None`: all weights are 0. `draw` returns a number below its argument.
pub(super) fn group<'t>(
    groups: &'t [(String, u32)],
    cookie: Option<&str>,
    draw: impl FnOnce(u64) -> u64,
) -> Option<&'t str> {
    if let Some((arn, _)) = groups.iter().find(|(arn, _)| cookie == Some(arn)) {
        return Some(arn);
    }
    let total: u64 = groups.iter().map(|(_, weight)| u64::from(*weight)).sum();
    if total == 0 {
        return None;
    }
    let mut left = draw(total);
    groups.iter().find_map(|(arn, weight)| {
        let weight = u64::from(*weight);
        if left < weight {
            return Some(arn.as_str());
        }
        left -= weight;
        None
    })
}

/// Picks a target: the cookie's, or the next in turn.
///
/// Healthy ones only, unless there is none: then the load balancer fails open to every registered
/// target that is not draining (elasticloadbalancing, "Health checks for Application Load Balancer
/// target groups"). The error says why there is no target at all.
pub(super) fn target<'t>(
    group: &'t GroupView,
    cookie: Option<(Ipv4Addr, u16)>,
    turn: &AtomicUsize,
) -> Result<&'t TargetView, String> {
    let usable = |wanted: fn(NodeHealth) -> bool| -> Vec<&TargetView> {
        group.targets.iter().filter(|target| wanted(target.health)).collect()
    };
    let mut candidates = usable(|health| health == NodeHealth::Healthy);
    if candidates.is_empty() {
        candidates = usable(|health| health != NodeHealth::Draining);
    }
    // A cookie for a draining or unhealthy target is worth nothing any more.
    let sticky = cookie.and_then(|(ip, port)| candidates.iter().find(|t| t.ip == ip && t.port == port));
    if let Some(target) = sticky {
        return Ok(target);
    }
    if candidates.is_empty() {
        return Err(match group.targets.len() {
            0 => "the target group has no registered targets".to_owned(),
            n => format!("all {n} targets of the group are draining"),
        });
    }
    Ok(candidates[turn.fetch_add(1, Ordering::Relaxed) % candidates.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::{HealthCheck, ProtocolVersion};
    use std::time::Duration;

    fn pair(old: u32, new: u32) -> Vec<(String, u32)> {
        vec![("old".into(), old), ("new".into(), new)]
    }

    #[test]
    fn weight_zero_is_never_chosen() {
        for n in 0..100 {
            assert_eq!(group(&pair(100, 0), None, |total| n % total), Some("old"));
            assert_eq!(group(&pair(0, 100), None, |total| n % total), Some("new"));
        }
        assert_eq!(group(&pair(0, 0), None, |_| 0), None);
    }

    #[test]
    fn shares_are_weight_over_sum() {
        let groups = pair(3, 1);
        let news = (0..4).filter(|n| group(&groups, None, |_| *n) == Some("new")).count();
        assert_eq!(news, 1);
    }

    #[test]
    fn a_cookie_overrides_weights_while_its_group_is_in_the_action() {
        assert_eq!(group(&pair(100, 0), Some("new"), |_| 0), Some("new"));
        assert_eq!(group(&pair(100, 0), Some("gone"), |_| 0), Some("old"));
    }

    fn check(healths: &[NodeHealth], cookie: Option<u8>, expected: &str) {
        let targets = healths.iter().zip(1..);
        let target_at = |n: u8| Ipv4Addr::new(127, 0, 0, n);
        let targets = targets.map(|(health, n)| TargetView { ip: target_at(n), port: 80, health: *health });
        let seconds = Duration::from_secs;
        let (interval, timeout) = (seconds(10), seconds(5));
        let health_check =
            HealthCheck { path: "/".into(), port: None, interval, timeout, matcher: vec![(200, 200)] };
        let arn = "group".into();
        let group = GroupView {
            arn,
            health_check,
            version: ProtocolVersion::Http1,
            stickiness: None,
            targets: targets.collect(),
        };
        let turn = AtomicUsize::new(0);
        let cookie = cookie.map(|n| (target_at(n), 80));
        let next = || target(&group, cookie, &turn).map(|target| target.ip.octets()[3].to_string());
        let four = [next(), next(), next(), next()].map(|chosen| chosen.unwrap_or_else(|why| why));
        assert_eq!(four.join(" "), expected);
    }

    #[test]
    fn targets_take_turns_and_only_healthy_ones_count_while_there_is_one() {
        use NodeHealth::{Draining, Healthy, Initial, Unhealthy};
        check(&[Healthy, Healthy, Unhealthy, Initial, Draining], None, "1 2 1 2");
        check(&[Unhealthy, Initial, Draining], None, "1 2 1 2");
        let all = "all 1 targets of the group are draining";
        check(&[Draining], None, &[all; 4].join(" "));
        check(&[], None, &["the target group has no registered targets"; 4].join(" "));
    }

    #[test]
    fn a_sticky_target_keeps_its_caller_until_it_cannot() {
        use NodeHealth::{Draining, Healthy, Unhealthy};
        check(&[Healthy, Healthy], Some(2), "2 2 2 2");
        check(&[Healthy, Draining, Healthy], Some(2), "1 3 1 3");
        check(&[Healthy, Unhealthy, Healthy], Some(2), "1 3 1 3");
    }
}
