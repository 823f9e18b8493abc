//! What somebody else keeps and a configuration only looks at.

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::diagnostics::Diagnostics;
use crate::schema::Schema;
use crate::value::Value;

/// One type of data source. Values are objects of [`DataSource::schema`], already checked against it.
#[async_trait]
pub trait DataSource: Send + Sync {
    /// Its attributes: those that say what is looked for, and computed ones for what is found.
    fn schema(&self) -> &Schema;

    /// Checks a configuration. Anything may be unknown.
    fn validate(&self, _config: &Value) -> Diagnostics {
        Diagnostics::new()
    }

    /// Looks. The configuration is wholly known; the answer must be, too.
    async fn read(&self, config: Value, stop: CancellationToken) -> DataResponse;
}

/// What was found.
#[derive(Clone, Default)]
pub struct DataResponse {
    /// The configuration with what was computed. Ignored when there is an error.
    pub state: Value,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}
