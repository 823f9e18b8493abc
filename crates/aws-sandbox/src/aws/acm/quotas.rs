//! How often Certificate Manager may be called (<https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>).

use crate::aws::quotas::Bucket;
use crate::call::request::Request;

pub fn buckets(request: &Request) -> Vec<Bucket> {
    let bucket = match request.operation.as_str() {
        "AddTagsToCertificate" => ("acm add tags", 5.0, 5.0),
        "DeleteCertificate" => ("acm delete", 10.0, 10.0),
        "DescribeCertificate" => ("acm describe", 10.0, 10.0),
        "GetCertificate" => ("acm get", 10.0, 10.0),
        "ImportCertificate" => ("acm import", 1.0, 1.0),
        "ListCertificates" => ("acm list", 8.0, 8.0),
        "ListTagsForCertificate" => ("acm list tags", 10.0, 10.0),
        "RemoveTagsFromCertificate" => ("acm remove tags", 5.0, 5.0),
        _ => ("acm request", 5.0, 5.0),
    };
    vec![bucket]
}
