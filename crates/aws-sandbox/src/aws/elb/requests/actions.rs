//! Reads and checks the actions of a request.

use super::gates;
use crate::aws::elb::model::action::Action;
use crate::aws::elb::model::gate::{COGNITO, Gate, JWT, OIDC};
use crate::aws::elb::refusals::{bad_action, no_group, validation};
use crate::call::error::ApiError;
use crate::call::params::Params;

/// The actions of a rule or of a listener's default: gates in their order, then the one that routes.
pub struct Actions {
    pub gates: Vec<Gate>,
    pub routing: Action,
}

/// Reads the list `name`; `Ok(None)` if it is absent. `before` are the gates that it replaces.
pub fn parse(params: &Params, name: &str, before: &[Gate]) -> Result<Option<Actions>, ApiError> {
    let Some(mut actions) = params.objects(name)? else { return Ok(None) };
    if actions.is_empty() {
        return Err(validation("An action must be specified"));
    }
    in_order(&mut actions)?;
    let (mut gates, mut routing) = (Vec::<Gate>::new(), None);
    for action in &actions {
        if let Some(gate) = gates::parse(action, before)? {
            if routing.is_some() {
                return Err(bad_action("An action that routes must be the last action of a rule"));
            }
            let login = |kind: &str| kind != JWT;
            if gates.iter().any(|it| login(it.kind) == login(gate.kind)) {
                return Err(ApiError::new("TooManyActions", "A rule can have one action of this type"));
            }
            gates.push(gate);
        } else if routing.replace(route(action)?).is_some() {
            return Err(ApiError::new(
                "TooManyActions",
                "The maximum number of forward, redirect and fixed-response actions for a rule is 1",
            ));
        }
    }
    let routing = routing.ok_or_else(|| {
        bad_action("A rule must have exactly one forward, redirect or fixed-response action, and it must be the last")
    })?;
    Ok(Some(Actions { gates, routing }))
}

/// "The action with the lowest value for order is performed first", and with several actions each must have one
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html>).
fn in_order(actions: &mut [Params]) -> Result<(), ApiError> {
    let mut orders = Vec::new();
    for action in actions.iter() {
        match action.within("Order", 1, 50_000)? {
            Some(order) if orders.contains(&order) => {
                return Err(bad_action(format!("The order '{order}' is specified for more than one action")));
            }
            Some(order) => orders.push(order),
            None if actions.len() > 1 => {
                return Err(bad_action("An order must be specified for each of several actions"));
            }
            None => {}
        }
    }
    actions.sort_by_key(|action| action.within("Order", 1, 50_000).ok().flatten());
    Ok(())
}

/// Whether a listener of this protocol may have these gates.
pub fn check_gates(protocol: &str, gates: &[Gate]) -> Result<(), ApiError> {
    match gates.first().filter(|_| protocol != "HTTPS") {
        None => Ok(()),
        Some(gate) => {
            Err(bad_action(format!("Actions of type '{}' are supported only on HTTPS listeners", gate.kind)))
        }
    }
}

fn route(action: &Params) -> Result<Action, ApiError> {
    match action.needed("Type")? {
        "forward" => forward(action),
        "redirect" => redirect(action),
        "fixed-response" => fixed(action),
        _ => {
            action.word("Type", &["forward", OIDC, COGNITO, "redirect", "fixed-response", JWT])?;
            Err(bad_action("The action type is not supported"))
        }
    }
}

