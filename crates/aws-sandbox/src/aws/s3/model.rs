//! Buckets and the objects in them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::refusals::{no_such_bucket, no_such_key};
use crate::aws::place::Place;
use crate::call::error::ApiError;
use crate::call::params::Params;

#[derive(Clone, Debug)]
pub struct S3 {
    pub place: Place,
    pub buckets: BTreeMap<String, Bucket>,
}

#[derive(Clone, Debug)]
pub struct Bucket {
    pub created: Duration,
    pub objects: BTreeMap<String, Object>,
}

#[derive(Clone, Debug)]
pub struct Object {
    pub body: Arc<[u8]>,
    pub modified: Duration,
    /// With its quotes. "May or may not be an MD5 digest": it is none.
    pub etag: String,
    /// What is told with it: its type, what the owner says of it, checksums.
    pub headers: BTreeMap<String, String>,
}

impl S3 {
    pub fn new(place: Place) -> Self {
        Self { place, buckets: BTreeMap::new() }
    }

    pub fn bucket(&self, params: &Params) -> Result<&Bucket, ApiError> {
        let name = params.needed("Bucket")?;
        self.buckets.get(name).ok_or_else(no_such_bucket)
    }

    pub fn bucket_mut(&mut self, params: &Params) -> Result<&mut Bucket, ApiError> {
        let name = params.needed("Bucket")?;
        self.buckets.get_mut(name).ok_or_else(no_such_bucket)
    }

    pub fn object(&self, params: &Params) -> Result<&Object, ApiError> {
        let key = params.needed("Key")?;
        self.bucket(params)?.objects.get(key).ok_or_else(no_such_key)
    }
}

impl Object {
    pub fn new(body: Vec<u8>, modified: Duration, headers: BTreeMap<String, String>) -> Self {
        let digest = Sha256::digest(&body);
        let etag: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self { body: body.into(), modified, etag: format!("\"{etag}\""), headers }
    }

    /// Whether an `If-Match` or `If-None-Match` names it; `*` names any.
    pub fn is_named(&self, condition: &str) -> bool {
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
        condition.split(',').any(|tag| tag.trim() == "*" || bare(tag) == bare(&self.etag))
    }
}
