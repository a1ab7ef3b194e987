//! The composition root: from a configuration to everything that lives as long as the process.
//!
//! For: building each long-lived object once and handing it on. Not for: any decision of theirs. The one decision: who
//! asks (service, command line) gets parts, never the whole; nobody but this module knows how they hang together.
//!
//! State directory: `textmill.sqlite3` (jobs, unless they are in PostgreSQL), `artifacts/`, `uploads/`, `knowledge-bases/`,
//! `language-models/`, `logs/`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::config::{Config, env_vars};
use crate::core::embeddings::{CacheSettings, LoadedModels, PoolSettings, RemoteSettings, Urgency};
use crate::core::failure::{Code, Fails, Failure};
use crate::core::isolation::Isolation;
use crate::core::jobs::{
    JobEvents, JobHandler, JobQueue, JobStore, QueueSettings, Runner, RunnerSettings, SqlJobStore, StoreSettings,
};
use crate::core::models::{Catalogue, ModelStore, StoreSettings as ModelSettings, WebSettings};
use crate::core::shutdown::Shutdown;
use crate::core::storage::sandbox::DataRoots;
use crate::core::storage::uploads::Uploads;
use crate::core::telemetry::embedding::EmbeddingMetrics;
use crate::operations::annotation::{self, AnnotationHandler, Embedders};
use crate::operations::classification::{self, ClassificationHandler, Models};
use crate::operations::drift::{self, CheckingModels, DriftHandler, Engines};
use crate::operations::knowledge_base::{self, Builder, KnowledgeBaseHandler, KnowledgeBases};
use crate::operations::language_model::{self, LanguageModelHandler, LanguageModels};
use crate::operations::model_download::{self, ModelDownloadHandler};
use crate::operations::parquet_conversion::{self, ConversionHandler};
use crate::operations::sources::Sources;

/// Every kind of job that textmill runs.
pub const KINDS: [&str; 7] = [
    parquet_conversion::KIND,
    model_download::KIND,
    knowledge_base::KIND,
    annotation::KIND,
    classification::KIND,
    language_model::KIND,
    drift::KIND,
];

/// How often expired uploads are looked for.
const UPLOAD_SWEEP: Duration = Duration::from_mins(10);
/// Time before the second try of a broken download; doubled before each further one.
const DOWNLOAD_PAUSE: Duration = Duration::from_millis(500);
/// Time before the second try of a request for embeddings; doubled before each further one.
const REMOTE_PAUSE: Duration = Duration::from_millis(500);

/// Everything that lives as long as the process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    config: Arc<Config>,
    store: Arc<dyn JobStore>,
    events: JobEvents,
    queue: JobQueue,
    roots: DataRoots,
    uploads: Uploads,
    isolation: Isolation,
    models: ModelStore,
    knowledge_bases: KnowledgeBases,
    language_models: LanguageModels,
}

impl App {
    /// Opens the state directory, making it if need be.
    ///
    /// # Errors
    /// When the database, the upload folder, a data root or the catalogue of models can't be used, or a limit names no kind
    /// of job.
    pub async fn open(config: Config) -> Result<Self, Failure> {
        check_limits(&config)?;
        let store: Arc<dyn JobStore> = Arc::new(open_shared_store(&config).await?);
        let events = JobEvents::new();
        let queue = queue_of(Arc::clone(&store), events.clone(), &config);
        let roots = DataRoots::new(config.data_roots.clone()).and_then(|roots| roots.reserving(&config.state_dir));
        let roots = roots.map_err(|error| error.to_failure())?;
        let uploads = Uploads::open(config.state_dir.join("uploads"), config.files.retention).await;
        let uploads = uploads.map_err(|error| error.to_failure())?;
        let isolation = Isolation::new(config.isolation.limits());
        let models = open_models(&config)?;
        let knowledge_bases = open_knowledge_bases(&config);
        let language_models = LanguageModels::new(config.state_dir.join("language-models"));
        let config = Arc::new(config);
        Ok(Self { config, store, events, queue, roots, uploads, isolation, models, knowledge_bases, language_models })
    }

    /// What the operator set.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where jobs go.
    pub fn queue(&self) -> &JobQueue {
        &self.queue
    }

    /// Which folders requests may touch.
    pub fn roots(&self) -> &DataRoots {
        &self.roots
    }

