//! What the configuration names and AWS does not have, or not as it must be, in words.

use crate::aws::{Input, Missing};
use crate::bluegreen::side::Side;
use terraform_plugin::Diagnostic;

pub fn missing(missing: Missing) -> Diagnostic {
    let (path, summary) = match missing.input {
        Input::Cluster => ("cluster", "This does not exist"),
        Input::CapacityProvider => ("capacity_provider_strategy", "The cluster does not have this"),
        Input::Listener => ("listener_arn", "This does not exist"),
        Input::TestListener => ("test_listener.arn", "This does not exist"),
        Input::ProtocolVersion => ("target_group.protocol_version", "The listener cannot carry this"),
        Input::TaskDefinition(Side::Blue) | Input::NetworkMode(Side::Blue) => {
            ("blue.task_definition", "This does not exist")
        }
        Input::TaskDefinition(Side::Green) | Input::NetworkMode(Side::Green) => {
            ("green.task_definition", "This does not exist")
        }
        Input::Container(_) => ("container_name", "This does not exist"),
        Input::ContainerPort(_) => ("container_port", "This does not exist"),
    };
    Diagnostic::error(path, summary, missing.message)
}
