//! Older copies of the state, for stale reads; kept only while a fault asks for them.

use std::collections::VecDeque;
use std::time::Duration;

use super::state::State;

/// Each state with the time at which it ceased to be.
#[derive(Debug, Default)]
pub struct History {
    past: VecDeque<(Duration, State)>,
}

impl History {
    /// To be called before any change of `state` at `now`; `depth` is how far back anybody may ask.
    pub fn remember(&mut self, now: Duration, depth: Option<Duration>, state: &State) {
        let Some(depth) = depth else { return self.past.clear() };
        while self.past.front().is_some_and(|(end, _)| *end + depth < now) {
            self.past.pop_front();
        }
        if self.past.back().is_none_or(|(end, _)| *end < now) {
            self.past.push_back((now, state.clone()));
        }
    }

    /// The state as it was at `then`, or the oldest kept; `None` if that is the present one.
    pub fn as_of(&self, then: Duration) -> Option<&State> {
        self.past.iter().find(|(end, _)| *end > then).map(|(_, state)| state)
    }
}
