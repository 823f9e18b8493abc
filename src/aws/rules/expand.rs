//! Wishes for rules, as ELB conditions and actions.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types as elb;

use super::carried;
use super::flatten::forward_action;
use crate::bluegreen::carried::{Carried, Secret};
use crate::bluegreen::matches::Matches;
use crate::bluegreen::routing::Sends;
use crate::bluegreen::side::{Pair, Side};

/// One condition for each kind that asks something; one for each header and query string.
pub(super) fn conditions(matches: &Matches) -> Vec<elb::RuleCondition> {
    let condition = |field: &str| elb::RuleCondition::builder().field(field);
    let texts = |values: &BTreeSet<String>| some(values.iter().cloned().collect());
    let mut conditions = Vec::new();
    if !matches.hosts.is_empty() || !matches.host_regexes.is_empty() {
        let config = elb::HostHeaderConditionConfig::builder()
            .set_values(texts(&matches.hosts))
            .set_regex_values(texts(&matches.host_regexes))
            .build();
        conditions.push(condition("host-header").host_header_config(config).build());
    }
    if !matches.paths.is_empty() || !matches.path_regexes.is_empty() {
        let config = elb::PathPatternConditionConfig::builder()
            .set_values(texts(&matches.paths))
            .set_regex_values(texts(&matches.path_regexes))
            .build();
        conditions.push(condition("path-pattern").path_pattern_config(config).build());
    }
    if !matches.sources.is_empty() {
        let values = matches.sources.iter().map(ToString::to_string).collect();
        let config = elb::SourceIpConditionConfig::builder().set_values(some(values)).build();
        conditions.push(condition("source-ip").source_ip_config(config).build());
    }
    if !matches.methods.is_empty() {
        let config =
            elb::HttpRequestMethodConditionConfig::builder().set_values(texts(&matches.methods)).build();
        conditions.push(condition("http-request-method").http_request_method_config(config).build());
    }
    conditions.extend(matches.headers.iter().map(|header| {
        let config = elb::HttpHeaderConditionConfig::builder()
            .http_header_name(&header.name)
            .set_values(texts(&header.values))
            .set_regex_values(texts(&header.regexes))
            .build();
        condition("http-header").http_header_config(config).build()
    }));
    conditions.extend(matches.queries.iter().map(|query| {
        let pair = |(key, value): &(Option<String>, String)| {
            elb::QueryStringKeyValuePair::builder().set_key(key.clone()).value(value).build()
        };
        let values = query.0.iter().map(pair).collect();
        let config = elb::QueryStringConditionConfig::builder().set_values(some(values)).build();
        condition("query-string").query_string_config(config).build()
    }));
    conditions
}

fn some<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}

