//! Every metric of the service: its name, unit and labels.
//!
//! For: counting and timing what the service does, as Prometheus reads it. Not for: facts about data (reports) or
//! about one request (logs). The one decision: a [`Metrics`] owns its registry, so two services in one process (tests)
//! never share a count, and labels are bounded: route templates, never paths.
//!
//! | name | type | unit | labels |
//! | --- | --- | --- | --- |
//! | `textmill_http_requests_total` | counter | requests | `route`, `method`, `status` |
//! | `textmill_http_request_duration_seconds` | histogram | seconds until the head of the answer | `route`, `method` |
//! | `textmill_http_in_flight` | gauge | requests | |
//! | `textmill_jobs` | gauge | jobs, counted at the scrape | `status` |
//! | `textmill_queue_depth` | gauge | jobs and parts that could run now, counted at the scrape | `kind` |
//! | `textmill_queue_oldest_seconds` | gauge | seconds that the first of them has been waiting | `kind` |
//! | `textmill_workers` | gauge | workers, counted at the scrape | `state` |
//! | `textmill_worker_slots` | gauge | jobs that all workers alive run at once, at most | |
//! | `textmill_legacy_requests_total` | counter | requests | `alias` |
//! | `textmill_build_info` | gauge | always 1 | `version`, `commit` |
//! | `textmill_embedding_…` | | as in [`EmbeddingMetrics`]'s module | |

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::embedding::EmbeddingMetrics;

/// The media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;

/// All metrics of one service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    registry: Registry,
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    jobs: Family<Labels, Gauge>,
    queues: Queues,
    workers: Family<Labels, Gauge>,
    worker_slots: Gauge,
    legacy: Family<Labels, Counter>,
    embedding: EmbeddingMetrics,
}

/// What waits, by kind of job.
#[derive(Debug, Default)]
struct Queues {
    depth: Family<Labels, Gauge>,
    oldest: Family<Labels, Gauge<f64, AtomicU64>>,
    /// Kinds that have waited since the start: they are told on, with 0.
    known: Mutex<BTreeSet<String>>,
}

/// Jobs of a kind that could run now if a worker took them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which kind.
    pub kind: String,
    /// How many, parts included.
    pub jobs: u64,
    /// How long the first of them has been waiting.
    pub oldest: Duration,
}

/// 1 ms to about 65 s.
fn duration_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 17))
}

impl Metrics {
    /// A registry of its own, with every metric at zero.
    pub fn new(version: &str, commit: &str) -> Self {
        let mut registry = Registry::with_prefix("textmill");
        let requests = Family::<Labels, Counter>::default();
        let durations = Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(duration_histogram);
        let in_flight = Gauge::<i64>::default();
        let jobs = Family::<Labels, Gauge>::default();
        let queues = Queues::default();
        let workers = Family::<Labels, Gauge>::default();
        let worker_slots = Gauge::<i64>::default();
        let legacy = Family::<Labels, Counter>::default();
        let embedding = EmbeddingMetrics::default();
        let build_info = Family::<Labels, Gauge>::default();
        build_info.get_or_create(&vec![("version", version.to_owned()), ("commit", commit.to_owned())]).set(1);

        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time until the head of the answer",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("http_in_flight", "Requests being answered", in_flight.clone());
        registry.register("jobs", "Jobs by status", jobs.clone());
        registry.register("queue_depth", "Jobs and parts that could run now", queues.depth.clone());
        registry.register_with_unit(
            "queue_oldest",
            "How long the first of them has been waiting",
            Unit::Seconds,
            queues.oldest.clone(),
        );
        registry.register("workers", "Workers by state", workers.clone());
        registry.register("worker_slots", "Jobs that the workers alive run at once, at most", worker_slots.clone());
        registry.register("legacy_requests", "Requests to the predecessor's paths", legacy.clone());
        embedding.register(&mut registry);
        registry.register("build_info", "Version and commit of this build", build_info);
        Self {
            inner: Arc::new(Inner {
                registry,
                requests,
                durations,
                in_flight,
                jobs,
                queues,
                workers,
                worker_slots,
                legacy,
                embedding,
            }),
        }
    }

    /// What computing vectors counts.
    pub fn embedding(&self) -> EmbeddingMetrics {
        self.inner.embedding.clone()
    }

    /// Counts a request from now until the returned guard is dropped.
    #[must_use]
    pub fn request_started(&self) -> InFlight {
        self.inner.in_flight.inc();
        InFlight { metrics: self.clone() }
    }

