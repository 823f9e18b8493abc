//! What one run of Terraform plans under one name, as far as one process sees it: two resources of one name, and an
//! address that was changed without a `moved` block. Either would cost the service.

use std::collections::BTreeMap;

use terraform_plugin::{Diagnostic, PlanRequest, Value};

/// What is to become of an object of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Created,
    /// Also where it is replaced.
    Kept,
    Destroyed,
}

/// What has been planned since `ConfigureProvider`, which Terraform calls once in a run, before everything else. A run
/// asks for the plan of each object once, and for that of a replacement a second time.
#[derive(Debug, Default)]
pub struct Namesakes {
    /// `None` where Terraform has not begun.
    planned: Option<BTreeMap<String, Vec<Fate>>>,
}

impl Namesakes {
    pub fn begin(&mut self) {
        self.planned = Some(BTreeMap::new());
    }

    /// What speaks against the plan.
    pub fn plan(&mut self, request: &PlanRequest, planned: &Value) -> Option<Diagnostic> {
        let name = planned.get("id").as_str()?;
        let fate = match (request.prior.is_null(), request.private.is_empty()) {
            (true, true) => Fate::Created,
            // The second half of a replacement: its first half was asked for with what was there before, and what was
            // kept beside that comes along.
            (true, false) => return None,
            (false, _) if request.prior.get("id").as_str() == Some(name) => Fate::Kept,
            (false, _) => Fate::Created,
        };
        self.take_down(name, fate)
    }

    /// Terraform does not ask about the destroying half of a replacement.
    pub fn plan_destroy(&mut self, prior: &Value) -> Option<Diagnostic> {
        self.take_down(prior.get("id").as_str()?, Fate::Destroyed)
    }

    fn take_down(&mut self, name: &str, fate: Fate) -> Option<Diagnostic> {
        let fates = self.planned.as_mut()?.entry(name.to_owned()).or_default();
        let before = fates.first().copied();
        fates.push(fate);
        match (before?, fate) {
            (Fate::Created, Fate::Destroyed) | (Fate::Destroyed, Fate::Created) => Some(moved(name)),
            // What is destroyed twice is gone.
            (Fate::Destroyed, Fate::Destroyed) => None,
            _ => Some(twice(name)),
        }
    }
}

fn twice(name: &str) -> Diagnostic {
    let detail = format!(
        "Another bluegreen_service of this configuration is {name}, too. Both would stand for the same services, target \
         groups and rules, and removing one of the two would delete what the other needs. Give one of them another name, \
         or remove it; where both are in the state already, remove one with\n\n\
         removed {{\n  from = bluegreen_service.ADDRESS\n  lifecycle {{\n    destroy = false\n  }}\n}}"
    );
    Diagnostic::error("name", "Two resources of one name", detail)
}

fn moved(name: &str) -> Diagnostic {
    let detail = format!(
        "{name} is to be destroyed at one address and created at another, and nobody would be served from the one to the \
         other. Where only the address has changed, say so with this block, with both addresses in it:\n\n\
         moved {{\n  from = bluegreen_service.OLD\n  to   = bluegreen_service.NEW\n}}\n\nWhere it is really to be made \
         anew, remove the old one and apply, and add the new one then."
    );
    Diagnostic::error("name", "Destroyed and created under one name", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str) -> Value {
        Value::object([("id", format!("shop/{name}").into())])
    }

    fn request(prior: Option<&str>, private: &[u8]) -> PlanRequest {
        let prior = prior.map_or(Value::Null, object);
        PlanRequest { prior, private: private.to_vec(), ..PlanRequest::default() }
    }

    /// What was said, of one run: each a prior name, whether something was kept beside it, and a planned name.
    fn run(plans: &[(Option<&str>, bool, Option<&str>)]) -> Vec<Option<String>> {
        let mut names = Namesakes::default();
        names.begin();
        let plans = plans.iter().map(|(prior, kept, planned)| {
            let said = match planned {
                Some(name) => names.plan(&request(*prior, if *kept { b"x" } else { b"" }), &object(name)),
                None => names.plan_destroy(&object(prior.unwrap())),
            };
            said.map(|said| said.summary)
        });
        plans.collect()
    }

    const CREATE: (Option<&str>, bool, Option<&str>) = (None, false, Some("web"));
    const KEEP: (Option<&str>, bool, Option<&str>) = (Some("web"), true, Some("web"));
    const ANEW: (Option<&str>, bool, Option<&str>) = (None, true, Some("web"));
    const DESTROY: (Option<&str>, bool, Option<&str>) = (Some("web"), true, None);

    #[test]
    fn two_of_one_name_and_a_renamed_address_are_refused_in_whatever_order() {
        let (twice, moved) = ("Two resources of one name", "Destroyed and created under one name");
        for (one, two, said) in [
            (CREATE, CREATE, twice),
            (KEEP, CREATE, twice),
            (CREATE, KEEP, twice),
            (KEEP, KEEP, twice),
            (DESTROY, KEEP, twice),
            ((Some("old"), true, Some("web")), CREATE, twice),
            (DESTROY, CREATE, moved),
            (CREATE, DESTROY, moved),
        ] {
            assert_eq!(run(&[one, two]), [None, Some(said.to_owned())], "{one:?} {two:?}");
        }
    }

    #[test]
    fn replacements_and_other_names_and_runs_are_nobodys_business() {
        for plans in [
            [KEEP, ANEW],
            [CREATE, (None, false, Some("api"))],
            [DESTROY, (None, false, Some("api"))],
            [(Some("web"), true, Some("api")), (None, true, Some("api"))],
        ] {
            assert_eq!(run(&plans), [None, None], "{plans:?}");
        }
        assert_eq!(run(&[CREATE]), run(&[CREATE]));
        let mut names = Namesakes::default();
        let plan = |names: &mut Namesakes| names.plan(&request(None, b""), &object("web")).is_some();
        assert_eq!([plan(&mut names), plan(&mut names)], [false, false], "nothing has begun");
        names.begin();
        assert_eq!([plan(&mut names), plan(&mut names)], [false, true]);
        names.begin();
        assert_eq!([plan(&mut names), plan(&mut names)], [false, true]);
    }
}
