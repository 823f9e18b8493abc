//! Simple Storage Service as far as Terraform's state backend goes: whole objects, conditional writes, listings
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html>).
//!
//! Its own and not the crate `s3s`: that one brings 21 more crates (two of them in a second version) and 150,000 lines to
//! compile, answers by handlers of its own behind which neither faults nor the journal nor the clock of the sandbox would
//! be, and this is a few hundred lines.

mod lists;
mod model;
mod reads;
mod refusals;
mod requests;
mod writes;

pub use model::S3;

use std::time::Duration;

use super::quotas::Bucket;
use super::state::State;
use super::world::{Settings, World};
use crate::call::dialect::{Absent, Dialect, Protocol};
use crate::call::error::Answer;
use crate::call::params::Params;
use crate::call::request::{Request, Service};

pub const DIALECT: Dialect = Dialect {
    service: Service::S3,
    signing_name: "s3",
    protocol: Protocol::RestXml { namespace: "http://s3.amazonaws.com/doc/2006-03-01/" },
    invalid: "InvalidArgument",
    absent: Absent::MustNotBeNull,
    throttled: "SlowDown",
    denied: ("AccessDenied", 403),
    failed: "InternalError",
};

pub fn read(state: &State, _: &Settings, _: Duration, operation: &str, params: &Params) -> Option<Answer> {
    let s3 = &state.s3;
    Some(match operation {
        "ListBuckets" => s3.list_buckets(),
        "HeadBucket" => s3.head_bucket(params),
        "GetBucketLocation" => s3.get_bucket_location(params),
        "GetBucketVersioning" => s3.get_bucket_versioning(params),
        "ListObjects" => s3.list_objects(params),
        "ListObjectsV2" => s3.list_objects_v2(params),
        "GetObject" => s3.get_object(params),
        "HeadObject" => s3.head_object(params),
        _ => return None,
    })
}

pub fn write(world: &mut World, now: Duration, operation: &str, params: &Params) -> Option<Answer> {
    let s3 = &mut world.state.s3;
    Some(match operation {
        "CreateBucket" => s3.create_bucket(now, params),
        "DeleteBucket" => s3.delete_bucket(params),
        "PutObject" => s3.put_object(now, params),
        "DeleteObject" => s3.delete_object(params),
        _ => return None,
    })
}

/// "At least 3,500 PUT/COPY/POST/DELETE or 5,500 GET/HEAD requests per second per partitioned prefix"
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>).
pub fn buckets(request: &Request) -> Vec<Bucket> {
    vec![if request.writes() { ("s3 write", 3500.0, 3500.0) } else { ("s3 read", 5500.0, 5500.0) }]
}
