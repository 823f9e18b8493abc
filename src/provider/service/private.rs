//! What is kept beside the state: the facts as last seen, for the next plan to start from.

use serde::{Deserialize, Serialize};

use crate::bluegreen::observed::Observed;

const VERSION: u32 = 3;

#[derive(Serialize, Deserialize)]
struct Private {
    version: u32,
    observed: Observed,
}

/// Without what changes by itself (targets, running tasks), so that the same standing gives the same bytes.
pub fn encode(observed: &Observed) -> Vec<u8> {
    let private = Private { version: VERSION, observed: observed.clone() };
    serde_json::to_vec(&private).unwrap_or_default()
}

/// Nothing, or what another version wrote in a shape of its own, is as good as nothing seen.
pub fn decode(bytes: &[u8]) -> Option<Observed> {
    let private: Private = serde_json::from_slice(bytes).ok()?;
    (private.version == VERSION).then_some(private.observed)
}
