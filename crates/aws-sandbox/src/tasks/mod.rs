//! Toy tasks: each an HTTP server on its own loopback address, as each Fargate task has its own
//! network interface; started, terminated and killed as the world orders.

mod answer;
mod behaviour;
mod mortal;
mod port;
mod process;

pub use port::socket;

use std::collections::HashMap;

use tokio::sync::mpsc;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::seam::{Order, Report};
use process::Signals;

/// Runs tasks as ordered until stopped.
///
/// A task reports `Started` once it is up (not if it was killed or crashed before), and `Exited` once
/// its address is free again. When stopped, every task is killed and nothing more is reported.
pub async fn run(
    mut orders: mpsc::UnboundedReceiver<Order>,
    clock: Clock,
    reports: mpsc::UnboundedSender<Report>,
    stop: CancellationToken,
) {
    let mut running: HashMap<String, Signals> = HashMap::new();
    let mut names: HashMap<Id, String> = HashMap::new();
    let mut processes: JoinSet<i32> = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            order = orders.recv() => match order {
                None => break,
                Some(Order::Start(spec)) if running.contains_key(&spec.id) => {
                    tracing::warn!(task = spec.id, "told to start a task that is already running");
                }
                Some(Order::Start(spec)) => {
                    let signals = Signals::default();
                    let task = spec.id.clone();
                    running.insert(task.clone(), signals.clone());
                    let process = process::live(spec, clock.clone(), reports.clone(), signals);
                    names.insert(processes.spawn(process).id(), task);
                }
                Some(Order::Terminate { task }) => {
                    running.get(&task).inspect(|signals| signals.terminate.cancel());
                }
                Some(Order::Kill { task }) => {
                    running.get(&task).inspect(|signals| signals.kill.cancel());
                }
            },
            Some(ended) = processes.join_next_with_id() => {
                let (id, code) = match ended {
                    Ok(ended) => ended,
                    Err(panicked) => (panicked.id(), 139),
                };
                if let Some(task) = names.remove(&id) {
                    running.remove(&task);
                    let _ = reports.send(Report::Exited { task, code });
                }
            }
        }
    }
    for signals in running.values() {
        signals.kill.cancel();
    }
    while processes.join_next().await.is_some() {}
}
