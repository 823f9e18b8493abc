//! Reads and checks the transforms of a request.

use crate::aws::elb::refusals::validation;
use crate::call::error::ApiError;
use crate::call::params::Params;
use crate::pattern::Pattern;
use crate::seam::{Rewritten, Transform};

/// Longest expression and longest replacement
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RewriteConfig.html>).
const LONGEST: usize = 1024;

/// `Ok(None)` if there are none in the request.
pub fn parse(params: &Params) -> Result<Option<Vec<Transform>>, ApiError> {
    let Some(given) = params.objects("Transforms")? else { return Ok(None) };
    let mut found: Vec<Transform> = Vec::new();
    for it in given {
        let transform = one(&it)?;
        if found.iter().any(|known| known.what == transform.what) {
            return Err(validation("A rule can only have one transform of each type"));
        }
        found.push(transform);
    }
    Ok(Some(found))
}

fn one(given: &Params) -> Result<Transform, ApiError> {
    let kind = given.word("Type", &["host-header-rewrite", "url-rewrite"])?;
    let (what, member) = match kind.ok_or_else(|| given.missing("Type"))? {
        "host-header-rewrite" => (Rewritten::Host, "HostHeaderRewriteConfig"),
        _ => (Rewritten::Url, "UrlRewriteConfig"),
    };
    let rewrites = match given.object(member)? {
        Some(config) => config.objects("Rewrites")?.unwrap_or_default(),
        None => Vec::new(),
    };
    let [rewrite] = rewrites.as_slice() else {
        return Err(validation(format!("A transform must have exactly one rewrite in its '{member}'")));
    };
    let (regex, replace) = (rewrite.needed("Regex")?, rewrite.text("Replace")?.unwrap_or_default());
    if regex.chars().count() > LONGEST || replace.chars().count() > LONGEST {
        return Err(validation(format!("A rewrite cannot be longer than '{LONGEST}' characters")));
    }
    let pattern = Pattern::new(regex, what == Rewritten::Host)
        .map_err(|why| validation(format!("The regular expression '{regex}' is not valid: {why}")))?;
    Ok(Transform { what, pattern, replace: replace.to_owned() })
}
