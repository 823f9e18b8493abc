//! Older copies of the state, for stale reads; kept only while a fault asks for them.

use std::collections::VecDeque;
use std::time::Duration;

use super::World;
use super::state::State;

/// Each state with the time at which it ceased to be.
#[derive(Debug, Default)]
pub struct History {
    past: VecDeque<(Duration, State)>,
}

impl World {
    /// To be called before any change of the state at `now`.
    pub(super) fn remember(&mut self, now: Duration) {
        let Some(depth) = self.faults.stale_depth() else {
            self.history.past.clear();
            return;
        };
        while self.history.past.front().is_some_and(|(end, _)| *end + depth < now) {
            self.history.past.pop_front();
        }
        if self.history.past.back().is_none_or(|(end, _)| *end < now) {
            self.history.past.push_back((now, self.state.clone()));
        }
    }

    /// The state as it was at `then`, or the oldest kept.
    pub(super) fn as_of(&self, then: Duration) -> &State {
        self.history.past.iter().find(|(end, _)| *end > then).map_or(&self.state, |(_, state)| state)
    }
}

impl State {
    /// A copy in which nothing made after `then` is there yet.
    pub(super) fn without_younger_than(&self, then: Duration) -> Self {
        let mut copy = self.clone();
        copy.services.retain(|_, it| it.created <= then);
        copy.rules.retain(|_, it| it.created <= then);
        copy.target_groups.retain(|_, it| it.created <= then);
        copy.load_balancers.retain(|_, it| it.created <= then);
        copy.clusters.retain(|_, it| it.created <= then);
        copy
    }
}
