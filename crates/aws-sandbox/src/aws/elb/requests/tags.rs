//! Reads and checks tags as Elastic Load Balancing has them.

use crate::aws::elb::refusals::validation;
use crate::aws::tags::{MOST, Tags, refused};
use crate::call::error::ApiError;
use crate::call::params::Params;

pub fn parse(params: &Params) -> Result<Tags, ApiError> {
    let mut tags = Tags::new();
    for tag in params.objects("Tags")?.unwrap_or_default() {
        let key = tag.text("Key")?.unwrap_or_default();
        let value = tag.text("Value")?.unwrap_or_default();
        if let Some(text) = refused(key, value) {
            return Err(validation(text));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            let text = format!("The tag key '{key}' was specified more than once");
            return Err(ApiError::new("DuplicateTagKeys", text));
        }
    }
    too_many(&tags)?;
    Ok(tags)
}

pub fn too_many(tags: &Tags) -> Result<(), ApiError> {
    if tags.len() <= MOST {
        return Ok(());
    }
    Err(ApiError::new("TooManyTags", "The maximum number of tags per resource is 50"))
}
