//! What computing vectors adds to the metrics.
//!
//! For: counting texts, tokens and waits, wherever vectors are computed. Not for: requests over HTTP, which `metrics` counts
//! as those of any route. The one decision: whoever computes counts, whether or not anybody reads it: a command has these
//! in no registry.
//!
//! | name | type | unit | labels |
//! | --- | --- | --- | --- |
//! | `textmill_embedding_duration_seconds` | histogram | seconds from the call to its last vector | `class` |
//! | `textmill_embedding_rejected_total` | counter | calls refused, because too much waited | `class` |
//! | `textmill_embedding_waiting_tokens` | gauge | tokens that wait; of texts without tokens yet by a guess | `class` |
//! | `textmill_embedding_texts_total` | counter | texts, equal ones of a call once | |
//! | `textmill_embedding_tokens_total` | counter | tokens of these | |
//! | `textmill_embedding_truncated_total` | counter | texts of which only the beginning was looked at | |
//! | `textmill_embedding_batch_tokens` | histogram | tokens that go through a model together | |
//! | `textmill_embedding_busy_seconds_total` | counter | seconds that threads computed, all of them together | |

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

type ByClass<M, C = fn() -> M> = Family<[(&'static str, &'static str); 1], M, C>;

/// What is counted. Cheap to clone; clones are the same.
#[derive(Debug, Clone)]
pub struct EmbeddingMetrics {
    durations: ByClass<Histogram>,
    rejected: ByClass<Counter>,
    waiting: ByClass<Gauge>,
    texts: Counter,
    tokens: Counter,
    truncated: Counter,
    batches: Histogram,
    busy: Counter<f64, AtomicU64>,
}

/// 1 ms to 25 s, close enough together to read a quantile off.
fn duration_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 1.5, 26))
}

impl Default for EmbeddingMetrics {
    fn default() -> Self {
        Self {
            durations: Family::new_with_constructor(duration_histogram),
            rejected: Family::new_with_constructor(Counter::default),
            waiting: Family::new_with_constructor(Gauge::default),
            texts: Counter::default(),
            tokens: Counter::default(),
            truncated: Counter::default(),
            batches: Histogram::new(exponential_buckets(8.0, 2.0, 8)),
            busy: Counter::default(),
        }
    }
}

impl EmbeddingMetrics {
    /// Has them told with the others of a registry.
    pub(super) fn register(&self, registry: &mut Registry) {
        let durations = self.durations.clone();
        let what = "Time from a call to its last vector";
        registry.register_with_unit("embedding_duration", what, Unit::Seconds, durations);
        registry.register("embedding_rejected", "Calls refused because too much waited", self.rejected.clone());
        registry.register("embedding_waiting_tokens", "Tokens that wait", self.waiting.clone());
        registry.register("embedding_texts", "Texts embedded", self.texts.clone());
        registry.register("embedding_tokens", "Tokens of these texts", self.tokens.clone());
        let what = "Texts of which only the beginning was looked at";
        registry.register("embedding_truncated", what, self.truncated.clone());
        registry.register("embedding_batch_tokens", "Tokens that go through together", self.batches.clone());
        registry.register_with_unit("embedding_busy", "Time that threads computed", Unit::Seconds, self.busy.clone());
    }

    /// A call has its vectors, after so long.
    pub fn answered(&self, class: &'static str, took: Duration) {
        self.durations.get_or_create(&[("class", class)]).observe(took.as_secs_f64());
    }

    /// A call was refused.
    pub fn refused(&self, class: &'static str) {
        self.rejected.get_or_create(&[("class", class)]).inc();
    }

    /// So many tokens wait now.
    pub fn set_waiting(&self, class: &'static str, tokens: usize) {
        self.waiting.get_or_create(&[("class", class)]).set(i64::try_from(tokens).unwrap_or(i64::MAX));
    }

    /// Texts have their vectors.
    pub fn embedded(&self, texts: usize, tokens: usize, truncated: usize) {
        for (counter, count) in [(&self.texts, texts), (&self.tokens, tokens), (&self.truncated, truncated)] {
            counter.inc_by(count as u64);
        }
    }

    /// A batch of so many tokens took so long.
    pub fn batch_encoded(&self, tokens: usize, took: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "tokens of a batch")]
        self.batches.observe(tokens as f64);
        self.busy.inc_by(took.as_secs_f64());
    }
}
