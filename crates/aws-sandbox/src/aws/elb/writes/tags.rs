//! AddTags, RemoveTags.

use serde_json::json;

use crate::aws::elb::refusals::unknown_arn;
use crate::aws::elb::requests::tags::{parse, too_many};
use crate::aws::place;
use crate::aws::tags::Tags;
use crate::aws::world::World;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl World {
    fn elb_tags_mut(&mut self, arn: &str) -> Result<&mut Tags, ApiError> {
        self.state.elb.elb_tags(arn)?;
        let elb = &mut self.state.elb;
        let found = match place::kind(arn) {
            "loadbalancer" => elb.load_balancers.get_mut(arn).map(|it| &mut it.tags),
            "listener" => elb.listeners.get_mut(arn).map(|it| &mut it.tags),
            "targetgroup" => elb.target_groups.get_mut(arn).map(|it| &mut it.tags),
            _ if elb.rules.contains_key(arn) => elb.rules.get_mut(arn).map(|it| &mut it.tags),
            _ => elb
                .listeners
                .values_mut()
                .find(|it| it.default_rule_arn == arn)
                .map(|it| &mut it.default_rule_tags),
        };
        found.ok_or_else(|| unknown_arn(arn))
    }

    pub(crate) fn add_tags(&mut self, params: &Params) -> Answer {
        let arns = params.texts("ResourceArns")?.ok_or_else(|| params.missing("ResourceArns"))?;
        let new = parse(params)?;
        for arn in &arns {
            let mut tags = self.state.elb.elb_tags(arn)?.clone();
            tags.extend(new.clone());
            too_many(&tags)?;
        }
        for arn in &arns {
            self.elb_tags_mut(arn)?.extend(new.clone());
        }
        Ok(json!({}))
    }

    pub(crate) fn remove_tags(&mut self, params: &Params) -> Answer {
        let arns = params.texts("ResourceArns")?.ok_or_else(|| params.missing("ResourceArns"))?;
        let keys = params.texts("TagKeys")?.ok_or_else(|| params.missing("TagKeys"))?;
        for arn in &arns {
            self.state.elb.elb_tags(arn)?;
        }
        for arn in &arns {
            self.elb_tags_mut(arn)?.retain(|key, _| !keys.contains(&key.as_str()));
        }
        Ok(json!({}))
    }
}
