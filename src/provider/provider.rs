//! The provider: its configuration, and the connection to AWS made from it.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::RwLock;

use super::clock;
use super::service::apply::{Connected, Connection, Service};
use super::service::attributes;
use crate::aws::{Aws, Settings};
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
        Bluegreen { schema: attributes::provider(), service: Service::new(connection.clone()), connection }
    }
}

impl Bluegreen {
    /// Connected already, to a place that a configuration cannot name. `speed` is of the clock there.
    pub fn connected(aws: Aws, speed: f64) -> Self {
        let connection: Connection = Arc::new(RwLock::new(Ok(Connected { aws, speed })));
        Bluegreen { schema: attributes::provider(), service: Service::new(connection.clone()), connection }
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
        let mut found = Diagnostics::new();
        let set = |name: &str| !config.get(name).is_null();
        if set("access_key") != set("secret_key") {
            let missing = if set("access_key") { "secret_key" } else { "access_key" };
            found.error(
                missing,
                "Half a pair of keys",
                "access_key and secret_key go together: set both, or neither.",
            );
        }
        if set("token") && !set("access_key") {
            found.error("token", "A token without keys", "token goes with access_key and secret_key.");
        }
        if config.get("max_retries").as_f64().is_some()
            && !config.get("max_retries").as_i64().is_some_and(|n| (0..=100).contains(&n))
        {
            found.error("max_retries", "Out of range", "max_retries is a whole number from 0 to 100.");
        }
        if config.get("region").as_str().is_some_and(|region| {
            region.is_empty() || !region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        }) {
            found.error("region", "Invalid region", "A region looks like eu-west-1.");
        }
        for name in ["ecs", "elasticloadbalancingv2"] {
            let path = AttributePath::from("endpoints").index(0).attribute(name);
            let url = config.at(&path).as_str().unwrap_or("http://");
            if !url.starts_with("http://") && !url.starts_with("https://") {
                found.error(
                    path,
                    "Invalid endpoint",
                    "An endpoint is a URL that starts with http:// or https://.",
                );
            }
        }
        found
    }

    async fn configure(&self, config: &Value, terraform_version: &str) -> Diagnostics {
        let mut connection = self.connection.write().await;
        *connection = connect(config, terraform_version).await;
        match &*connection {
            // Something of it is not known yet: that is told when it is needed.
            Err(_) if !config.is_wholly_known() => Diagnostics::new(),
            Err(diagnostic) => diagnostic.clone().into(),
            Ok(_) => Diagnostics::new(),
        }
    }
}

async fn connect(config: &Value, terraform_version: &str) -> Result<Connected, Diagnostic> {
    if !config.is_wholly_known() {
        let detail = "The provider's configuration depends on values that are known only after apply. Apply what they come from first, with -target.";
        return Err(Diagnostic::error(AttributePath::root(), "No connection to AWS yet", detail));
    }
    let text = |path: &AttributePath| config.at(path).as_str().map(str::to_owned);
    let attribute = |name: &str| text(&AttributePath::from(name));
    let endpoint = |name: &str| text(&AttributePath::from("endpoints").index(0).attribute(name));
    let (ecs, elb) = (endpoint("ecs"), endpoint("elasticloadbalancingv2"));
    let asked = std::env::var(clock::SPEED_VARIABLE).ok();
    let speed = clock::speed(asked.as_deref(), &[ecs.as_deref(), elb.as_deref()])
        .map_err(|wrong| Diagnostic::error(AttributePath::root(), "Invalid clock speed", wrong))?;
    let settings = Settings {
        region: attribute("region"),
        profile: attribute("profile"),
        access_key: attribute("access_key"),
        secret_key: attribute("secret_key"),
        token: attribute("token"),
        ecs_endpoint: ecs,
        elb_endpoint: elb,
        max_retries: config.get("max_retries").as_i64().and_then(|retries| u32::try_from(retries).ok()),
        user_agent: Some(format!("terraform/{terraform_version}")),
        clock_speed: speed,
        transport: None,
    };
    let aws = Aws::connect(settings).await.map_err(|error| {
        Diagnostic::error(AttributePath::from("region"), "No connection to AWS", error.to_string())
    })?;
    Ok(Connected { aws, speed })
}
