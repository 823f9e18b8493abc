//! Tags of both APIs: reading them from a request, writing them out, and the operations on them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::{Answer, ApiError, client, invalid, validation};
use super::params::{Api, Params};
use super::state::State;
use super::{World, arn};

pub type Tags = BTreeMap<String, String>;

const MOST: usize = 50;

/// The tags of a request's member `name`, validated.
pub fn parse(api: Api, params: &Params, name: &str) -> Result<Tags, ApiError> {
    let (key, value) = match api {
        Api::Ecs => ("key", "value"),
        Api::Elb => ("Key", "Value"),
    };
    let mut tags = Tags::new();
    for tag in params.objects(name)?.unwrap_or_default() {
        let key = tag.text(key)?.unwrap_or_default();
        let value = tag.text(value)?.unwrap_or_default();
        let refused = if key.is_empty() || key.chars().count() > 128 {
            Some(format!("Tag key '{key}' must be between 1 and 128 characters"))
        } else if value.chars().count() > 256 {
            Some(format!("Tag value of '{key}' must not be longer than 256 characters"))
        } else if key.starts_with("aws:") {
            Some("aws: prefixed tag key names are not allowed for external use.".to_owned())
        } else {
            None
        };
        match (api, refused) {
            (Api::Ecs, Some(text)) => return Err(invalid(text)),
            (Api::Elb, Some(text)) => return Err(validation(text)),
            (_, None) => {}
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(match api {
                Api::Ecs => invalid(format!("Duplicate tag key found: {key}")),
                Api::Elb => ApiError::new(
                    "DuplicateTagKeys",
                    format!("The tag key '{key}' was specified more than once"),
                ),
            });
        }
    }
    too_many(api, &tags)?;
    Ok(tags)
}

fn too_many(api: Api, tags: &Tags) -> Result<(), ApiError> {
    match api {
        _ if tags.len() <= MOST => Ok(()),
        Api::Ecs => Err(invalid("Tags can not have more than 50 elements.")),
        Api::Elb => Err(ApiError::new("TooManyTags", "The maximum number of tags per resource is 50")),
    }
}

