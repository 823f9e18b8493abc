//! Listener rules, in our words.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types as elb;

use crate::bluegreen::matches::{Header, Matches, Query};
use crate::bluegreen::routing::{Forward, Sends};
use crate::bluegreen::side::{Pair, Side};

/// `None` for the default rule.
pub(in crate::aws) fn priority(raw: &elb::Rule) -> Option<u32> {
    raw.priority.as_ref()?.parse().ok()
}

pub(in crate::aws) fn matches(raw: &elb::Rule) -> Matches {
    let mut matches = Matches::default();
    for condition in raw.conditions.iter().flatten() {
        match condition.field.as_deref().unwrap_or_default() {
            "host-header" => {
                let config = condition.host_header_config.as_ref();
                let hosts = values(condition, config.and_then(|c| c.values.as_ref()));
                // Compared without case, so two spellings are one.
                matches.hosts.extend(hosts.iter().map(|host| host.to_ascii_lowercase()));
                matches.host_regexes.extend(regexes(condition, config.and_then(|c| c.regex_values.as_ref())));
            }
            "path-pattern" => {
                let config = condition.path_pattern_config.as_ref();
                matches.paths.extend(values(condition, config.and_then(|c| c.values.as_ref())));
                matches.path_regexes.extend(regexes(condition, config.and_then(|c| c.regex_values.as_ref())));
            }
            "source-ip" => {
                let config = condition.source_ip_config.as_ref();
                for source in values(condition, config.and_then(|c| c.values.as_ref())) {
                    match source.parse::<ipnet::IpNet>() {
                        Ok(net) => matches.sources.extend([net]),
                        Err(_) => matches.unknown.extend([format!("source-ip {source}")]),
                    }
                }
            }
            "http-request-method" => {
                let config = condition.http_request_method_config.as_ref();
                matches.methods.extend(values(condition, config.and_then(|c| c.values.as_ref())));
            }
            "http-header" => {
                let config = condition.http_header_config.as_ref();
                matches.headers.insert(Header {
                    name: config.and_then(|c| c.http_header_name.clone()).unwrap_or_default(),
                    values: values(condition, config.and_then(|c| c.values.as_ref())),
                    regexes: regexes(condition, config.and_then(|c| c.regex_values.as_ref())),
                });
            }
            "query-string" => {
                let config = condition.query_string_config.as_ref();
                let pairs = config.and_then(|c| c.values.as_ref()).into_iter().flatten();
                let pair = |pair: &elb::QueryStringKeyValuePair| {
                    (pair.key.clone(), pair.value.clone().unwrap_or_default())
                };
                matches.queries.insert(Query(pairs.map(pair).collect()));
            }
            unknown => matches.unknown.extend([unknown.to_owned()]),
        }
    }
    matches
}

fn regexes(condition: &elb::RuleCondition, config: Option<&Vec<String>>) -> BTreeSet<String> {
    let config = config.filter(|values| !values.is_empty());
    config.or(condition.regex_values.as_ref()).into_iter().flatten().cloned().collect()
}

/// AWS fills both the condition's own values and its config's.
fn values(condition: &elb::RuleCondition, config: Option<&Vec<String>>) -> BTreeSet<String> {
    let config = config.filter(|values| !values.is_empty());
    config.or(condition.values.as_ref()).into_iter().flatten().cloned().collect()
}

/// The action that ends the rule: the forward, redirect or fixed response after any logins.
pub(super) fn forward_action(raw: &elb::Rule) -> Option<&elb::Action> {
    let ends = |action: &&elb::Action| {
        use elb::ActionTypeEnum as Type;
        !matches!(
            action.r#type,
            Some(Type::AuthenticateCognito | Type::AuthenticateOidc | Type::JwtValidation)
        )
    };
    raw.actions.iter().flatten().filter(ends).max_by_key(|action| action.order.unwrap_or(0))
}

pub(in crate::aws) fn sends(raw: &elb::Rule, groups: &Pair<Option<String>>) -> Sends {
    let Some(action) = forward_action(raw) else { return Sends::Elsewhere("no action".to_owned()) };
    if action.r#type != Some(elb::ActionTypeEnum::Forward) {
        return Sends::Elsewhere(elsewhere(action));
    }
    let mut forward = Forward { sticky: sticky(action), ..Forward::default() };
    for (arn, weight) in tuples(action) {
        match Side::BOTH.into_iter().find(|side| groups[*side].as_deref() == Some(arn)) {
            Some(side) => forward.ours[side] = Some(weight),
            None => forward.foreign.push((arn.to_owned(), weight)),
        }
    }
    Sends::Forward(forward)
}

/// The rule's group stickiness as it is.
pub(super) fn stickiness(raw: &elb::Rule) -> Option<elb::TargetGroupStickinessConfig> {
    forward_action(raw)?.forward_config.as_ref()?.target_group_stickiness_config.clone()
}

