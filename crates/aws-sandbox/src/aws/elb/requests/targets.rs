//! Reads and checks the targets of a request.

use std::net::Ipv4Addr;

use crate::aws::elb::model::target_group::TargetGroup;
use crate::aws::elb::refusals::validation;
use crate::call::error::ApiError;
use crate::call::params::Params;

/// The `Targets` of a request, each an address of the sandbox's network and a port.
pub fn parse(params: &Params, group: &TargetGroup) -> Result<Option<Vec<(Ipv4Addr, u16)>>, ApiError> {
    let Some(list) = params.objects("Targets")? else { return Ok(None) };
    let mut found = Vec::new();
    for target in list {
        let id = target.needed("Id")?;
        let ip: Ipv4Addr = id
            .parse()
            .map_err(|_| validation(format!("The IP address '{id}' is not a valid IPv4 address")))?;
        if !ip.is_loopback() {
            return Err(validation(format!(
                "The IP address '{id}' is not within the VPC, which in the sandbox is 127.0.0.0/8"
            )));
        }
        let port = target.within("Port", 1, 65_535)?.map_or(group.port, |port| port as u16);
        found.push((ip, port));
    }
    Ok(Some(found))
}
