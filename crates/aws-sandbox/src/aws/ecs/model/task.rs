//! Tasks: what is known of one, and the steps of its life.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::deployment::Revision;
use crate::aws::tags::Tags;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastStatus {
    Provisioning,
    Pending,
    Activating,
    Running,
    Deactivating,
    Stopping,
    Deprovisioning,
    Stopped,
}

impl LastStatus {
    pub fn word(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running => "RUNNING",
            Self::Deactivating => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

/// What happens to a task when its timer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Attach,
    Launch,
    /// Launched; waiting for word of the process.
    AwaitStart,
    Register,
    Run,
    Rest,
    Deregister,
    Terminate,
    /// SIGTERM sent; if no word comes, it counts as gone at the due time.
    AwaitExit,
    End,
    Purge,
}

#[derive(Clone, Debug)]
pub struct Task {
    pub id: String,
    pub arn: String,
    pub cluster: String,
    /// The service's ARN and name.
    pub service: String,
    pub service_name: String,
    pub deployment: String,
    pub revision: Revision,
    pub last_status: LastStatus,
    /// Desired status STOPPED.
    pub stopping: bool,
    /// No longer counted by the scheduler.
    pub released: bool,
    pub ip: Ipv4Addr,
    /// Of its network interface.
    pub subnet: Option<String>,
    pub zone: String,
    pub created: Duration,
    pub pull_started: Option<Duration>,
    pub started: Option<Duration>,
    pub stopping_at: Option<Duration>,
    pub stopped: Option<Duration>,
    pub stop_code: Option<&'static str>,
    pub stopped_reason: Option<String>,
    pub exit_code: Option<i32>,
    pub step: Step,
    pub due: Duration,
    pub registered: bool,
    pub tags: Tags,
    /// Of its network interface.
    pub attachment: String,
    pub version: u32,
}
