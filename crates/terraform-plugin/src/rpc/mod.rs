//! Terraform's calls, one file each: decode, ask the provider, encode. Whatever goes wrong is a
//! diagnostic and never a gRPC status, which would make Terraform forget what exists.

mod apply;
mod blame;
mod configure;
mod data;
mod identity;
mod import;
mod metadata;
mod moving;
mod plan;
mod read;
mod service;
mod upgrade;
mod validate;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::diagnostics::Diagnostic;
use crate::kinds::{Provider, Resource};
use crate::process::in_flight::InFlight;
use crate::process::panics;
use crate::schema::Schema;
use crate::value::{AttributePath, Value, codec};
use crate::wire::tfplugin6 as wire;

/// Answers Terraform's calls on behalf of a provider.
#[derive(Clone)]
pub struct Rpc {
    provider: Arc<dyn Provider>,
    calls: Arc<InFlight>,
    count: Arc<AtomicU64>,
}

impl Rpc {
    /// Answers for `provider`; `calls` knows what is in flight.
    pub fn new(provider: Arc<dyn Provider>, calls: Arc<InFlight>) -> Rpc {
        Rpc { provider, calls, count: Arc::default() }
    }

    /// Does a call's work in a task of its own and survives its panics.
    ///
    /// The task outlives the request: when the connection breaks, tonic drops the future that waits here,
    /// and the work goes on to its end. The stop token is taken before the task starts, so that an
    /// interrupt which comes between the two is not lost.
    async fn run<T, F>(
        &self,
        rpc: &'static str,
        type_name: &str,
        work: impl FnOnce(Arc<dyn Provider>, CancellationToken) -> F,
    ) -> Result<T, Diagnostic>
    where
        F: Future<Output = Result<T, Diagnostic>> + Send + 'static,
        T: Send + 'static,
    {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let span = tracing::info_span!(
            "call",
            tf_rpc = rpc,
            tf_req_id = format_args!("{}-{number}", std::process::id()),
            tf_resource_type = (!type_name.is_empty()).then_some(type_name),
        );
        let work = work(Arc::clone(&self.provider), self.calls.token());
        let task = async move {
            let began = Instant::now();
            tracing::trace!("received the call");
            let result = work.await;
            tracing::trace!(milliseconds = began.elapsed().as_millis(), "answering the call");
            result
        };
        match self.calls.spawn(task.instrument(span)).await {
            Ok(result) => result,
            Err(error) => Err(panics::diagnostic(error, rpc)),
        }
    }
}

fn resource<'a>(provider: &'a dyn Provider, type_name: &str) -> Result<&'a dyn Resource, Diagnostic> {
    provider.resource(type_name).ok_or_else(|| {
        let detail = format!("The provider has no resource type {type_name:?}.");
        Diagnostic::error(AttributePath::root(), "Unknown resource type", detail)
    })
}

/// An object of the schema, or null.
fn object_or_null(value: Option<&wire::DynamicValue>, schema: &Schema) -> Result<Value, Diagnostic> {
    let value = value.ok_or_else(|| malformed("a value is missing from the call"))?;
    match codec::decode(value, &schema.object_type())? {
        Value::Unknown => Err(malformed("the whole object is unknown")),
        value => Ok(value),
    }
}

/// An object of the schema.
fn object(value: Option<&wire::DynamicValue>, schema: &Schema) -> Result<Value, Diagnostic> {
    match object_or_null(value, schema)? {
        Value::Null => Err(malformed("there is null instead of an object")),
        value => Ok(value),
    }
}

fn malformed(problem: &str) -> Diagnostic {
    Diagnostic::error(
        AttributePath::root(),
        "Malformed call",
        format!("Terraform's call is malformed: {problem}."),
    )
}

fn encode(value: &Value, schema: &Schema) -> Result<wire::DynamicValue, Diagnostic> {
    codec::encode(value, &schema.object_type()).map_err(|error| {
        let path = error.path();
        let detail = format!("The provider made a value that its schema does not allow at {path}: {error}.");
        Diagnostic::bug(detail)
    })
}