    /// Counts an answered request; `route` is the template, e.g. `/v1/jobs/{id}`.
    pub fn request_finished(&self, route: &str, method: &str, status: u16, duration: Duration) {
        let labels = |extra: Option<(&'static str, String)>| {
            let known = [("route", route.to_owned()), ("method", method.to_owned())];
            known.into_iter().chain(extra).collect::<Labels>()
        };
        self.inner.requests.get_or_create(&labels(Some(("status", status.to_string())))).inc();
        self.inner.durations.get_or_create(&labels(None)).observe(duration.as_secs_f64());
    }

    /// Says how many jobs stand at `status` now.
    pub fn set_jobs(&self, status: &str, count: u64) {
        self.inner.jobs.get_or_create(&vec![("status", status.to_owned())]).set(gauged(count));
    }

    /// Says what waits now; kinds that waited before and are not named wait no longer.
    pub fn set_queues(&self, waiting: &[Waiting]) {
        let queues = &self.inner.queues;
        let mut known = queues.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(waiting.iter().map(|one| one.kind.clone()));
        for kind in known.iter() {
            let now = waiting.iter().find(|one| one.kind == *kind);
            let labels = vec![("kind", kind.clone())];
            queues.depth.get_or_create(&labels).set(gauged(now.map_or(0, |one| one.jobs)));
            queues.oldest.get_or_create(&labels).set(now.map_or(0.0, |one| one.oldest.as_secs_f64()));
        }
    }

    /// Says how many workers there are, and how many jobs those alive run at once.
    pub fn set_workers(&self, alive: u64, silent: u64, slots: u64) {
        for (state, count) in [("alive", alive), ("silent", silent)] {
            self.inner.workers.get_or_create(&vec![("state", state.to_owned())]).set(gauged(count));
        }
        self.inner.worker_slots.set(gauged(slots));
    }

    /// Counts a request to one of the predecessor's paths.
    pub fn legacy_request(&self, alias: &'static str) {
        self.inner.legacy.get_or_create(&vec![("alias", alias.to_owned())]).inc();
    }

    /// Everything in the text format of [`CONTENT_TYPE`].
    ///
    /// # Errors
    /// When a metric can't be written as text, which none of ours does.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.inner.registry)?;
        Ok(text)
    }
}

/// Gauges are signed.
fn gauged(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A request that is being answered.
#[derive(Debug)]
pub struct InFlight {
    metrics: Metrics,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.metrics.inner.in_flight.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_the_table_appears_under_its_full_name() {
        let metrics = Metrics::new("1.2.3", "abc");
        let _in_flight = metrics.request_started();
        metrics.request_finished("/v1/jobs/{id}", "GET", 200, Duration::from_millis(3));
        metrics.set_jobs("queued", 2);
        let waiting = |jobs| Waiting { kind: "conversion".to_owned(), jobs, oldest: Duration::from_millis(1_500) };
        metrics.set_queues(&[waiting(3)]);
        metrics.set_workers(2, 1, 8);
        metrics.legacy_request("parquet_conversion_service");
        let embedding = metrics.embedding();
        embedding.answered("interactive", Duration::from_millis(3));
        embedding.refused("interactive");
        embedding.set_waiting("bulk", 700);
        embedding.embedded(3, 60, 1);
        embedding.batch_encoded(512, Duration::from_millis(250));
        let text = metrics.encode().unwrap();
        for line in [
            "textmill_http_requests_total{route=\"/v1/jobs/{id}\",method=\"GET\",status=\"200\"} 1",
            "textmill_http_request_duration_seconds_count{route=\"/v1/jobs/{id}\",method=\"GET\"} 1",
            "textmill_http_in_flight 1",
            "textmill_jobs{status=\"queued\"} 2",
            "textmill_queue_depth{kind=\"conversion\"} 3",
            "textmill_queue_oldest_seconds{kind=\"conversion\"} 1.5",
            "textmill_workers{state=\"alive\"} 2",
            "textmill_workers{state=\"silent\"} 1",
            "textmill_worker_slots 8",
            "textmill_legacy_requests_total{alias=\"parquet_conversion_service\"} 1",
            "textmill_embedding_duration_seconds_count{class=\"interactive\"} 1",
            "textmill_embedding_rejected_total{class=\"interactive\"} 1",
            "textmill_embedding_waiting_tokens{class=\"bulk\"} 700",
            "textmill_embedding_texts_total 3",
            "textmill_embedding_tokens_total 60",
            "textmill_embedding_truncated_total 1",
            "textmill_embedding_batch_tokens_count 1",
            "textmill_embedding_busy_seconds_total 0.25",
            "textmill_build_info{version=\"1.2.3\",commit=\"abc\"} 1",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        metrics.set_queues(&[]);
        let text = metrics.encode().unwrap();
        assert!(text.contains("textmill_queue_depth{kind=\"conversion\"} 0"), "what waited once is told on: {text}");
    }
}
