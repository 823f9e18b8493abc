//! From one listener to another: what can be said of it in a plan, and what is checked before the first write.

use super::apply::Applying;
use super::{explain, inputs, planned};
use crate::aws::Depth;
use crate::bluegreen::listener;
use terraform_plugin::{Diagnostics, Value};

const PATHS: [&str; 2] = ["listener_arn", "test_listener.arn"];

/// From where to where; nothing where one of them is not known, or there is none.
fn moved<'a>(prior: &'a Value, planned: &'a Value, path: &str) -> Option<(&'a str, &'a str)> {
    let (from, to) = (prior.at(path).as_str()?, planned.at(path).as_str()?);
    (from != to).then_some((from, to))
}

/// What no apply can do.
pub fn refused(prior: &Value, planned: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for path in PATHS {
        let Some((from, to)) = moved(prior, planned, path) else { continue };
        let (ours, theirs) = (listener::load_balancer(from), listener::load_balancer(to));
        if ours == theirs {
            continue;
        }
        let detail = format!(
            "{to} is not a listener of {}. A target group belongs to one load balancer, so a service moves to another \
             listener of its own load balancer only. To move it to another one, add a second bluegreen_service there \
             under another name, move the callers, and remove this one last.",
            ours.unwrap_or_default()
        );
        diagnostics.error(path, "On another load balancer", detail);
    }
    diagnostics
}

/// What a move means for whoever is there.
pub fn told(prior: &Value, planned: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    if let Some((from, to)) = moved(prior, planned, PATHS[0]) {
        let detail = format!(
            "The rules are made on {to}, and taken off {from} once every node of the load balancer knows the new ones. \
             From then on who still calls {from} gets what that listener does by default. If {from} is to go, let it \
             go after this apply: Terraform deletes a listener with all its rules, so one that is replaced in the same \
             apply needs lifecycle {{ create_before_destroy = true }}, or callers are turned away until the rules are \
             made anew. See the guide \"Moving to another listener\"."
        );
        diagnostics.warning(PATHS[0], "Callers of the old listener", detail);
    }
    diagnostics
}

impl Applying {
    /// Before the first write of an update to another listener, which no Read has looked at.
    pub async fn no_way_there(&self, prior: &Value, planned: &Value) -> Option<Diagnostics> {
        if PATHS.iter().all(|path| moved(prior, planned, path).is_none()) {
            return None;
        }
        let refused = refused(prior, planned);
        if refused.has_errors() {
            return Some(refused);
        }
        let aws = &self.connected.aws;
        let mut diagnostics = Diagnostics::new();
        match aws.check_inputs(&self.whose, &self.layout).await {
            Ok(missing) => {
                missing.into_iter().map(inputs::missing).for_each(|missing| diagnostics.push(missing));
            }
            Err(error) => diagnostics.push(explain::call(&error, "checking what the service refers to")),
        }
        if !diagnostics.has_errors() {
            match aws.observe(&self.whose, Depth::Facts).await {
                Ok(observed) => diagnostics = planned::problems(&observed, &self.layout),
                Err(error) => diagnostics.push(explain::call(&error, "looking at the new listener")),
            }
        }
        diagnostics.has_errors().then_some(diagnostics)
    }
}