/// Group stickiness is off unless `stickiness` is to be left as it is. Says what is missing where `sends`
/// names a group that does not exist or is no forward.
pub(super) fn forward(
    sends: &Sends,
    groups: &Pair<Option<String>>,
    stickiness: Option<elb::TargetGroupStickinessConfig>,
) -> Result<elb::Action, String> {
    let Sends::Forward(wished) = sends else { return Err("a forward to our target groups".to_owned()) };
    let mut tuples = Vec::new();
    for side in Side::BOTH {
        if let Some(weight) = wished.ours[side] {
            let arn = groups[side].as_ref().ok_or_else(|| format!("the {side} target group"))?;
            tuples.push(tuple(arn, weight));
        }
    }
    tuples.extend(wished.foreign.iter().map(|(arn, weight)| tuple(arn, *weight)));
    let off = || elb::TargetGroupStickinessConfig::builder().enabled(false).build();
    let config = elb::ForwardActionConfig::builder()
        .set_target_groups(Some(tuples))
        .target_group_stickiness_config(stickiness.unwrap_or_else(off))
        .build();
    Ok(elb::Action::builder().r#type(elb::ActionTypeEnum::Forward).forward_config(config).build())
}

fn tuple(arn: &str, weight: u32) -> elb::TargetGroupTuple {
    let weight = i32::try_from(weight).unwrap_or(999);
    elb::TargetGroupTuple::builder().target_group_arn(arn).weight(weight).build()
}

/// The actions anew.
pub(super) fn actions(carried: &Carried, forward: elb::Action, secret: Option<&Secret>) -> Vec<elb::Action> {
    let mut actions = carried::expand(carried, secret);
    let mut forward = forward;
    forward.order = actions.iter().filter_map(|action| action.order).max().map(|order| order + 1);
    actions.push(forward);
    actions
}

/// The rule's actions with `forward` in place of the one that ends them.
pub(super) fn with_forward(raw: &elb::Rule, forward: elb::Action) -> Vec<elb::Action> {
    let last = forward_action(raw);
    let mut actions: Vec<elb::Action> = raw
        .actions
        .iter()
        .flatten()
        .filter(|action| last.is_none_or(|last| !std::ptr::eq(*action, last)))
        .cloned()
        .collect();
    for action in &mut actions {
        // The secret is never read back; without this, writing the action anew would ask for it.
        if let Some(oidc) = &mut action.authenticate_oidc_config {
            oidc.use_existing_client_secret = Some(true);
        }
    }
    let mut forward = forward;
    forward.order = actions.iter().filter_map(|action| action.order).max().map(|order| order + 1);
    actions.push(forward);
    actions
}

#[cfg(test)]
mod tests {
    use super::super::flatten;
    use super::*;
    use crate::bluegreen::matches::{Header, Query};

    fn groups() -> Pair<Option<String>> {
        Pair { blue: Some("B".to_owned()), green: Some("G".to_owned()) }
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let matches = Matches {
            hosts: ["web.example.com".to_owned()].into(),
            paths: ["/a/*".to_owned()].into(),
            sources: ["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()].into(),
            path_regexes: ["^/v[12]/".to_owned()].into(),
            methods: ["GET".to_owned(), "HEAD".to_owned()].into(),
            headers: ["a", "b"]
                .map(|name| Header {
                    name: name.to_owned(),
                    values: ["x*".to_owned()].into(),
                    ..Header::default()
                })
                .into(),
            queries: [Query([(Some("k".to_owned()), "v".to_owned()), (None, "w".to_owned())].into())].into(),
            ..Matches::default()
        };
        for sends in [Sends::both(Side::Green), Sends::single(Side::Blue)] {
            let raw = elb::Rule::builder()
                .set_conditions(Some(conditions(&matches)))
                .actions(forward(&sends, &groups(), None).unwrap())
                .build();
            assert_eq!(flatten::sends(&raw, &groups()), sends);
            assert_eq!(flatten::matches(&raw), matches);
        }
    }

    #[test]
    fn a_login_before_the_forward_stays_and_keeps_its_secret() {
        let login = elb::Action::builder()
            .r#type(elb::ActionTypeEnum::AuthenticateOidc)
            .order(1)
            .authenticate_oidc_config(elb::AuthenticateOidcActionConfig::builder().client_id("x").build())
            .build();
        let old = forward(&Sends::both(Side::Blue), &groups(), None).unwrap();
        let raw = elb::Rule::builder().actions(old).actions(login).build();
        let actions = with_forward(&raw, forward(&Sends::both(Side::Green), &groups(), None).unwrap());
        assert_eq!(actions.len(), 2);
        let oidc = actions[0].authenticate_oidc_config.as_ref().unwrap();
        assert_eq!(oidc.use_existing_client_secret, Some(true));
        assert_eq!(actions[1].order, Some(2));
        let after = elb::Rule::builder().set_actions(Some(actions)).build();
        assert!(flatten::sends(&after, &groups()).all_to(Side::Green));
    }

    #[test]
    fn a_missing_group_is_named() {
        let groups = Pair { blue: Some("B".to_owned()), green: None };
        assert_eq!(forward(&Sends::both(Side::Blue), &groups, None).unwrap_err(), "the GREEN target group");
        assert!(forward(&Sends::single(Side::Blue), &groups, None).is_ok());
    }
}
