//! What may go wrong or change at any turn.

use bluegreen_provider::bluegreen::phase::Phase;

/// What may happen between any two things we do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// The process dies; the next one remembers nothing.
    Crash,
    /// Time passes between our look and our act.
    Pause,
    /// The same act is carried out twice, as after a lost answer.
    Twice,
    /// Somebody puts half of the public on each side.
    HalfAndHalf,
    /// Somebody puts up a maintenance page.
    Maintenance,
    /// Somebody removes the idle group from the production rule.
    Detach,
    DeleteProduction,
    DeleteCanary,
    /// Somebody stops a side that nobody is sent to, or takes a task from one that has several.
    StopIdle,
    /// Every task of the side that was not serving when the move began falls ill.
    Sicken,
    /// Another wish from here on.
    Change(Phase),
    /// Another listener from here on.
    Listener(&'static str),
}

pub const DISTURBANCES: [Disturbance; 14] = [
    Disturbance::Crash,
    Disturbance::Pause,
    Disturbance::Twice,
    Disturbance::HalfAndHalf,
    Disturbance::Maintenance,
    Disturbance::Detach,
    Disturbance::DeleteProduction,
    Disturbance::DeleteCanary,
    Disturbance::StopIdle,
    Disturbance::Sicken,
    Disturbance::Change(Phase::Stable),
    Disturbance::Change(Phase::Staged),
    Disturbance::Change(Phase::Canary),
    Disturbance::Change(Phase::Promoted),
];

impl Disturbance {
    /// An outsider may leave callers without a receiver; only what we do is judged then.
    pub fn is_an_outsider(self) -> bool {
        !self.is_another_run() && !matches!(self, Disturbance::Pause | Disturbance::Twice)
    }

    /// The run ends here, and another takes it up.
    pub fn is_another_run(self) -> bool {
        matches!(self, Disturbance::Crash | Disturbance::Change(_) | Disturbance::Listener(_))
    }
}
