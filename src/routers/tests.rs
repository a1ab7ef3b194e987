//! Tests of the router, in process: the real router on a real store, without a socket and without a worker.

mod classification_datasets;
mod conversions;
mod cross_site;
mod document;
mod embeddings;
mod files;
mod jobs;
mod knowledge_bases;
mod legacy;
mod models;
mod refusals;
mod workers;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{ApiKeys, HttpLimits, HttpParts, ReadinessCheck, ServiceInfo, router};
use crate::core::embeddings::tests::tiny_model::TinyModel;
use crate::core::embeddings::{LoadedModels, PoolSettings};
use crate::core::hash::sha256_hex;
use crate::core::ids::JobId;
use crate::core::isolation::Isolation;
use crate::core::jobs::{Claim, JobEvents, JobQueue, JobStore, QueueSettings, SqlJobStore, StoreSettings};
use crate::core::models::{Catalogue, ModelStore, StoreSettings as ModelSettings, WebSettings};
use crate::core::storage::sandbox::DataRoots;
use crate::core::storage::uploads::Uploads;
use crate::core::telemetry::metrics::Metrics;
use crate::operations::knowledge_base::KnowledgeBases;
use crate::operations::language_model::LanguageModels;

const BOUNDARY: &str = "----boundary";

/// A service in process.
struct Service {
    router: Router,
    store: Arc<SqlJobStore>,
    events: JobEvents,
    shutdown: CancellationToken,
    models: ModelStore,
    embeddings: LoadedModels,
    knowledge_bases: KnowledgeBases,
    dir: tempfile::TempDir,
}

impl Service {
    async fn start() -> Self {
        Self::start_with(ApiKeys::none(), HttpLimits::default(), 10).await
    }

    async fn start_with(keys: ApiKeys, limits: HttpLimits, max_queued: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("data/folder")).unwrap();
        std::fs::write(dir.path().join("data/folder/a.csv"), "a,b\n1,2\n").unwrap();
        let store =
            Arc::new(SqlJobStore::open_file(&dir.path().join("jobs.db"), StoreSettings::default()).await.unwrap());
        let events = JobEvents::new();
        let shutdown = CancellationToken::new();
        let settings = QueueSettings { max_queued, max_attempts: 3, artifacts_root: dir.path().join("artifacts") };
        let dyn_store: Arc<dyn JobStore> = Arc::clone(&store) as _;
        let queue = JobQueue::new(dyn_store, events.clone(), settings);
        let pinged = queue.clone();
        let models = models_in(dir.path());
        let metrics = Metrics::new("0.0.0", "test");
        let pool = PoolSettings { threads: 1, max_waiting_tokens: limits.max_waiting_tokens };
        let embeddings = LoadedModels::new(models.clone(), "tiny", pool, metrics.embedding()).unwrap();
        let knowledge_bases = KnowledgeBases::new(dir.path().join("knowledge-bases"));
        let router = router(HttpParts {
            uploads: Uploads::open(dir.path().join("uploads"), Duration::from_hours(1)).await.unwrap(),
            isolation: Isolation::default(),
            models: models.clone(),
            embeddings: embeddings.clone(),
            knowledge_bases: knowledge_bases.clone(),
            language_models: LanguageModels::new(dir.path().join("language-models")),
            roots: DataRoots::new(vec![dir.path().join("data")]).unwrap(),
            loopback_only: keys.is_empty(),
            keys,
            limits,
            metrics,
            info: ServiceInfo { version: "0.0.0".to_owned(), device: "cpu".to_owned(), ..ServiceInfo::default() },
            shutdown: shutdown.clone(),
            readiness: vec![ReadinessCheck::new("database", move || {
                let queue = pinged.clone();
                async move { queue.ping().await.map_err(|error| error.to_string()) }
            })],
            metrics_public: false,
            render_report: |job| Ok(format!("<!doctype html><title>{}</title>", job.id)),
            queue,
        });
        Self { router, store, events, shutdown, models, embeddings, knowledge_bases, dir }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn call(&self, method: Method, path: &str) -> Answer {
        self.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_with(path, body, &[]).await
    }

    async fn post_with(&self, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Sends a form; a part is (name, file name or empty, content).
    async fn post_form(&self, path: &str, parts: &[(&str, &str, &str)], headers: &[(&str, &str)]) -> Answer {
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(form(parts))).unwrap()).await
    }

    /// A job in the queue.
    async fn queue_conversion(&self) -> JobId {
        let answer = self.post("/v1/conversions", json!({"source": {"type": "path", "path": "folder"}})).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().parse().unwrap()
    }

    /// Takes the next job, as a worker does.
    async fn claim(&self) -> Claim {
        self.store.claim("tester", &["conversion"], Duration::from_mins(1)).await.unwrap().expect("a job waits")
    }

    /// Ends a job well, as a worker does.
    async fn succeed(&self, claim: &Claim) {
        assert!(self.store.succeed(&claim.lease, json!({"rows": 1}), 0, &[]).await.unwrap());
        self.events.changed(&claim.job.id);
    }
}

/// The built-in models, none of which is there, and a tiny one.
fn models_in(folder: &Path) -> ModelStore {
    let catalogue = folder.join("models.toml");
    std::fs::write(&catalogue, TinyModel::default().entry(sha256_hex)).unwrap();
    let web = WebSettings { offline: true, hub: "https://hub.invalid".to_owned(), ..WebSettings::default() };
    let settings = ModelSettings { dir: folder.join("models"), web, retry_pause: Duration::ZERO };
    ModelStore::new(Catalogue::load(Some(&catalogue)).unwrap(), settings)
}

fn form(parts: &[(&str, &str, &str)]) -> String {
    let part = |(name, file_name, content): &(&str, &str, &str)| {
        let file_name = if file_name.is_empty() { String::new() } else { format!("; filename=\"{file_name}\"") };
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\n\r\n{content}\r\n")
    };
    let parts: Vec<_> = parts.iter().map(part).collect();
    format!("{}--{BOUNDARY}--\r\n", parts.concat())
}

/// An answer, read whole.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Checks that this is a whole problem, and gives its body.
    fn problem(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status.as_u16(), body["code"].as_str()), (status, Some(code)), "{body:#}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("/problems/{code}"));
        assert_eq!(body["request_id"], self.header("x-request-id"));
        for member in ["title", "detail", "instance"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {body:#}");
        }
        assert!(body["errors"].is_array() && body.get("hint").is_some(), "{body:#}");
        body
    }
}
