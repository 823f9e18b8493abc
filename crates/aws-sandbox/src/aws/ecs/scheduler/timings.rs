//! How long things take at ECS, in seconds at its default pace. AWS documents the order
//! (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html>) and hardly any length:
//! what has no page here is read off time-stamped logs of real Fargate services of 2026, as bounds a little wider than
//! what they show.

/// The start of a task that all the others keep pace with: 37 s from "has started" to the process, 40 s to its target.
pub const START: f64 = 40.0;

/// The scheduler notices a call.
pub const NOTICE: (f64, f64) = (0.5, 2.0);

/// From "has stopped N running tasks" to "deregistered N targets": 9 s and 10 s seen.
pub const DEREGISTER: (f64, f64) = (7.0, 11.0);

/// ECS polls for the end of a drain: SIGTERM came 9.4 s and 9.6 s after a delay of 30 s.
pub const POLL: (f64, f64) = (1.0, 10.0);

/// StopTask sends SIGTERM at once and deregisters up to half a minute later.
pub const DEREGISTER_AFTER_STOP: (f64, f64) = (5.0, 30.0);

/// The target of a process that ended by itself was deregistered 31 s later.
pub const DEREGISTER_AFTER_EXIT: (f64, f64) = (10.0, 31.0);

/// From DEPROVISIONING to STOPPED: 10 s seen.
pub const DEPROVISION: (f64, f64) = (8.0, 12.0);

/// A task without a load balancer counts as healthy once it has run this long. Not seen; as long as a start.
pub const PROBATION: f64 = 40.0;

/// How long a target must have been unhealthy before ECS acts on it: 12 s seen.
pub const PATIENCE: f64 = 10.0;

/// Placing is tried again this often. Not documented; logs show such an event every few minutes to every 15 seconds.
pub const PLACE_AGAIN: f64 = 15.0;

/// Waits between starts of tasks that never run: the first, and the longest
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html>: "27 minutes").
pub const BACKOFF: (f64, f64) = (15.0, 27.0 * 60.0);

/// Failures at which the circuit breaker trips: half the desired count, within these bounds
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html>).
pub const BREAKER: (u32, u32) = (3, 200);

/// STOPPED tasks stay visible for at least an hour
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>).
pub const VISIBLE_AFTER_STOP: u64 = 3600 + 600;

/// No word of a process this long after its SIGKILL was due: it counts as gone.
pub const LOST: u64 = 60;
