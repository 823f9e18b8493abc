//! I5: a caller that tags what is its own changes something that is not.

use std::collections::{BTreeMap, BTreeSet};

/// The tag by which a caller marks what is its own.
const OWNER: &str = "bluegreen:resource";

/// Callers that have tagged something as their own. Nothing is said of anybody else.
#[derive(Debug, Default)]
pub struct Owners(BTreeSet<String>);

impl Owners {
    pub fn done(
        &mut self,
        caller: &str,
        operation: &str,
        touched: &[(String, BTreeMap<String, String>)],
        tagging: &BTreeMap<String, String>,
    ) -> Option<(&'static str, String)> {
        if tagging.contains_key(OWNER) {
            self.0.insert(caller.to_owned());
            return None;
        }
        if !self.0.contains(caller) {
            return None;
        }
        let (foreign, _) = touched.iter().find(|(_, tags)| !tags.contains_key(OWNER))?;
        Some(("I5", format!("{operation} touched {foreign}, which has no tag {OWNER}")))
    }
}
