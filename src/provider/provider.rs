//! The provider: its configuration, and the connection to AWS made from it.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::RwLock;

use super::clock;
use super::configuration;
use super::service::apply::{Connected, Connection, Service};
use crate::aws::{self, Aws, PROFILE, Settings};
use terraform_plugin::{AttributePath, Diagnostic, Diagnostics, Provider, Resource, Schema, Value};

pub const NAME: &str = "bluegreen";
const SERVICE: &str = "bluegreen_service";

pub struct Bluegreen {
    schema: Schema,
    connection: Connection,
    service: Service,
}

impl Default for Bluegreen {
    fn default() -> Self {
        let detail = "The provider has not been configured yet.";
        let none = Diagnostic::error(AttributePath::root(), "No connection to AWS", detail);
        let connection: Connection = Arc::new(RwLock::new(Err(none)));
        Bluegreen { schema: configuration::schema(), service: Service::new(connection.clone()), connection }
    }
}

impl Bluegreen {
    /// Connected already, to a place that a configuration cannot name. `speed` is of the clock there.
    pub fn connected(aws: Aws, speed: f64) -> Self {
        let connection: Connection = Arc::new(RwLock::new(Ok(Connected { aws, speed })));
        Bluegreen { schema: configuration::schema(), service: Service::new(connection.clone()), connection }
    }
}

#[async_trait]
impl Provider for Bluegreen {
    fn type_name(&self) -> &str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn resource(&self, type_name: &str) -> Option<&dyn Resource> {
        (type_name == SERVICE).then_some(&self.service as &dyn Resource)
    }

    fn resource_names(&self) -> Vec<String> {
        vec![SERVICE.to_owned()]
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        configuration::settings(config).1.into_errors()
    }

    async fn configure(&self, config: &Value, terraform_version: &str) -> Diagnostics {
        self.service.begin();
        let mut connection = self.connection.write().await;
        *connection = connect(config, terraform_version).await;
        match &*connection {
            // Something of it is not known yet: that is told when it is needed.
            Err(_) if !config.is_wholly_known() => Diagnostics::new(),
            Err(diagnostic) => diagnostic.clone().into(),
            Ok(_) => passed_over(config).into_iter().collect(),
        }
    }
}

/// Both a profile and keys of the environment: which of them are used.
fn passed_over(config: &Value) -> Option<Diagnostic> {
    let variable = aws::passed_over(&configuration::settings(config).0)?;
    let detail = format!(
        "profile is set here and {variable} in the environment. The profile's credentials are used, the environment's \
         are not. Unset {variable}, or leave profile out, to say which is meant."
    );
    Some(Diagnostic::warning("profile", "A profile beside keys of the environment", detail))
}

async fn connect(config: &Value, terraform_version: &str) -> Result<Connected, Diagnostic> {
    if !config.is_wholly_known() {
        let detail = "The provider's configuration depends on values that are known only after apply. Apply what they come from first, with -target.";
        return Err(Diagnostic::error(AttributePath::root(), "No connection to AWS yet", detail));
    }
    let (settings, found) = configuration::settings(config);
    if let Some(wrong) = found.into_errors().into_iter().next() {
        return Err(wrong);
    }
    let asked = std::env::var(clock::SPEED_VARIABLE).ok();
    let endpoints = [settings.ecs_endpoint.as_deref(), settings.elb_endpoint.as_deref()];
    let speed = clock::speed(asked.as_deref(), &endpoints)
        .map_err(|wrong| Diagnostic::error(AttributePath::root(), "Invalid clock speed", wrong))?;
    let user_agent = Some(format!("terraform/{terraform_version}"));
    let settings = Settings { user_agent, clock_speed: speed, ..settings };
    let aws = Aws::connect(settings).await.map_err(|error| {
        let path = if error.operation == PROFILE { PROFILE } else { "region" };
        Diagnostic::error(path, "No connection to AWS", error.to_string())
    })?;
    Ok(Connected { aws, speed })
}
