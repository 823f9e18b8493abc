//! Log lines as the host understands them: JSON on stderr, one object a line.

use std::fmt::{self, Debug, Write as _};
use std::io::Write as _;

use serde_json::Value as Json;
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// The host cuts lines beyond 64 KiB into pieces and takes none of them for JSON.
const LONGEST_TEXT: usize = 8 << 10;

/// The level asked for: `TF_LOG_PROVIDER_NAME`, else `TF_LOG_PROVIDER`, else `TF_LOG`, else none.
pub fn level(name: &str, variable: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let own = format!("TF_LOG_PROVIDER_{}", name.to_uppercase().replace('-', "_"));
    let asked = [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"]
        .iter()
        .find_map(|v| variable(v).filter(|level| !level.is_empty()));
    let Some(asked) = asked else { return LevelFilter::OFF };
    match asked.to_uppercase().as_str() {
        "OFF" => LevelFilter::OFF,
        "ERROR" => LevelFilter::ERROR,
        "WARN" => LevelFilter::WARN,
        "INFO" => LevelFilter::INFO,
        "DEBUG" => LevelFilter::DEBUG,
        // `JSON`, and as with the host itself anything else.
        _ => LevelFilter::TRACE,
    }
}

/// Sends events to stderr as log lines: our own and those of `crates` at the level asked for. Others are
/// heard only when they warn: what libraries tell in detail may hold the user's secrets.
pub fn install(name: &str, crates: &[&str]) {
    let level = level(name, |variable| std::env::var(variable).ok());
    if level == LevelFilter::OFF {
        return;
    }
    let own = module_path!().split("::").next().unwrap_or_default();
    let heard = crates.iter().copied().chain([own]).map(|target| (target, level));
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(heard);
    let layer = HostLayer::new(name, write_line).with_filter(targets);
    // There is one already only where tests install their own.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
}

/// Writes a line to stderr in one piece. If nobody reads it any more, so be it.
pub fn write_line(line: &str) {
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// One log line. The host takes the whole process down if `@message` or `@level` is no string, and
/// takes no line for JSON whose time has not exactly six digits after the second.
pub fn line(level: &str, module: &str, message: &str, fields: &[(String, String)]) -> String {
    let mut object = serde_json::Map::new();
    for (key, value) in fields.iter().filter(|(key, _)| !key.starts_with('@')) {
        object.insert(key.clone(), Json::String(shortened(value)));
    }
    object.insert("@level".into(), level.into());
    object.insert("@message".into(), shortened(message).into());
    object.insert("@module".into(), module.into());
    object.insert("@timestamp".into(), timestamp(OffsetDateTime::now_utc()).into());
    format!("{}\n", Json::Object(object))
}

fn timestamp(t: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        t.year(),
        u8::from(t.month()),
        t.day(),
        t.hour(),
        t.minute(),
        t.second(),
        t.microsecond()
    )
}

fn shortened(text: &str) -> String {
    match text.char_indices().find(|(at, _)| *at >= LONGEST_TEXT) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Turns events into log lines, with the fields of the spans around them.
pub struct HostLayer<W> {
    module: String,
    write: W,
}

impl<W: Fn(&str) + 'static> HostLayer<W> {
    /// A layer that hands each line, newline included, to `write`.
    pub fn new(module: &str, write: W) -> HostLayer<W> {
        HostLayer { module: module.to_owned(), write }
    }
}

/// The fields of a span or an event, as text.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(String, String)>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        } else {
            self.others.push((field.name().to_owned(), format!("{value:?}")));
        }
    }
}

impl<S, W> Layer<S> for HostLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().iter().rev() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.others.extend(outer.others.iter().cloned());
            }
        }
        event.record(&mut fields);
        let level = host_level(*event.metadata().level());
        (self.write)(&line(level, &self.module, &fields.message, &fields.others));
    }
}

fn host_level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

impl<W> fmt::Debug for HostLayer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostLayer").field("module", &self.module).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
