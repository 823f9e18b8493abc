//! I5: a caller that tags what is its own changes something that is not.

use std::collections::{BTreeMap, BTreeSet};

/// The tag by which a caller marks what is its own.
const OWNER: &str = "bluegreen:resource";

/// Callers that have tagged something as their own, and with what. Nothing is said of anybody else.
#[derive(Debug, Default)]
pub struct Owners(BTreeMap<String, BTreeSet<String>>);

impl Owners {
    pub fn done(
        &mut self,
        caller: &str,
        operation: &str,
        touched: &[(String, BTreeMap<String, String>)],
        tagging: &BTreeMap<String, String>,
    ) -> Option<(&'static str, String)> {
        if let Some(own) = tagging.get(OWNER) {
            self.0.entry(caller.to_owned()).or_default().insert(own.clone());
            return None;
        }
        let own = self.0.get(caller)?;
        let foreign = |tags: &BTreeMap<String, String>| tags.get(OWNER).is_none_or(|tag| !own.contains(tag));
        let (foreign, _) = touched.iter().find(|(_, tags)| foreign(tags))?;
        Some(("I5", format!("{operation} touched {foreign}, whose tag {OWNER} is not one of its own")))
    }
}