    /// Where uploaded files are.
    pub fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    /// What reads files that need a process of their own.
    pub fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    /// Which models there are.
    pub fn models(&self) -> &ModelStore {
        &self.models
    }

    /// Where knowledge bases are.
    pub fn knowledge_bases(&self) -> &KnowledgeBases {
        &self.knowledge_bases
    }

    /// Where language models are.
    pub fn language_models(&self) -> &LanguageModels {
        &self.language_models
    }

    /// Starts the workers of this process, for jobs of these kinds; `None` with `jobs.workers = 0`. They end at shutdown,
    /// their jobs at a safe point. `models` computes what jobs need vectors for.
    pub fn start_workers(&self, kinds: &[&str], models: &LoadedModels, shutdown: &Shutdown) -> Option<JoinHandle<()>> {
        let jobs = &self.config.jobs;
        if jobs.workers == 0 {
            return None;
        }
        let settings = RunnerSettings {
            concurrency: jobs.workers,
            lease_for: jobs.lease,
            ..RunnerSettings::new(artifacts_root(&self.config))
        };
        let runner = Runner::new(Arc::clone(&self.store), self.events.clone(), self.handlers(kinds, models), settings);
        let token = shutdown.token();
        Some(shutdown.spawn(runner.run(token)))
    }

    /// Exchanges wake-ups with other processes on the database, until shutdown, where the database has a way to.
    pub fn start_relay(&self, shutdown: &Shutdown) {
        if let Some(relay) = self.store.relay(self.events.clone()) {
            let token = shutdown.token();
            shutdown.spawn(async move { token.run_until_cancelled_owned(relay).await });
        }
    }

    /// Starts the threads that compute vectors. At shutdown they take nothing any more, and end when what waits is done.
    ///
    /// # Errors
    /// When the catalogue does not have the default model, or the system refuses a thread.
    pub fn start_embeddings(&self, metrics: EmbeddingMetrics, shutdown: &Shutdown) -> Result<LoadedModels, Failure> {
        let models = load_models(&self.config, self.models.clone(), metrics)?;
        let (closing, token) = (models.clone(), shutdown.token());
        shutdown.spawn(async move {
            token.cancelled().await;
            tokio::task::spawn_blocking(move || closing.close()).await
        });
        Ok(models)
    }

    /// Removes expired uploads from time to time, until shutdown.
    pub fn start_upload_sweep(&self, shutdown: &Shutdown) {
        let (app, token) = (self.clone(), shutdown.token());
        shutdown.spawn(async move {
            let mut tick = tokio::time::interval(UPLOAD_SWEEP);
            while token.run_until_cancelled(tick.tick()).await.is_some() {
                if let Err(failure) = app.sweep_uploads().await {
                    tracing::warn!(code = %failure.code, "expired uploads could not be removed");
                }
            }
        });
    }

    /// An upload that a waiting or running job names is kept.
    async fn sweep_uploads(&self) -> Result<(), Failure> {
        for id in self.uploads.expired().await.map_err(|error| error.to_failure())? {
            let in_use = self.queue.is_referenced(id.as_str()).await.map_err(|error| error.to_failure())?;
            if !in_use {
                self.uploads.delete(&id).await.map_err(|error| error.to_failure())?;
            }
        }
        Ok(())
    }

    /// One handler for each of these kinds of job.
    fn handlers(&self, kinds: &[&str], models: &LoadedModels) -> Vec<Arc<dyn JobHandler>> {
        let sources = Sources { roots: self.roots.clone(), uploads: self.uploads.clone() };
        let conversion = ConversionHandler::new(sources.clone(), self.isolation.clone());
        let download = ModelDownloadHandler::new(self.models.clone());
        let builder = builder(&self.config, self.models.clone(), models.clone());
        let build = KnowledgeBaseHandler::new(builder, sources.clone(), self.isolation.clone());
        let language_model = LanguageModelHandler {
            sources: sources.clone(),
            isolation: self.isolation.clone(),
            models: self.language_models.clone(),
        };
        let classification = ClassificationHandler {
            sources: sources.clone(),
            isolation: self.isolation.clone(),
            bases: self.knowledge_bases.clone(),
            models: labelling_models(models.clone(), self.models.clone()),
        };
        let drift = DriftHandler {
            sources: sources.clone(),
            isolation: self.isolation.clone(),
            models: checking_models(models.clone(), self.models.clone()),
        };
        let annotation = AnnotationHandler {
            sources,
            isolation: self.isolation.clone(),
            bases: self.knowledge_bases.clone(),
            embedders: embedders(models.clone()),
        };
        let mut handlers: Vec<Arc<dyn JobHandler>> = vec![
            Arc::new(conversion),
            Arc::new(download),
            Arc::new(build),
            Arc::new(annotation),
            Arc::new(classification),
            Arc::new(language_model),
            Arc::new(drift),
        ];
        handlers.retain(|handler| kinds.contains(&handler.kind()));
        handlers
    }
}

