//! Panics become log lines and error diagnostics; the process and the state live on.

use std::any::Any;
use std::collections::HashMap;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, Once, PoisonError};

use tokio::task::{Id, JoinError};

use super::logging;
use crate::diagnostics::{Diagnostic, INTERNAL_ERROR};
use crate::value::AttributePath;

/// Where tasks panicked, until their diagnostics are made.
static PLACES: Mutex<Option<HashMap<Id, String>>> = Mutex::new(None);

/// Replaces Rust's own message, which the host does not understand, by a log line.
pub fn install(module: &str) {
    static ONCE: Once = Once::new();
    let module = module.to_owned();
    ONCE.call_once(|| std::panic::set_hook(Box::new(move |panic| report(&module, panic))));
}

fn report(module: &str, panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let message = format!("internal error at {place}: {}", text(panic.payload()));
    // Straight to the stream: it has to be seen even when logging is off.
    logging::write_line(&logging::line("error", module, &message, &[]));
    if let Some(task) = tokio::task::try_id() {
        PLACES.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert(task, place);
    }
}

/// The diagnostic for a call whose task did not come to its end.
pub fn diagnostic(error: JoinError, rpc: &str) -> Diagnostic {
    let place =
        PLACES.lock().unwrap_or_else(PoisonError::into_inner).as_mut().and_then(|p| p.remove(&error.id()));
    let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
    let cause = match error.try_into_panic() {
        Ok(payload) => text(&*payload).to_owned(),
        Err(_) => "the call was given up because the provider is ending".to_owned(),
    };
    Diagnostic::error(
        AttributePath::root(),
        INTERNAL_ERROR,
        format!(
            "{rpc} failed{place}: {cause}\n\nThis is a bug in the provider. What was known before the call is \
             kept; the real objects may have changed since. Please report it with this message."
        ),
    )
}

fn text(payload: &dyn Any) -> &str {
    let string = payload.downcast_ref::<String>().map(String::as_str);
    string.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
