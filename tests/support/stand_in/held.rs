//! What the stand-in does for real: it finds and destroys ECS services, target groups and listener rules.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::operation::delete_target_group::DeleteTargetGroupError;
use terraform_plugin::{AttributePath, Diagnostic, Value};

use super::api::Api;

pub const SERVICE: &str = "aws_ecs_service";
pub const GROUP: &str = "aws_lb_target_group";
pub const RULE: &str = "aws_lb_listener_rule";

/// hashicorp/aws tries for longer; what uses a group goes in moments, or stays.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);

fn failed(error: impl std::error::Error) -> Diagnostic {
    let mut detail = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        detail = format!("{detail}: {error}");
        cause = error.source();
    }
    Diagnostic::error(AttributePath::root(), "AWS refused", detail)
}

fn text(state: &Value, name: &str) -> String {
    state.get(name).as_str().unwrap_or_default().to_owned()
}

/// Of the three types; others are nowhere but in the state.
pub async fn destroy(api: &Api, type_name: &str, state: &Value) -> Result<(), Diagnostic> {
    let arn = text(state, "arn");
    match type_name {
        SERVICE => {
            let call = api.ecs.delete_service().cluster(text(state, "cluster")).service(arn).force(true);
            call.send().await.map_err(failed)?;
        }
        RULE => {
            api.elb.delete_rule().rule_arn(arn).send().await.map_err(failed)?;
        }
        GROUP => {
            let began = tokio::time::Instant::now();
            loop {
                let deleted = api.elb.delete_target_group().target_group_arn(&arn).send().await;
                let Err(error) = deleted.map_err(aws_sdk_ecs::error::SdkError::into_service_error) else {
                    break;
                };
                let used = matches!(error, DeleteTargetGroupError::ResourceInUseException(_));
                if !used || began.elapsed() > PATIENCE {
                    return Err(failed(error));
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What stands in AWS under the id that an import names, as far as the state needs it.
pub async fn find(api: &Api, type_name: &str, id: &str, state: &mut Value) -> Result<(), Diagnostic> {
    let missing = || {
        let detail = format!("There is no {type_name} with the id {id}.");
        Diagnostic::error(AttributePath::root(), "Cannot import non-existent remote object", detail)
    };
    match type_name {
        SERVICE => {
            let (cluster, name) = id.split_once('/').ok_or_else(missing)?;
            let found = api.ecs.describe_services().cluster(cluster).services(name).send().await;
            let found = found.map_err(failed)?;
            let service = found.services().first().ok_or_else(missing)?;
            state.set("arn", service.service_arn());
            state.set("cluster", service.cluster_arn());
            state.set("name", service.service_name());
            state.set("task_definition", service.task_definition());
            state.set("desired_count", service.desired_count());
        }
        GROUP => {
            let found =
                api.elb.describe_target_groups().target_group_arns(id).send().await.map_err(failed)?;
            let group = found.target_groups().first().ok_or_else(missing)?;
            state.set("arn", group.target_group_arn());
            state.set("name", group.target_group_name());
            state.set("vpc_id", group.vpc_id());
        }
        RULE => {
            let found = api.elb.describe_rules().rule_arns(id).send().await.map_err(failed)?;
            let rule = found.rules().first().ok_or_else(missing)?;
            state.set("arn", rule.rule_arn());
        }
        _ => return Err(missing()),
    }
    let arn = state.get("arn").clone();
    state.set("id", arn);
    Ok(())
}