pub fn ecs(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

fn elb(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

impl State {
    fn elb_tags(&self, arn: &str) -> Result<&Tags, ApiError> {
        let found = match arn::kind(arn) {
            "loadbalancer" => self.load_balancers.get(arn).map(|it| &it.tags),
            "listener" => self.listeners.get(arn).map(|it| &it.tags),
            "listener-rule" => match self.rules.get(arn) {
                None => self.default_rule(arn).map(|listener| &listener.default_rule_tags),
                Some(rule) => Some(&rule.tags),
            },
            "targetgroup" => self.target_groups.get(arn).map(|it| &it.tags),
            _ => {
                return Err(validation(format!(
                    "'{arn}' is not a valid load balancer, target group, listener or rule ARN"
                )));
            }
        };
        found.ok_or_else(|| elb_not_found(arn))
    }

    pub fn describe_tags(&self, params: &Params) -> Answer {
        let arns = params.texts("ResourceArns")?.ok_or_else(|| params.missing("ResourceArns"))?;
        if arns.len() > 20 {
            return Err(validation("Up to 20 resources can be described in one call"));
        }
        let mut found = Vec::new();
        for arn in arns {
            found.push(json!({"ResourceArn": arn, "Tags": elb(self.elb_tags(arn)?)}));
        }
        Ok(json!({"TagDescriptions": found}))
    }

    pub fn list_tags_for_resource(&self, params: &Params) -> Answer {
        let arn = params.needed("resourceArn")?;
        Ok(json!({"tags": ecs(self.ecs_tags(arn)?)}))
    }

    fn ecs_tags(&self, arn: &str) -> Result<&Tags, ApiError> {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        let missing =
            || invalid("The specified resource is not found. Specify a valid resource and try again.");
        match resource.split('/').collect::<Vec<_>>()[..] {
            ["cluster", name] => {
                self.clusters.get(name).filter(|it| it.arn == arn).map(|it| &it.tags).ok_or_else(missing)
            }
            ["service", _, _] => {
                let found = self.services.get(arn).ok_or_else(service_not_found)?;
                if found.status != super::services::Status::Active {
                    return Err(client("The resource is inactive."));
                }
                Ok(&found.tags)
            }
            ["task", _, id] => self.tasks.get(id).map(|it| &it.tags).ok_or_else(missing),
            ["task-definition", _] => self.task_definitions.get(arn).map(|it| &it.tags).ok_or_else(missing),
            ["service" | "task", _] => Err(invalid(
                "Long arn format must be used for tagging operations. Specify a valid ARN and try again.",
            )),
            _ => Err(invalid("Invalid resource ARN. Specify a valid ARN and try again.")),
        }
    }
}

fn service_not_found() -> ApiError {
    ApiError::new("ServiceNotFoundException", "Service not found.")
}

/// What ELBv2 says of an ARN of this kind that it does not know.
pub fn elb_not_found(arn: &str) -> ApiError {
    match arn::kind(arn) {
        "loadbalancer" => ApiError::new("LoadBalancerNotFound", "One or more load balancers not found"),
        "listener" => ApiError::new("ListenerNotFound", "One or more listeners not found"),
        "listener-rule" => ApiError::new("RuleNotFound", "One or more rules not found"),
        _ => ApiError::new("TargetGroupNotFound", "One or more target groups not found"),
    }
}

impl World {
    fn elb_tags_mut(&mut self, arn: &str) -> Result<&mut Tags, ApiError> {
        self.state.elb_tags(arn)?;
        let state = &mut self.state;
        let found = match arn::kind(arn) {
            "loadbalancer" => state.load_balancers.get_mut(arn).map(|it| &mut it.tags),
            "listener" => state.listeners.get_mut(arn).map(|it| &mut it.tags),
            "targetgroup" => state.target_groups.get_mut(arn).map(|it| &mut it.tags),
            _ if state.rules.contains_key(arn) => state.rules.get_mut(arn).map(|it| &mut it.tags),
            _ => state
                .listeners
                .values_mut()
                .find(|it| it.default_rule_arn == arn)
                .map(|it| &mut it.default_rule_tags),
        };
        found.ok_or_else(|| elb_not_found(arn))
    }

    pub(super) fn add_tags(&mut self, params: &Params) -> Answer {
        let arns = params.texts("ResourceArns")?.ok_or_else(|| params.missing("ResourceArns"))?;
        let new = parse(Api::Elb, params, "Tags")?;
        for arn in &arns {
            let mut tags = self.state.elb_tags(arn)?.clone();
            tags.extend(new.clone());
            too_many(Api::Elb, &tags)?;
        }
        for arn in &arns {
            self.elb_tags_mut(arn)?.extend(new.clone());
        }
        Ok(json!({}))
    }

    pub(super) fn remove_tags(&mut self, params: &Params) -> Answer {
        let arns = params.texts("ResourceArns")?.ok_or_else(|| params.missing("ResourceArns"))?;
        let keys = params.texts("TagKeys")?.ok_or_else(|| params.missing("TagKeys"))?;
        for arn in &arns {
            self.state.elb_tags(arn)?;
        }
        for arn in &arns {
            self.elb_tags_mut(arn)?.retain(|key, _| !keys.contains(&key.as_str()));
        }
        Ok(json!({}))
    }

    fn ecs_tags_mut(&mut self, arn: &str) -> Result<&mut Tags, ApiError> {
        self.state.ecs_tags(arn)?;
        let last = arn.rsplit('/').next().unwrap_or_default();
        let state = &mut self.state;
        let found = match arn::kind(arn) {
            "cluster" => state.clusters.get_mut(last).map(|it| &mut it.tags),
            "service" => state.services.get_mut(arn).map(|it| &mut it.tags),
            "task" => state.tasks.get_mut(last).map(|it| &mut it.tags),
            _ => state.task_definitions.get_mut(arn).map(|it| &mut it.tags),
        };
        found.ok_or_else(service_not_found)
    }

    pub(super) fn tag_resource(&mut self, params: &Params) -> Answer {
        let new = parse(Api::Ecs, params, "tags")?;
        let tags = self.ecs_tags_mut(params.needed("resourceArn")?)?;
        let mut all = tags.clone();
        all.extend(new);
        too_many(Api::Ecs, &all)?;
        *tags = all;
        Ok(json!({}))
    }

    pub(super) fn untag_resource(&mut self, params: &Params) -> Answer {
        let keys = params.texts("tagKeys")?.ok_or_else(|| params.missing("tagKeys"))?;
        let tags = self.ecs_tags_mut(params.needed("resourceArn")?)?;
        tags.retain(|key, _| !keys.contains(&key.as_str()));
        Ok(json!({}))
    }
}