/// Brings models for jobs.
fn embedders(models: LoadedModels) -> Embedders {
    Arc::new(move |name| {
        let found = models.get(name, Urgency::Bulk);
        found.map(|model| model.embedder).map_err(|error| error.to_failure())
    })
}

/// Brings models for jobs whose outcome names them.
fn labelling_models(models: LoadedModels, store: ModelStore) -> Models {
    Arc::new(move |name| {
        let found = models.get(name, Urgency::Bulk).map_err(|error| error.to_failure())?;
        Ok((described_model(&store, &found.id), found.embedder))
    })
}

/// Brings what checks of data need of a model.
fn checking_models(models: LoadedModels, store: ModelStore) -> CheckingModels {
    Arc::new(move |name| {
        let found = models.get(Some(name), Urgency::Bulk).map_err(|error| error.to_failure())?;
        let folder = store.path(&found.id).map_err(|error| error.to_failure())?;
        let model = Some(described_model(&store, &found.id));
        let max_tokens = found.embedder.max_tokens();
        Ok(Engines { embedder: Some(found.embedder), max_tokens, model, model_folder: Some(folder) })
    })
}

/// A model of the store and its revision, for people.
pub fn described_model(store: &ModelStore, id: &str) -> String {
    let revision = store.catalogue().get(id).ok().and_then(|entry| entry.revision.clone());
    revision.map_or_else(|| id.to_owned(), |revision| format!("{id}, revision {revision}"))
}

/// The configuration does not know the kinds of jobs.
fn check_limits(config: &Config) -> Result<(), Failure> {
    match config.jobs.max_running.iter().find(|(kind, _)| !KINDS.contains(kind)) {
        Some((kind, _)) => Err(Failure::new(
            Code::InvalidParameter,
            format!("`jobs.max_running` limits `{kind}`, which is no kind of job"),
        )
        .with_hint(format!("kinds of jobs: {}", KINDS.join(", ")))),
        None => Ok(()),
    }
}

/// The model store alone; touches nothing but the catalogue.
///
/// # Errors
/// When the catalogue of `models.catalogue` is none.
pub fn open_models(config: &Config) -> Result<ModelStore, Failure> {
    let models = &config.models;
    let catalogue = Catalogue::load(models.catalogue.as_deref()).map_err(|error| error.to_failure())?;
    let web = WebSettings {
        offline: models.offline,
        hub: models.hub.clone(),
        token: env_vars::hub_token(),
        allow_hosts: models.allow_hosts.0.clone(),
        proxies: env_vars::proxies(),
    };
    Ok(ModelStore::new(catalogue, ModelSettings { dir: models.dir.clone(), web, retry_pause: DOWNLOAD_PAUSE }))
}

/// Models of the store, and threads to compute vectors on; none is read before somebody needs it.
///
/// # Errors
/// When the catalogue does not have the default model, or the system refuses a thread.
pub fn load_models(config: &Config, store: ModelStore, metrics: EmbeddingMetrics) -> Result<LoadedModels, Failure> {
    let embeddings = &config.embeddings;
    let settings = PoolSettings { threads: embeddings.threads, max_waiting_tokens: embeddings.max_waiting_tokens };
    let models = LoadedModels::new(store, &embeddings.model, settings, metrics);
    models.map(|models| models.keeping(cache_settings(config))).map_err(|error| error.to_failure())
}

/// Builds knowledge bases of the state directory with models of the store; touches nothing.
pub fn builder(config: &Config, store: ModelStore, models: LoadedModels) -> Builder {
    let default_model = config.embeddings.model.clone();
    Builder { bases: open_knowledge_bases(config), store, models, default_model }
}

/// The knowledge bases of the state directory; touches nothing.
pub fn open_knowledge_bases(config: &Config) -> KnowledgeBases {
    KnowledgeBases::new(config.state_dir.join("knowledge-bases"))
}

