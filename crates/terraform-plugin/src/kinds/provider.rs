//! The provider itself: its own configuration, and what it has.

use async_trait::async_trait;

use super::{DataSource, Resource};
use crate::diagnostics::Diagnostics;
use crate::schema::Schema;
use crate::value::Value;

/// A provider: its own configuration, its resources and its data sources.
///
/// One value serves all calls of a process, and calls run at the same time as others, so what
/// [`configure`](Provider::configure) leaves for the resources is behind a lock or the like.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The name in front of every resource's, as in `NAME_thing`.
    fn type_name(&self) -> &str;

    /// The provider's own configuration.
    fn schema(&self) -> &Schema;

    /// The resource of that full name.
    fn resource(&self, type_name: &str) -> Option<&dyn Resource>;

    /// The full names of all resources.
    fn resource_names(&self) -> Vec<String>;

    /// The data source of that full name.
    fn data_source(&self, _type_name: &str) -> Option<&dyn DataSource> {
        None
    }

    /// The full names of all data sources.
    fn data_source_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Checks the configuration without any outside contact. Anything may be unknown.
    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// Takes the configuration for all later calls. Anything may be unknown during a plan, and that is
    /// no error yet: tell it when the value is needed.
    ///
    /// Called before any read, plan, apply or import, a data source's reads included, but not before validate, upgrade or move.
    async fn configure(&self, _config: &Value, _terraform_version: &str) -> Diagnostics {
        Diagnostics::new()
    }
}