/// Whether the rule's action names one of `groups`, at any weight.
pub(in crate::aws) fn forwards_to(raw: &elb::Rule, groups: &Pair<Option<String>>) -> bool {
    let ours = |arn: &str| Side::BOTH.into_iter().any(|side| groups[side].as_deref() == Some(arn));
    forward_action(raw).is_some_and(|action| tuples(action).iter().any(|(arn, _)| ours(arn)))
}

/// A lone group is told in short form, or in both forms.
fn tuples(action: &elb::Action) -> Vec<(&str, u32)> {
    let config = action.forward_config.as_ref().and_then(|config| config.target_groups.as_deref());
    let weight = |tuple: &elb::TargetGroupTuple| u32::try_from(tuple.weight.unwrap_or(1)).unwrap_or(0);
    match (config.filter(|tuples| !tuples.is_empty()), &action.target_group_arn) {
        (Some(tuples), _) => {
            tuples.iter().filter_map(|t| Some((t.target_group_arn.as_deref()?, weight(t)))).collect()
        }
        (None, Some(arn)) => vec![(arn, 1)],
        (None, None) => Vec::new(),
    }
}

fn sticky(action: &elb::Action) -> bool {
    let config = action.forward_config.as_ref().and_then(|c| c.target_group_stickiness_config.as_ref());
    config.is_some_and(|config| config.enabled == Some(true))
}

fn elsewhere(action: &elb::Action) -> String {
    if let Some(fixed) = &action.fixed_response_config {
        return format!("a fixed response {}", fixed.status_code.as_deref().unwrap_or_default());
    }
    if let Some(redirect) = &action.redirect_config {
        return format!("a redirect to {}", redirect.host.as_deref().unwrap_or("#{host}"));
    }
    action.r#type.as_ref().map_or("an unknown action", elb::ActionTypeEnum::as_str).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Pair<Option<String>> {
        Pair { blue: Some("B".to_owned()), green: Some("G".to_owned()) }
    }

    #[test]
    fn a_lone_group_in_short_form_gets_everything() {
        let action =
            elb::Action::builder().r#type(elb::ActionTypeEnum::Forward).target_group_arn("B").build();
        let raw = elb::Rule::builder().actions(action).build();
        assert_eq!(sends(&raw, &groups()), Sends::single(Side::Blue));
        assert!(forwards_to(&raw, &groups()));
    }

    #[test]
    fn others_groups_and_stickiness_are_seen() {
        let tuple =
            |arn: &str, weight| elb::TargetGroupTuple::builder().target_group_arn(arn).weight(weight).build();
        let config = elb::ForwardActionConfig::builder()
            .target_groups(tuple("G", 0))
            .target_groups(tuple("X", 7))
            .target_group_stickiness_config(
                elb::TargetGroupStickinessConfig::builder().enabled(true).duration_seconds(60).build(),
            )
            .build();
        let action =
            elb::Action::builder().r#type(elb::ActionTypeEnum::Forward).forward_config(config).build();
        let raw = elb::Rule::builder().actions(action).build();
        let expected = Forward {
            ours: Pair { blue: None, green: Some(0) },
            foreign: vec![("X".to_owned(), 7)],
            sticky: true,
        };
        assert_eq!(sends(&raw, &groups()), Sends::Forward(expected));
        assert_eq!(stickiness(&raw).unwrap().duration_seconds, Some(60));
    }

    #[test]
    fn every_condition_is_noticed_also_one_of_a_kind_not_known_yet() {
        let header = elb::RuleCondition::builder().field("http-header").build();
        let host = elb::RuleCondition::builder().field("host-header").values("A.Example.com").build();
        let raw = elb::Rule::builder().conditions(header).conditions(host).priority("7").build();
        assert!(matches(&raw).narrowed());
        assert!(matches(&raw).hosts.contains("a.example.com"));
        assert_eq!(priority(&raw), Some(7));
        assert_eq!(priority(&elb::Rule::builder().priority("default").build()), None);
        let regex = elb::RuleCondition::builder().field("path-pattern").regex_values("^/a").build();
        let seen = matches(&elb::Rule::builder().conditions(regex).build());
        assert_eq!(seen.path_regexes, ["^/a".to_owned()].into());
        let new = elb::RuleCondition::builder().field("moon-phase").build();
        assert!(matches(&elb::Rule::builder().conditions(new).build()).unknown.contains("moon-phase"));
    }

    #[test]
    fn an_action_that_is_no_forward_is_told() {
        let fixed = elb::FixedResponseActionConfig::builder().status_code("503").build();
        let action = elb::Action::builder()
            .r#type(elb::ActionTypeEnum::FixedResponse)
            .fixed_response_config(fixed)
            .build();
        let raw = elb::Rule::builder().actions(action).build();
        assert_eq!(sends(&raw, &groups()), Sends::Elsewhere("a fixed response 503".to_owned()));
    }
}
