//! Making and removing buckets and objects. Conditions are what Terraform's lock stands on
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::model::{Bucket, Object, S3};
use super::reads::header;
use super::refusals::{
    already_yours, invalid_bucket_name, key_too_long, no_such_key, not_empty, precondition_failed,
};
use super::requests::{self, CHECKSUM};
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

impl S3 {
    pub fn create_bucket(&mut self, now: Duration, params: &Params) -> Answer {
        let name = params.needed("Bucket")?.to_owned();
        if !requests::is_bucket_name(&name) {
            return Err(invalid_bucket_name());
        }
        if self.buckets.contains_key(&name) {
            return Err(already_yours());
        }
        let location = format!("/{name}");
        self.buckets.insert(name, Bucket { created: now, objects: BTreeMap::new() });
        Ok(json!({"Headers": {"location": location}}))
    }

    pub fn delete_bucket(&mut self, params: &Params) -> Answer {
        if !self.bucket(params)?.objects.is_empty() {
            return Err(not_empty());
        }
        self.buckets.remove(params.needed("Bucket")?);
        Ok(json!({"Status": 204}))
    }

    pub fn put_object(&mut self, now: Duration, params: &Params) -> Answer {
        let key = params.needed("Key")?.to_owned();
        let bucket = self.bucket_mut(params)?;
        if key.len() > 1024 {
            return Err(key_too_long());
        }
        let (body, headers) = requests::upload(params)?;
        let old = bucket.objects.get(&key);
        if let Some(tags) = header(params, "if-none-match") {
            if tags != "*" {
                let text = "A header you provided implies functionality that is not implemented";
                return Err(ApiError::new("NotImplemented", text).with_status(501));
            }
            if old.is_some() {
                return Err(precondition_failed());
            }
        }
        if let Some(tags) = header(params, "if-match") {
            let old = old.ok_or_else(no_such_key)?;
            if !old.is_named(tags) {
                return Err(precondition_failed());
            }
        }
        let it = Object::new(body, now, headers);
        let mut told: serde_json::Map<_, _> = it
            .headers
            .iter()
            .filter(|(name, _)| name.starts_with(CHECKSUM) || *name == "x-amz-server-side-encryption")
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        told.entry("x-amz-server-side-encryption").or_insert_with(|| json!("AES256"));
        told.insert("etag".to_owned(), json!(it.etag));
        bucket.objects.insert(key, it);
        Ok(json!({"Headers": told}))
    }

    /// Also of what is not there.
    pub fn delete_object(&mut self, params: &Params) -> Answer {
        let key = params.needed("Key")?;
        let bucket = self.bucket_mut(params)?;
        if let (Some(it), Some(tags)) = (bucket.objects.get(key), header(params, "if-match"))
            && !it.is_named(tags)
        {
            return Err(precondition_failed());
        }
        bucket.objects.remove(key);
        Ok(json!({"Status": 204}))
    }
}
