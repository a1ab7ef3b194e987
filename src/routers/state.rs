//! What handlers may ask for, each its own part.
//!
//! For: handing the parts of the service to handlers. Not for: building them (`app`). The one decision: a handler takes
//! the slice that it uses, e.g. `State<JobQueue>`, never the whole state; its signature tells what it can touch.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use futures::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::middleware::auth::ApiKeys;
use super::problem::Problem;
use crate::core::embeddings::LoadedModels;
use crate::core::failure::{Code, Failure};
use crate::core::isolation::Isolation;
use crate::core::jobs::{Job, JobQueue};
use crate::core::models::ModelStore;
use crate::core::storage::sandbox::DataRoots;
use crate::core::storage::uploads::Uploads;
use crate::core::telemetry::metrics::Metrics;
use crate::operations::annotation::Lexicons;
use crate::operations::knowledge_base::KnowledgeBases;
use crate::operations::knowledge_base::search::SearchableBases;
use crate::operations::language_model::LanguageModels;

/// The ready-made parts that a router is built from.
#[derive(Debug)]
pub struct HttpParts {
    /// Where jobs go.
    pub queue: JobQueue,
    /// Where uploaded files are.
    pub uploads: Uploads,
    /// Which folders requests may name paths in.
    pub roots: DataRoots,
    /// Reads files for previews.
    pub isolation: Isolation,
    /// Which models there are, and which of them are here.
    pub models: ModelStore,
    /// Models that vectors are computed with.
    pub embeddings: LoadedModels,
    /// Where knowledge bases are.
    pub knowledge_bases: KnowledgeBases,
    /// Where language models are.
    pub language_models: LanguageModels,
    /// Who may ask; without keys everybody may.
    pub keys: ApiKeys,
    /// Whether only this machine is served, without keys: then requests must name it in `Host`.
    pub loopback_only: bool,
    /// How much at once.
    pub limits: HttpLimits,
    /// What is counted.
    pub metrics: Metrics,
    /// What the service says about itself.
    pub info: ServiceInfo,
    /// Cancelled when the service stops: streams end, new work is refused.
    pub shutdown: CancellationToken,
    /// What must be well for the service to be ready.
    pub readiness: Vec<ReadinessCheck>,
    /// Whether `/metrics` needs no key.
    pub metrics_public: bool,
    /// Makes the HTML page of a finished job.
    pub render_report: ReportRenderer,
}

/// Makes the HTML page of a job that has ended.
pub type ReportRenderer = fn(&Job) -> Result<String, Failure>;

/// How much the service takes, each listed in `/v1/info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpLimits {
    /// Largest JSON body in bytes.
    pub max_json_bytes: u64,
    /// Largest upload in bytes, all files of a request together.
    pub max_upload_bytes: u64,
    /// Most files in one upload.
    pub max_files_per_upload: u32,
    /// Requests that are answered at once.
    pub max_concurrent_requests: usize,
    /// Uploads that are taken at once.
    pub max_concurrent_uploads: usize,
    /// Streams of events that are open at once.
    pub max_event_streams: usize,
    /// Time until the head of an answer; for uploads: the longest pause between two pieces.
    pub request_timeout: Duration,
    /// How long the predecessor's paths wait for the end of a job.
    pub legacy_wait: Duration,
    /// Most texts in a request for embeddings.
    pub max_embedding_inputs: usize,
    /// Largest request for embeddings in bytes.
    pub max_embedding_bytes: u64,
    /// Tokens of texts that may wait for their vectors; the threads keep it, `/v1/info` shows it.
    pub max_waiting_tokens: usize,
    /// How many jobs may wait; the queue keeps it, `/v1/info` shows it.
    pub max_queued_jobs: u64,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            max_json_bytes: 1024 * 1024,
            max_upload_bytes: 10 * 1024 * 1024 * 1024,
            max_files_per_upload: 100,
            max_concurrent_requests: 256,
            max_concurrent_uploads: 8,
            max_event_streams: 256,
            request_timeout: Duration::from_secs(30),
            legacy_wait: Duration::from_mins(10),
            max_embedding_inputs: 2_048,
            max_embedding_bytes: 8 * 1024 * 1024,
            max_waiting_tokens: 131_072,
            max_queued_jobs: 1_000,
        }
    }
}

/// What the service says about itself in `/v1/info`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceInfo {
    /// Version of the package.
    pub version: String,
    /// Commit of the build; `None` if it is not known.
    pub commit: Option<String>,
    /// Cargo features of the build.
    pub features: Vec<String>,
    /// What computes: `cpu` or `cuda:N`.
    pub device: String,
}

