//! Security policies of secure listeners
//! (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>).

use serde_json::{Value, json};

use crate::call::error::{Answer, ApiError};
use crate::call::params::Params;
use crate::seam::TlsVersions::{self, Both, Only12, Only13};

/// Of a listener made without one.
pub const DEFAULT: &str = "ELBSecurityPolicy-2016-08";

/// Names, the lowest version (11 for TLS 1.1) and the highest, at AWS. The balancer speaks 1.2 and 1.3 of them, with the
/// ciphers that its TLS library has; the older ones are refused in the handshake, as policies without them do.
const POLICIES: [(&str, u8, u8); 26] = [
    ("ELBSecurityPolicy-2016-08", 10, 12),
    ("ELBSecurityPolicy-2015-05", 10, 12),
    ("ELBSecurityPolicy-TLS-1-0-2015-04", 10, 12),
    ("ELBSecurityPolicy-TLS-1-1-2017-01", 11, 12),
    ("ELBSecurityPolicy-TLS-1-2-2017-01", 12, 12),
    ("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", 12, 12),
    ("ELBSecurityPolicy-FS-2018-06", 10, 12),
    ("ELBSecurityPolicy-FS-1-1-2019-08", 11, 12),
    ("ELBSecurityPolicy-FS-1-2-2019-08", 12, 12),
    ("ELBSecurityPolicy-FS-1-2-Res-2019-08", 12, 12),
    ("ELBSecurityPolicy-FS-1-2-Res-2020-10", 12, 12),
    ("ELBSecurityPolicy-TLS13-1-0-2021-06", 10, 13),
    ("ELBSecurityPolicy-TLS13-1-1-2021-06", 11, 13),
    ("ELBSecurityPolicy-TLS13-1-2-2021-06", 12, 13),
    ("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", 12, 13),
    ("ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", 12, 13),
    ("ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", 12, 13),
    ("ELBSecurityPolicy-TLS13-1-3-2021-06", 13, 13),
    ("ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04", 10, 13),
    ("ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04", 11, 13),
    ("ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04", 12, 13),
    ("ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04", 12, 13),
    ("ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04", 12, 13),
    ("ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04", 12, 13),
    ("ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04", 12, 13),
    ("ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04", 13, 13),
];

/// What a listener of that policy speaks; `None` if there is no such policy.
pub fn versions(policy: &str) -> Option<TlsVersions> {
    let (_, lowest, highest) = POLICIES.iter().find(|(name, ..)| *name == policy)?;
    Some(match (lowest, highest) {
        (13, _) => Only13,
        (_, 13) => Both,
        _ => Only12,
    })
}

/// DescribeSSLPolicies, but for the ciphers.
pub fn describe(params: &Params) -> Answer {
    let names = params.texts("Names")?.unwrap_or_default();
    if let Some(unknown) = names.iter().find(|name| versions(name).is_none()) {
        return Err(ApiError::new("SSLPolicyNotFound", format!("SSL policy '{unknown}' not found")));
    }
    let chosen = POLICIES.iter().filter(|(name, ..)| names.is_empty() || names.contains(name));
    let told: Vec<Value> = chosen
        .map(|(name, lowest, highest)| {
            let spoken = (*lowest..=*highest).rev().map(|version| match version {
                10 => "TLSv1".to_owned(),
                _ => format!("TLSv1.{}", version - 10),
            });
            json!({
                "Name": name,
                "SslProtocols": spoken.collect::<Vec<_>>(),
                "Ciphers": [],
                "SupportedLoadBalancerTypes": ["application", "network"],
            })
        })
        .collect();
    Ok(json!({"SslPolicies": told}))
}
