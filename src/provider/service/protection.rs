//! What taking the service away costs, and that it is refused while `deletion_protection` is on.

use super::attributes::identity;
use super::decode;
use crate::bluegreen::observed::Observed;
use terraform_plugin::{AttributePath, Diagnostic, Diagnostics, Value};

const PATH: &str = "deletion_protection";

fn protected(state: &Value) -> bool {
    decode::spelled(&identity::PROTECTION, state).0.on
}

/// Why the object with this state is not destroyed, if it is not.
pub fn destroy(state: &Value) -> Option<Diagnostic> {
    let detail = "deletion_protection is on, so the service is neither destroyed nor replaced. Nothing was done. If it \
                  is to go, set deletion_protection = false, apply that, and try again.";
    protected(state).then(|| Diagnostic::error(PATH, "The service is protected from deletion", detail))
}

/// What there is to say about a replacement because of these attributes.
pub fn replacement(state: &Value, because: &[AttributePath], observed: Option<&Observed>) -> Diagnostics {
    let Some(first) = because.first() else { return Diagnostics::new() };
    let names = because.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    let mut diagnostics = Diagnostics::new();
    if protected(state) {
        let detail = format!(
            "A change of {names} replaces the service, and deletion_protection is on. Put {names} back as it was, or \
             set deletion_protection = false and apply that first."
        );
        diagnostics.error(first, "The service is protected from deletion", detail);
    } else if let Some(public) = observed.and_then(Observed::public) {
        let detail = format!(
            "A change of {names} deletes both sides with their target groups and rules, and then makes them anew, and \
             {public} serves the public now. From the deletion until the new tasks are proved healthy, some minutes, \
             callers get whatever the listener answers without these rules. To move without a gap, leave this resource \
             as it is, add a second bluegreen_service beside it as it is to be, under another name and with priorities \
             of its own, move the callers there, and remove this one last. deletion_protection = true refuses such a \
             change."
        );
        diagnostics.warning(first, "This replaces what serves the public", detail);
    }
    diagnostics
}
