//! What listeners' ARNs tell: where a rule stands, and which listeners are one load balancer's.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html>

/// The ARN of the listener a rule is on; `None` when `rule` is no rule's ARN.
pub fn of_rule(rule: &str) -> Option<String> {
    rule.contains(":listener-rule/").then_some(())?;
    let (listener, _) = rule.rsplit_once('/')?;
    Some(listener.replacen(":listener-rule/", ":listener/", 1))
}

/// The ARN of the load balancer a listener belongs to: its own without the last part.
pub fn load_balancer(listener: &str) -> Option<String> {
    listener.contains(":listener/app/").then_some(())?;
    let (load_balancer, _) = listener.rsplit_once('/')?;
    Some(load_balancer.replacen(":listener/", ":loadbalancer/", 1))
}

/// What tells a listener from the others of its load balancer.
pub fn id(listener: &str) -> &str {
    listener.rsplit_once('/').map_or(listener, |(_, id)| id)
}

/// The listener with that id on the load balancer of `listener`.
pub fn beside(listener: &str, id: &str) -> Option<String> {
    let (load_balancer, _) = listener.rsplit_once('/')?;
    (!id.is_empty()).then(|| format!("{load_balancer}/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";

    #[test]
    fn arns_tell_where_things_belong() {
        let rule = format!("{AT}:listener-rule/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee");
        let listener = of_rule(&rule).unwrap();
        assert_eq!(listener, format!("{AT}:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2"));
        assert_eq!(load_balancer(&listener).unwrap(), format!("{AT}:loadbalancer/app/web/50dc6c495c0c9188"));
        assert_eq!(of_rule(&listener), None);
        assert_eq!(id(&listener), "f2f7dc8efc522ab2");
        assert_eq!(beside(&listener, "1").unwrap(), format!("{AT}:listener/app/web/50dc6c495c0c9188/1"));
    }
}