/// One thing that must be well for the service to be ready.
#[derive(Clone)]
pub struct ReadinessCheck {
    pub(crate) name: &'static str,
    check: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl ReadinessCheck {
    /// Names a check; its error is a sentence that anybody may read.
    pub fn new<F, Fut>(name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name, check: Arc::new(move || Box::pin(check())) }
    }

    pub(crate) async fn run(&self) -> Result<(), String> {
        (self.check)().await
    }
}

impl fmt::Debug for ReadinessCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadinessCheck").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The permits that bound what happens at once.
#[derive(Debug, Clone)]
pub(crate) struct Gates {
    requests: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl Gates {
    fn new(limits: &HttpLimits) -> Self {
        let semaphore = |permits: usize| Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        Self {
            requests: semaphore(limits.max_concurrent_requests),
            uploads: semaphore(limits.max_concurrent_uploads),
            streams: semaphore(limits.max_event_streams),
        }
    }

    pub(crate) fn request(&self) -> Result<OwnedSemaphorePermit, Problem> {
        enter(&self.requests, "requests")
    }

    pub(crate) fn upload(&self) -> Result<OwnedSemaphorePermit, Problem> {
        enter(&self.uploads, "uploads")
    }

    pub(crate) fn stream(&self) -> Result<OwnedSemaphorePermit, Problem> {
        enter(&self.streams, "event streams")
    }
}

fn enter(gate: &Arc<Semaphore>, what: &str) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(gate).try_acquire_owned().map_err(|_full| {
        Problem::new(Code::TooManyRequests, format!("as many {what} are open as may be at once"))
            .with_hint("come back later, or send fewer at once; `/v1/info` lists the limits")
            .retry_after(1)
    })
}

/// What a conversion is checked against before it may queue.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) roots: DataRoots,
    pub(crate) uploads: Uploads,
}

/// Who may ask, and for what.
#[derive(Debug, Clone)]
pub(crate) struct AccessRules {
    pub(crate) keys: Arc<ApiKeys>,
    pub(crate) loopback_only: bool,
    pub(crate) metrics_public: bool,
}

/// Everything that handlers ask for; cheap to clone.
#[derive(Clone)]
pub struct HttpState {
    queue: JobQueue,
    places: Places,
    isolation: Isolation,
    models: ModelStore,
    embeddings: LoadedModels,
    knowledge_bases: KnowledgeBases,
    searchable_bases: SearchableBases,
    language_models: LanguageModels,
    lexicons: Lexicons,
    access: AccessRules,
    limits: Arc<HttpLimits>,
    gates: Gates,
    metrics: Metrics,
    info: Arc<ServiceInfo>,
    shutdown: CancellationToken,
    readiness: Arc<[ReadinessCheck]>,
    render_report: ReportRenderer,
}

impl HttpState {
    pub(crate) fn new(parts: HttpParts) -> Self {
        Self {
            gates: Gates::new(&parts.limits),
            queue: parts.queue,
            places: Places { roots: parts.roots, uploads: parts.uploads },
            isolation: parts.isolation,
            models: parts.models,
            embeddings: parts.embeddings,
            searchable_bases: SearchableBases::of(parts.knowledge_bases.clone()),
            knowledge_bases: parts.knowledge_bases,
            language_models: parts.language_models,
            lexicons: Lexicons::default(),
            access: AccessRules {
                keys: Arc::new(parts.keys),
                loopback_only: parts.loopback_only,
                metrics_public: parts.metrics_public,
            },
            limits: Arc::new(parts.limits),
            metrics: parts.metrics,
            info: Arc::new(parts.info),
            shutdown: parts.shutdown,
            readiness: parts.readiness.into(),
            render_report: parts.render_report,
        }
    }
}

macro_rules! slices {
    ($($type:ty = $($field:ident).+;)*) => {$(
        impl FromRef<HttpState> for $type {
            fn from_ref(state: &HttpState) -> Self {
                state.$($field).+.clone()
            }
        }
    )*};
}

slices! {
    JobQueue = queue;
    Places = places;
    Uploads = places.uploads;
    Isolation = isolation;
    ModelStore = models;
    LoadedModels = embeddings;
    KnowledgeBases = knowledge_bases;
    SearchableBases = searchable_bases;
    LanguageModels = language_models;
    Lexicons = lexicons;
    AccessRules = access;
    Arc<HttpLimits> = limits;
    Gates = gates;
    Metrics = metrics;
    Arc<ServiceInfo> = info;
    CancellationToken = shutdown;
    Arc<[ReadinessCheck]> = readiness;
    ReportRenderer = render_report;
}
