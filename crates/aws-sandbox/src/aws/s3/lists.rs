//! What buckets there are, and what is in one.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::model::{Object, S3};
use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;

/// One page of a listing.
struct Page<'a> {
    objects: Vec<(&'a String, &'a Object)>,
    prefixes: BTreeSet<String>,
    /// The last key or prefix told, if there are more.
    last: Option<String>,
    size: usize,
}

impl S3 {
    pub fn list_buckets(&self) -> Answer {
        let told = |(name, it): (&String, &super::model::Bucket)| json!({"Name": name, "CreationDate": self.place.iso(it.created), "BucketRegion": self.place.region});
        let buckets: Vec<Value> = self.buckets.iter().map(told).collect();
        let owner = json!({"ID": self.place.account, "DisplayName": "sandbox"});
        let answer = json!({"Owner": owner, "Buckets": {"Bucket": buckets}});
        Ok(json!({"Xml": {"ListAllMyBucketsResult": answer}}))
    }

    pub fn list_objects(&self, params: &Params) -> Answer {
        let marker = query(params, "marker");
        let page = self.page(params, marker)?;
        let mut answer = self.answer(params, &page);
        answer["Marker"] = json!(marker.unwrap_or_default());
        answer["NextMarker"] = json!(page.last);
        Ok(json!({"Xml": {"ListBucketResult": answer}}))
    }

    pub fn list_objects_v2(&self, params: &Params) -> Answer {
        let token = query(params, "continuation-token");
        let bad = || ApiError::new("InvalidArgument", "The continuation token provided is incorrect");
        let after = match token {
            Some(token) => {
                let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
                Some(String::from_utf8(bytes).map_err(|_| bad())?)
            }
            None => query(params, "start-after").map(str::to_owned),
        };
        let page = self.page(params, after.as_deref())?;
        let mut answer = self.answer(params, &page);
        answer["KeyCount"] = json!(page.objects.len() + page.prefixes.len());
        answer["ContinuationToken"] = json!(token);
        answer["StartAfter"] = json!(query(params, "start-after"));
        answer["NextContinuationToken"] = json!(page.last.map(|last| URL_SAFE_NO_PAD.encode(last)));
        Ok(json!({"Xml": {"ListBucketResult": answer}}))
    }

    fn page(&self, params: &Params, after: Option<&str>) -> Result<Page<'_>, ApiError> {
        let bucket = self.bucket(params)?;
        let prefix = query(params, "prefix").unwrap_or_default();
        let delimiter = query(params, "delimiter").filter(|it| !it.is_empty());
        let size = match query(params, "max-keys").map(str::parse::<usize>) {
            None => 1000,
            Some(Ok(size)) => size.min(1000),
            Some(Err(_)) => {
                return Err(ApiError::new("InvalidArgument", "Provided max-keys not an integer"));
            }
        };
        let mut page = Page { objects: Vec::new(), prefixes: BTreeSet::new(), last: None, size };
        let mut told = String::new();
        let range = bucket.objects.range(prefix.to_owned()..);
        for (key, it) in range.take_while(|(key, _)| key.starts_with(prefix)) {
            let rolled = delimiter.and_then(|delimiter| {
                let end = key[prefix.len()..].find(delimiter)?;
                Some(key[..prefix.len() + end + delimiter.len()].to_owned())
            });
            let name = rolled.as_ref().unwrap_or(key);
            if after.is_some_and(|after| name.as_str() <= after) || page.prefixes.contains(name) {
                continue;
            }
            if page.objects.len() + page.prefixes.len() == size {
                page.last = Some(told);
                break;
            }
            told.clone_from(name);
            match rolled {
                Some(rolled) => drop(page.prefixes.insert(rolled)),
                None => page.objects.push((key, it)),
            }
        }
        Ok(page)
    }

    fn answer(&self, params: &Params, page: &Page) -> Value {
        let encoded = query(params, "encoding-type") == Some("url");
        let spelt = |key: &str| match encoded {
            true => form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>().replace("%2F", "/"),
            false => key.to_owned(),
        };
        let contents: Vec<Value> = page
            .objects
            .iter()
            .map(|(key, it)| {
                json!({
                    "Key": spelt(key), "LastModified": self.place.iso(it.modified), "ETag": it.etag,
                    "Size": it.body.len(), "StorageClass": "STANDARD",
                })
            })
            .collect();
        let prefixes: Vec<Value> = page.prefixes.iter().map(|it| json!({"Prefix": spelt(it)})).collect();
        json!({
            "Name": params.text("Bucket").ok().flatten(),
            "Prefix": spelt(query(params, "prefix").unwrap_or_default()),
            "Delimiter": query(params, "delimiter"),
            "MaxKeys": page.size,
            "EncodingType": encoded.then_some("url"),
            "IsTruncated": page.last.is_some(),
            "Contents": contents,
            "CommonPrefixes": prefixes,
        })
    }
}

fn query<'a>(params: &Params<'a>, name: &str) -> Option<&'a str> {
    params.object("Query").ok().flatten()?.text(name).ok().flatten()
}