fn forward(action: &Params) -> Result<Action, ApiError> {
    let shortcut = action.text("TargetGroupArn")?.filter(|arn| !arn.is_empty());
    let config = action.object("ForwardConfig")?;
    let mut groups: Vec<(String, u32)> = Vec::new();
    let mut stickiness = None;
    if let Some(config) = config {
        for tuple in config.objects("TargetGroups")?.unwrap_or_default() {
            let arn = tuple.text("TargetGroupArn")?.filter(|arn| !arn.is_empty()).ok_or_else(no_group)?;
            let weight = tuple.within("Weight", 0, 999)?.unwrap_or(1) as u32;
            if groups.iter().any(|(known, _)| known == arn) {
                return Err(validation(format!(
                    "The target group '{arn}' is specified more than once in an action"
                )));
            }
            groups.push((arn.to_owned(), weight));
        }
        if let Some(sticky) = config.object("TargetGroupStickinessConfig")? {
            let seconds = sticky.within("DurationSeconds", 1, 604_800)?;
            if sticky.boolean("Enabled")? == Some(true) {
                let seconds = seconds.ok_or_else(|| {
                    validation("A stickiness duration must be specified when stickiness is enabled")
                })?;
                stickiness = Some(seconds as u64);
            }
        }
    }
    match (shortcut, groups.as_slice()) {
        (None, []) => return Err(no_group()),
        (Some(arn), []) => groups.push((arn.to_owned(), 1)),
        (Some(arn), [(only, _)]) if arn == only => {}
        (Some(_), _) => {
            return Err(validation(
                "You can specify both TargetGroupArn and ForwardConfig only if they name the same single target group",
            ));
        }
        (None, _) => {}
    }
    if groups.len() > 5 {
        return Err(ApiError::new(
            "TooManyTargetGroups",
            "The maximum number of target groups for an action is 5",
        ));
    }
    Ok(Action::Forward { groups, stickiness })
}

fn redirect(action: &Params) -> Result<Action, ApiError> {
    let config = action
        .object("RedirectConfig")?
        .ok_or_else(|| validation("A redirect action must have a redirect configuration"))?;
    let text = |name: &str, default: &str| -> Result<String, ApiError> {
        Ok(config.text(name)?.filter(|text| !text.is_empty()).unwrap_or(default).to_owned())
    };
    let status = match config.needed("StatusCode")? {
        "HTTP_301" => 301,
        "HTTP_302" => 302,
        other => return Err(validation(format!("The redirect status code '{other}' is not valid"))),
    };
    let protocol = text("Protocol", "#{protocol}")?;
    if !["HTTP", "HTTPS", "#{protocol}"].contains(&protocol.as_str()) {
        return Err(validation(format!("The redirect protocol '{protocol}' is not valid")));
    }
    let port = text("Port", "#{port}")?;
    if port != "#{port}" && !port.parse().is_ok_and(|number: u16| number > 0) {
        return Err(validation(format!("The redirect port '{port}' is not valid")));
    }
    let path = text("Path", "/#{path}")?;
    if !path.starts_with('/') {
        return Err(validation(format!("The redirect path '{path}' must begin with '/'")));
    }
    let (host, query) = (text("Host", "#{host}")?, text("Query", "#{query}")?);
    if protocol == "#{protocol}" && port == "#{port}" && host == "#{host}" && path == "/#{path}" {
        return Err(bad_action("The redirect configuration is not valid because it creates a loop."));
    }
    Ok(Action::Redirect { protocol, host, port, path, query, status })
}

fn fixed(action: &Params) -> Result<Action, ApiError> {
    let config = action
        .object("FixedResponseConfig")?
        .ok_or_else(|| validation("A fixed-response action must have a fixed response configuration"))?;
    let code = config.needed("StatusCode")?;
    let status =
        code.parse().ok().filter(|status: &u16| code.len() == 3 && matches!(*status, 200..=299 | 400..=599));
    let status =
        status.ok_or_else(|| validation(format!("The fixed response status code '{code}' is not valid")))?;
    let kinds = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
    let content_type = config.text("ContentType")?.filter(|kind| !kind.is_empty()).unwrap_or("text/plain");
    if !kinds.contains(&content_type) {
        return Err(validation(format!("The fixed response content type '{content_type}' is not valid")));
    }
    let body = config.text("MessageBody")?.map(str::to_owned);
    if body.as_ref().is_some_and(|body| body.chars().count() > 1024) {
        return Err(validation("The fixed response message body cannot be longer than '1024' characters"));
    }
    Ok(Action::Fixed { status, content_type: content_type.to_owned(), body })
}
