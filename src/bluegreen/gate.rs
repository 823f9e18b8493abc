//! What a run may have to wait for. One wait, with a gate that opens when the facts say so; alarms, metrics and
//! probes are gates as well, once they are asked for.

use std::time::Duration;

use super::side::Side;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// `side` is proved healthy at `need`.
    Healthy { side: Side, need: u32 },
    /// A service that is being deleted is gone.
    Gone { side: Side },
    /// The routing has been seen unchanged for so long.
    Settled { time: Duration },
}

impl Gate {
    pub fn sentence(&self) -> String {
        match self {
            Gate::Healthy { side, need: 1 } => format!("wait until 1 {side} target is healthy"),
            Gate::Healthy { side, need } => format!("wait until {need} {side} targets are healthy"),
            Gate::Gone { side } => format!("wait until the {side} service is gone"),
            Gate::Settled { time } => format!("hold {}s", time.as_secs_f64()),
        }
    }
}
