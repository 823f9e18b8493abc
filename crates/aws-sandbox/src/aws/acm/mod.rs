//! AWS Certificate Manager: which operations there are, and what each one touches
//! (<https://docs.aws.amazon.com/acm/latest/APIReference/Welcome.html>).

mod authority;
mod inspection;
mod model;
mod quotas;
mod reads;
mod refusals;
mod requests;
mod writes;

pub use authority::Authority;
pub use model::Acm;
pub use quotas::buckets;

use std::time::Duration;

use super::state::State;
use super::tags::Tags;
use super::world::{Settings, World};
use crate::call::dialect::{Absent, Dialect, Protocol};
use crate::call::error::Answer;
use crate::call::params::Params;
use crate::call::request::Service;

pub const DIALECT: Dialect = Dialect {
    service: Service::Acm,
    signing_name: "acm",
    protocol: Protocol::Json11 { target: "CertificateManager" },
    invalid: "ValidationException",
    absent: Absent::MustNotBeNull,
    throttled: "ThrottlingException",
    denied: ("AccessDeniedException", 400),
    failed: "InternalFailure",
};

pub fn read(state: &State, _: &Settings, now: Duration, operation: &str, params: &Params) -> Option<Answer> {
    Some(match operation {
        "DescribeCertificate" => state.describe_certificate(now, params),
        "GetCertificate" => state.get_certificate(now, params),
        "ListCertificates" => state.list_certificates(now, params),
        "ListTagsForCertificate" => state.list_tags_for_certificate(params),
        _ => return None,
    })
}

pub fn write(world: &mut World, now: Duration, operation: &str, params: &Params) -> Option<Answer> {
    Some(match operation {
        "RequestCertificate" => world.request_certificate(now, params),
        "ImportCertificate" => world.import_certificate(now, params),
        "DeleteCertificate" => world.delete_certificate(params),
        "UpdateCertificateOptions" => world.update_certificate_options(params),
        "AddTagsToCertificate" => world.add_tags_to_certificate(params),
        "RemoveTagsFromCertificate" => world.remove_tags_from_certificate(params),
        _ => return None,
    })
}

/// What a write is about to change or delete, with the tags it has before.
pub fn touches(state: &State, _operation: &str, params: &Params) -> Vec<(String, Tags)> {
    let arn = params.text("CertificateArn").ok().flatten().unwrap_or_default();
    let found = state.acm.certificates.get(arn);
    found.map(|it| (it.arn.clone(), it.tags.clone())).into_iter().collect()
}

/// The tags a write carries.
pub fn tagging(params: &Params) -> Tags {
    requests::tags(params).unwrap_or_default()
}
