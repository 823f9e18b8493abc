//! DescribeTaskDefinition, ListTaskDefinitions, ListTaskDefinitionFamilies.

use serde_json::json;

use crate::aws::ecs::model::Ecs;
use crate::aws::ecs::model::task_definition::TaskDefinition;
use crate::aws::ecs::refusals::{bad_token, client};
use crate::aws::ecs::requests::tags;
use crate::call::error::Answer;
use crate::call::pages::page;
use crate::call::params::Params;

impl Ecs {
    pub fn describe_task_definition(&self, params: &Params) -> Answer {
        let found = self.task_definition(params.needed("taskDefinition")?);
        let it = found.ok_or_else(|| client("Unable to describe task definition."))?;
        let tags = if params.includes("include", "TAGS")? { tags::write(&it.tags) } else { json!([]) };
        Ok(json!({"taskDefinition": it.json(&self.place), "tags": tags}))
    }

    pub fn list_task_definitions(&self, params: &Params) -> Answer {
        let family = params.text("familyPrefix")?;
        let active = match params.word("status", &["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"])? {
            None | Some("ACTIVE") => Some(true),
            Some("INACTIVE") => Some(false),
            Some(_) => None,
        };
        let size = params.within("maxResults", 1, 100)?.unwrap_or(100) as usize;
        let descending = params.word("sort", &["ASC", "DESC"])? == Some("DESC");
        let mut chosen: Vec<&TaskDefinition> = self
            .task_definitions
            .values()
            .filter(|it| Some(it.active) == active && family.is_none_or(|family| it.family == family))
            .collect();
        chosen.sort_by(|a, b| (&a.family, a.revision).cmp(&(&b.family, b.revision)));
        if descending {
            chosen.reverse();
        }
        // Keys are places in the order asked for, since the order itself may run downwards.
        let items = chosen.into_iter().enumerate().map(|(index, it)| (format!("{index:08}"), it.arn.clone()));
        let (found, next) = page(items, params.text("nextToken")?, size).map_err(|()| bad_token())?;
        Ok(json!({"taskDefinitionArns": found, "nextToken": next}))
    }

    pub fn list_task_definition_families(&self, params: &Params) -> Answer {
        let prefix = params.text("familyPrefix")?.unwrap_or_default();
        let size = params.within("maxResults", 1, 100)?.unwrap_or(100) as usize;
        let mut families: Vec<&str> = self
            .task_definitions
            .values()
            .filter(|it| it.active && it.family.starts_with(prefix))
            .map(|it| it.family.as_str())
            .collect();
        families.sort_unstable();
        families.dedup();
        let items = families.into_iter().map(|family| (family.to_owned(), family.to_owned()));
        let (found, next) = page(items, params.text("nextToken")?, size).map_err(|()| bad_token())?;
        Ok(json!({"families": found, "nextToken": next}))
    }
}
