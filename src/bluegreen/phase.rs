//! The three toggles users write, and the four phases they mean.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::side::{Pair, Side};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Toggles {
    pub enable_canary: bool,
    pub activate_canary: bool,
    pub promote_to_all: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The home side serves everybody.
    #[default]
    Stable,
    /// The candidate runs and nobody is sent to it.
    Staged,
    /// The chosen few are sent to the candidate.
    Canary,
    /// The candidate serves everybody.
    Promoted,
}

/// Why a combination of toggles means nothing, and the attribute to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{explanation}")]
pub struct IllegalToggles {
    pub attribute: &'static str,
    pub explanation: &'static str,
}

impl Phase {
    pub const ALL: [Phase; 4] = [Phase::Stable, Phase::Staged, Phase::Canary, Phase::Promoted];

    pub fn from_toggles(toggles: Toggles) -> Result<Phase, IllegalToggles> {
        let Toggles { enable_canary, activate_canary, promote_to_all } = toggles;
        match (enable_canary, activate_canary, promote_to_all) {
            (false, false, false) => Ok(Phase::Stable),
            (true, false, false) => Ok(Phase::Staged),
            (true, true, false) => Ok(Phase::Canary),
            (true, false, true) => Ok(Phase::Promoted),
            (false, true, false) => Err(IllegalToggles {
                attribute: "activate_canary",
                explanation: "activate_canary = true opens the canary, but no candidate is running: set enable_canary = true as well, or activate_canary = false.",
            }),
            (false, false, true) => Err(IllegalToggles {
                attribute: "promote_to_all",
                explanation: "promote_to_all = true sends everybody to the candidate, but no candidate is running: set enable_canary = true as well, or promote_to_all = false.",
            }),
            (true, true, true) => Err(IllegalToggles {
                attribute: "activate_canary",
                explanation: "activate_canary and promote_to_all cannot both be true: set activate_canary = false to promote to everybody, or promote_to_all = false to keep the canary.",
            }),
            (false, true, true) => Err(IllegalToggles {
                attribute: "enable_canary",
                explanation: "enable_canary = false with activate_canary and promote_to_all true means nothing: set enable_canary = true and only one of the other two.",
            }),
        }
    }

    pub fn toggles(self) -> Toggles {
        let (enable_canary, activate_canary, promote_to_all) = match self {
            Phase::Stable => (false, false, false),
            Phase::Staged => (true, false, false),
            Phase::Canary => (true, true, false),
            Phase::Promoted => (true, false, true),
        };
        Toggles { enable_canary, activate_canary, promote_to_all }
    }

    pub fn name(self) -> &'static str {
        match self {
            Phase::Stable => "stable",
            Phase::Staged => "staged",
            Phase::Canary => "canary",
            Phase::Promoted => "promoted",
        }
    }
}

/// What stands, as far as it tells the phase, and what it is to be compared with.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    pub home: Side,
    /// The side all of the public goes to, if it is one.
    pub public: Option<Side>,
    pub canary_open: bool,
    pub desired: Pair<u32>,
    /// The counts wished for an idle side and for a candidate; `None` where they are not known.
    pub standby_count: Option<u32>,
    pub canary_count: Option<u32>,
    /// Whether the candidate was wished when last asked; decides where the counts cannot.
    pub enabled_before: bool,
}

/// The toggles that what stands amounts to, and the phase, unless it is on the way from one to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub toggles: Toggles,
    pub phase: Option<Phase>,
}

impl Phase {
    /// The way back from `Layout::of`: what a layout makes of a phase, this reads as that phase.
    pub fn seen(sighting: &Sighting) -> Seen {
        let Sighting { home, public, canary_open, desired, standby_count, canary_count, .. } = *sighting;
        let candidate = home.other();
        let promoted = public == Some(candidate);
        let standing = Some(desired[candidate]);
        // Equal counts look alike staged and stable, and so does a count that is neither.
        let undecided =
            standby_count == canary_count || (standing != standby_count && standing != canary_count);
        let staged = if undecided {
            sighting.enabled_before && desired[candidate] > 0
        } else {
            standing == canary_count
        };
        let toggles = Toggles {
            enable_canary: promoted || canary_open || staged,
            activate_canary: canary_open,
            promote_to_all: promoted,
        };
        let arrived = match (promoted, canary_open) {
            _ if public.is_none() => false,
            (true, true) => false,
            (true, false) => Some(desired[home]) == standby_count,
            (false, true) => standing == canary_count,
            (false, false) => standing == if staged { canary_count } else { standby_count },
        };
        Seen { toggles, phase: Phase::from_toggles(toggles).ok().filter(|_| arrived) }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_settings_have_four_meanings() {
        let mut phases = Vec::new();
        for bits in 0..8u8 {
            let toggles = Toggles {
                enable_canary: bits & 1 != 0,
                activate_canary: bits & 2 != 0,
                promote_to_all: bits & 4 != 0,
            };
            match Phase::from_toggles(toggles) {
                Ok(phase) => {
                    assert_eq!(phase.toggles(), toggles);
                    phases.push(phase);
                }
                Err(illegal) => assert!(illegal.explanation.contains(illegal.attribute)),
            }
        }
        assert_eq!(phases, [Phase::Stable, Phase::Staged, Phase::Canary, Phase::Promoted]);
    }
}
