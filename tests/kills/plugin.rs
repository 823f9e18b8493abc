//! The provider's own binary as a process, and Terraform's side of it.

use std::process::{Command, Stdio};

use terraform_plugin::testing::{Host, Process};
use terraform_plugin::wire::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::driver;

pub struct Plugin {
    process: Process,
    pub host: Host,
    /// For what the host does not say of itself.
    pub client: ProviderClient<Channel>,
}

impl Plugin {
    /// Not configured yet.
    pub async fn start(speed: f64) -> Plugin {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-bluegreen"));
        command.env("BLUEGREEN_CLOCK_SPEED", speed.to_string()).stderr(Stdio::null());
        // The sandbox and its callers go on meanwhile.
        let started = tokio::task::spawn_blocking(|| {
            let mut process = Process::start(command).unwrap();
            let route = process.route().unwrap();
            (process, route)
        });
        let (process, route) = started.await.unwrap();
        let channel = route.channel().await.unwrap();
        Plugin { process, host: driver::host(channel.clone()), client: ProviderClient::new(channel) }
    }

    /// SIGKILL; returns when it is gone.
    pub fn kill(self) {
        drop(self.process);
    }
}
