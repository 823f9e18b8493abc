//! Rewrites of a request before a target sees it
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html>).

use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Uri};

use super::rules::without_port;
use crate::seam::{Rewritten, Transform};

/// "If there is no pattern match, the original request is sent to the target. If there is a pattern match but the transform
/// fails, we return an HTTP 500 error."
pub(super) fn apply<B>(transforms: &[Transform], host: &str, request: &mut Request<B>) -> Result<(), String> {
    let url = request.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned();
    for transform in transforms {
        let before = if transform.what == Rewritten::Host { without_port(host) } else { &url };
        let Some(after) = transform.pattern.rewrite(before, &transform.replace) else { continue };
        let failed = || format!("the transform made {after:?} of {before:?}");
        match transform.what {
            Rewritten::Host => {
                let value =
                    HeaderValue::from_str(&after).ok().filter(|_| !after.is_empty()).ok_or_else(failed)?;
                request.headers_mut().insert(HOST, value);
            }
            Rewritten::Url => {
                let uri = after.parse::<Uri>().ok().filter(|_| after.starts_with('/')).ok_or_else(failed)?;
                *request.uri_mut() = uri;
            }
        }
    }
    Ok(())
}
