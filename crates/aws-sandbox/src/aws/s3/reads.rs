//! What one object or bucket is told of.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::model::{Object, S3};
use super::refusals::{invalid_range, not_modified, precondition_failed};
use super::requests::CHECKSUM;
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl S3 {
    pub fn head_bucket(&self, params: &Params) -> Answer {
        self.bucket(params)?;
        Ok(json!({"Headers": {"x-amz-bucket-region": self.place.region}}))
    }

    pub fn get_bucket_location(&self, params: &Params) -> Answer {
        self.bucket(params)?;
        Ok(json!({"Xml": {"LocationConstraint": self.place.region}}))
    }

    /// Never switched on.
    pub fn get_bucket_versioning(&self, params: &Params) -> Answer {
        self.bucket(params)?;
        Ok(json!({"Xml": {"VersioningConfiguration": {}}}))
    }

    pub fn head_object(&self, params: &Params) -> Answer {
        let it = self.found(params)?;
        let mut headers = self.headers(it, params);
        headers.insert("content-length".to_owned(), json!(it.body.len().to_string()));
        Ok(json!({"Headers": headers}))
    }

    pub fn get_object(&self, params: &Params) -> Answer {
        let it = self.found(params)?;
        let mut headers = self.headers(it, params);
        let Some((from, to)) = range(params, it.body.len())? else {
            return Ok(json!({"Headers": headers, "Body": STANDARD.encode(&it.body)}));
        };
        let part = format!("bytes {from}-{}/{}", to - 1, it.body.len());
        headers.insert("content-range".to_owned(), json!(part));
        // They are of the whole.
        headers.retain(|name, _| !name.starts_with(CHECKSUM) || to - from == it.body.len());
        Ok(json!({"Status": 206, "Headers": headers, "Body": STANDARD.encode(&it.body[from..to])}))
    }

    /// The object, unless it is not the one that is wanted.
    fn found(&self, params: &Params) -> Result<&Object, ApiError> {
        let it = self.object(params)?;
        if header(params, "if-match").is_some_and(|tags| !it.is_named(tags)) {
            return Err(precondition_failed());
        }
        if header(params, "if-none-match").is_some_and(|tags| it.is_named(tags)) {
            return Err(not_modified());
        }
        Ok(it)
    }

    fn headers(&self, it: &Object, params: &Params) -> Map<String, Value> {
        let checked = header(params, "x-amz-checksum-mode").is_some();
        let told = it.headers.iter().filter(|(name, _)| checked || !name.starts_with(CHECKSUM));
        let mut headers: Map<String, Value> =
            told.map(|(name, value)| (name.clone(), json!(value))).collect();
        if checked && it.headers.keys().any(|name| name.starts_with(CHECKSUM)) {
            headers.insert("x-amz-checksum-type".to_owned(), json!("FULL_OBJECT"));
        }
        headers.entry("content-type").or_insert_with(|| json!("binary/octet-stream"));
        headers.insert("etag".to_owned(), json!(it.etag));
        headers.insert("accept-ranges".to_owned(), json!("bytes"));
        headers.insert("last-modified".to_owned(), json!(self.place.http_date(it.modified)));
        headers
    }
}

/// One of a request's headers.
pub fn header<'a>(params: &Params<'a>, name: &str) -> Option<&'a str> {
    params.object("Headers").ok().flatten()?.text(name).ok().flatten()
}

/// First byte, and the one after the last. A range that is not understood is ignored (RFC 9110, 14.2).
fn range(params: &Params, length: usize) -> Result<Option<(usize, usize)>, ApiError> {
    let asked = header(params, "range").and_then(|text| text.strip_prefix("bytes="));
    let Some((from, to)) = asked.and_then(|text| text.split_once('-')) else { return Ok(None) };
    let (from, to) = match (from.parse::<usize>().ok(), to.parse::<usize>().ok()) {
        (Some(from), Some(to)) if to < from => return Ok(None),
        (Some(from), to) => (from, to.map_or(length, |to| to.saturating_add(1).min(length))),
        (None, Some(last)) => (length.saturating_sub(last), length),
        (None, None) => return Ok(None),
    };
    if from < to { Ok(Some((from, to))) } else { Err(invalid_range()) }
}
