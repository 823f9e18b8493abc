//! What ECS and the load balancer call each side. A name is given once, in the configuration, by an import or by
//! default, and then stands in the state, because AWS renames nothing.

use super::decode;
use crate::bluegreen::names;
use crate::bluegreen::observed::Observed;
use crate::bluegreen::side::Side;
use terraform_plugin::{Diagnostics, PlanRequest, Value};

/// What ECS and the load balancer call each side: as configured, or else as it stands, or else by default.
pub fn keep(request: &PlanRequest, planned: &mut Value) {
    let text = |name: &str| planned.get(name).as_str().map(str::to_owned);
    let (cluster, name) = (text("cluster"), text("name"));
    for side in Side::BOTH {
        if planned.get(side.name()).as_map().is_none() {
            continue;
        }
        let default = |make: fn(&str, &str, Side) -> String| match (&cluster, &name) {
            (Some(cluster), Some(name)) => make(decode::cluster_name(cluster), name, side).into(),
            _ => Value::Unknown,
        };
        let service: fn(&str, &str, Side) -> String = |_, name, side| names::service(name, side);
        for (attribute, make) in [("service_name", service), ("target_group_name", names::group)] {
            let path = format!("{}.{attribute}", side.name());
            if request.config.at(path.as_str()).is_null() {
                let known = request.prior.at(path.as_str());
                planned.set(path.as_str(), if known.is_null() { default(make) } else { known.clone() });
            }
        }
    }
}

/// Names that differ from those of what stands.
pub fn renamed(prior: &Value, planned: &Value, observed: Option<&Observed>) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    let Some(observed) = observed.filter(|_| !prior.is_null()) else { return diagnostics };
    for side in Side::BOTH {
        let standing = &observed.sides[side];
        for (attribute, stands, what) in [
            ("service_name", standing.service.is_some(), "An ECS service"),
            ("target_group_name", standing.group.is_some(), "A target group"),
        ] {
            let path = format!("{}.{attribute}", side.name());
            let [is, wished] = [prior, planned].map(|value| value.at(path.as_str()).as_str());
            if let (true, Some(is), Some(wished)) = (stands, is, wished)
                && is != wished
            {
                let detail = format!(
                    "{what} keeps its name for life, and that of {side} is {is}. Write {path} = \"{is}\", or leave it out."
                );
                diagnostics.error(path.as_str(), "It cannot be renamed", detail);
            }
        }
    }
    // An import gives a name before it has seen the configuration's, and draws no id.
    let adopted = prior.get("creation_id").is_null();
    let [is, wished] = [prior, planned].map(|value| value.get("name").as_str());
    if let (Some(is), Some(wished)) = (is, wished)
        && is != wished
        && adopted
    {
        let detail = format!(
            "What was imported goes by the name {is}, and nothing of it is tagged yet. Under the name {wished} it would be destroyed and made anew. Write name = \"{is}\": what is there keeps its own names whatever this says."
        );
        diagnostics.error("name", "Not the name that was imported", detail);
    }
    diagnostics
}