/// Where computed vectors are kept; `None` where none are.
pub fn cache_settings(config: &Config) -> Option<CacheSettings> {
    let embeddings = &config.embeddings;
    let settings = CacheSettings { dir: embeddings.cache_dir.clone(), max_bytes: embeddings.cache_bytes };
    (settings.max_bytes > 0).then_some(settings)
}

/// The server that computes vectors, with this model of it or that of the settings.
///
/// # Errors
/// When the settings name no server or no model.
pub fn remote_settings(config: &Config, model: Option<&str>) -> Result<RemoteSettings, Failure> {
    let embeddings = &config.embeddings;
    let missing = |what: &str, key: &str, env: &str| {
        Failure::new(Code::InvalidParameter, format!("no setting says {what}"))
            .with_hint(format!("set `{key}` in textmill.toml, or {env}"))
    };
    let no_server = || missing("which server to ask", "embeddings.remote_url", env_vars::EMBEDDINGS_REMOTE_URL);
    let no_model = || missing("which model to ask for", "embeddings.remote_model", env_vars::EMBEDDINGS_REMOTE_MODEL);
    Ok(RemoteSettings {
        base: embeddings.remote_url.clone().ok_or_else(no_server)?,
        model: model.or(embeddings.remote_model.as_deref()).ok_or_else(no_model)?.to_owned(),
        key: embeddings.remote_api_key.clone(),
        proxies: env_vars::proxies(),
        max_inputs: embeddings.remote_max_inputs,
        max_chars: embeddings.remote_max_chars,
        concurrency: embeddings.remote_concurrency,
        requests_per_minute: embeddings.remote_requests_per_minute,
        tokens_per_minute: embeddings.remote_tokens_per_minute,
        retries: embeddings.remote_retries,
        retry_pause: REMOTE_PAUSE,
        timeout: embeddings.remote_timeout,
    })
}

/// The queue alone, for commands that only look at it.
///
/// # Errors
/// When the database can't be opened.
pub async fn open_queue(config: &Config) -> Result<JobQueue, Failure> {
    let store = Arc::new(open_store(config).await?);
    Ok(queue_of(store, JobEvents::new(), config))
}

/// Makes sure that the state directory is the one that all processes on the database share, and brings both together
/// where nobody did yet.
///
/// # Errors
/// When the database can't be opened, or the folder is another one.
pub async fn share_state_dir(config: &Config) -> Result<(), Failure> {
    open_shared_store(config).await.map(drop)
}

async fn open_shared_store(config: &Config) -> Result<SqlJobStore, Failure> {
    let store = open_store(config).await?;
    store.share(&config.state_dir).await.map_err(|error| error.to_failure())?;
    Ok(store)
}

async fn open_store(config: &Config) -> Result<SqlJobStore, Failure> {
    std::fs::create_dir_all(&config.state_dir).map_err(|error| {
        let place = config.state_dir.display();
        Failure::new(Code::StorageFailure, format!("can't make the state directory `{place}`: {error}"))
            .with_hint("give this user the right to write there, or choose another folder with --state-dir")
    })?;
    let limits = config.jobs.max_running.iter().map(|(kind, limit)| (kind.to_owned(), limit));
    let settings = StoreSettings {
        retention: config.jobs.retention,
        dataset_retention: config.jobs.dataset_retention,
        max_running: limits.collect(),
    };
    let store = match &config.database_url {
        Some(url) => SqlJobStore::connect(url.expose(), settings).await,
        None => SqlJobStore::open_file(&database_path(config), settings).await,
    };
    store.map_err(|error| error.to_failure())
}

fn queue_of(store: Arc<dyn JobStore>, events: JobEvents, config: &Config) -> JobQueue {
    let settings = QueueSettings {
        max_queued: config.jobs.max_queued,
        max_attempts: config.jobs.max_attempts,
        artifacts_root: artifacts_root(config),
    };
    JobQueue::new(store, events, settings)
}

/// The job database, for people: its address without the password, or its file.
pub fn database_name(config: &Config) -> String {
    match &config.database_url {
        Some(url) => url.to_string(),
        None => database_path(config).display().to_string(),
    }
}

/// The file of the job database.
pub fn database_path(config: &Config) -> PathBuf {
    config.state_dir.join("textmill.sqlite3")
}

fn artifacts_root(config: &Config) -> PathBuf {
    config.state_dir.join("artifacts")
}
