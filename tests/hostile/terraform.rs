//! Terraform with the provider in this process: one user's working directory.

use std::sync::Arc;

use bluegreen_provider::provider::Bluegreen;
use terraform_plugin::testing::{Change, Host, Refused};
use terraform_plugin::{Provider as _, Resource, Value};
use tokio_util::sync::CancellationToken;

const SERVICE: &str = "bluegreen_service";

/// One user's working directory.
pub struct Project {
    provider: Arc<Bluegreen>,
    host: Host,
    pub config: Value,
}

impl Project {
    pub fn new(provider: Bluegreen) -> Project {
        let provider = Arc::new(provider);
        let host = Host::in_process(provider.clone(), SERVICE);
        Project { provider, host, config: Value::Null }
    }

    /// Another working directory with the same state, as when two runners apply at once.
    pub fn copy(&self, provider: Bluegreen) -> Project {
        let mut copy = Project::new(provider);
        copy.host.kept = self.host.kept.clone();
        copy.config = self.config.clone();
        copy
    }

    pub fn resource(&self) -> &dyn Resource {
        self.provider.resource(SERVICE).unwrap()
    }

    pub fn state(&self) -> &Value {
        &self.host.kept.state
    }

    /// What `terraform plan -detailed-exitcode` would say.
    pub async fn has_changes(&mut self) -> Result<bool, String> {
        let config = self.config.clone();
        self.host.has_changes(&config).await.map_err(|refused| refused.to_string())
    }

    pub async fn apply(&mut self, stop: CancellationToken) -> Result<Change, String> {
        let applied = self.host.apply_until(&self.config.clone(), &stop).await;
        self.ended(applied.map(|applied| applied.change))
    }

    pub async fn destroy(&mut self) -> Result<Change, String> {
        let applied = self.host.destroy().await;
        self.ended(applied.map(|applied| applied.change))
    }

    /// Nothing of a service is ever a reason to replace it.
    fn ended(&self, ended: Result<Change, Refused>) -> Result<Change, String> {
        assert_ne!(ended.as_ref().ok(), Some(&Change::Replace), "replaced");
        assert!(!self.host.kept.tainted, "it would be replaced");
        ended.map_err(|refused| refused.to_string())
    }
}
