//! Toy tasks (placeholder): every task comes up at once and ends when told.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::plane::{Order, Report};

/// Runs tasks as ordered until stopped.
pub async fn run(
    mut orders: mpsc::UnboundedReceiver<Order>,
    _clock: Clock,
    reports: mpsc::UnboundedSender<Report>,
    stop: CancellationToken,
) {
    loop {
        let order = tokio::select! { order = orders.recv() => order, () = stop.cancelled() => None };
        let report = match order {
            None => return,
            Some(Order::Start(spec)) if spec.environment.contains_key("EXIT_ON_START") => {
                Report::Exited { task: spec.id, code: 1 }
            }
            Some(Order::Start(spec)) => Report::Started { task: spec.id },
            Some(Order::Terminate { task }) => Report::Exited { task, code: 0 },
            Some(Order::Kill { task }) => Report::Exited { task, code: 137 },
        };
        let _ = reports.send(report);
    }
}
