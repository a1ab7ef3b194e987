//! Makes an event one JSON line and finds the router whose file takes it.

use std::fmt;
use std::sync::Arc;

use chrono::{SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::ROUTER_FIELD;
use super::files::Routes;

/// Names at the top of every line; a span's field of such a name is written as `span_<name>`.
const OWN_NAMES: [&str; 5] = ["timestamp", "level", "target", "message", "fields"];

/// Writes each event to the file of its router.
#[derive(Debug)]
pub(super) struct RouterLayer {
    routes: Arc<Routes>,
}

impl RouterLayer {
    pub(super) fn new(routes: Arc<Routes>) -> Self {
        Self { routes }
    }
}

/// The fields of a span, kept with it.
#[derive(Debug, Default)]
struct SpanFields(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for RouterLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = SpanFields::default();
        attributes.record(&mut Fields(&mut fields.0));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<SpanFields>() {
            values.record(&mut Fields(&mut fields.0));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut spans = Map::new();
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<SpanFields>() {
                spans.extend(fields.0.iter().map(|(name, value)| (top_level_name(name), value.clone())));
            }
        }
        let mut fields = Map::new();
        event.record(&mut Fields(&mut fields));
        let line = Line {
            timestamp: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            level: event.metadata().level().as_str(),
            target: event.metadata().target(),
            message: fields.remove("message").unwrap_or_default(),
            fields,
            spans,
        };
        // A map of JSON values always serialises.
        let Ok(mut text) = serde_json::to_string(&line) else { return };
        text.push('\n');
        // An inner span's field has replaced an outer one's: this is the nearest router.
        self.routes.write(line.spans.get(ROUTER_FIELD).and_then(Value::as_str), &text);
    }
}

/// One line, in the order in which people read it.
#[derive(Debug, Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    target: &'a str,
    message: Value,
    fields: Map<String, Value>,
    #[serde(flatten)]
    spans: Map<String, Value>,
}

fn top_level_name(name: &str) -> String {
    if OWN_NAMES.contains(&name) { format!("span_{name}") } else { name.to_owned() }
}

/// Records fields as JSON values.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut chain = value.to_string();
        let mut source = value.source();
        while let Some(cause) = source {
            chain.push_str(": ");
            chain.push_str(&cause.to_string());
            source = cause.source();
        }
        self.put(field, chain);
    }
}
