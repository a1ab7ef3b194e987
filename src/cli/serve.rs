//! `textmill serve`: the HTTP service and its workers, until a signal ends it.

use std::io::Write as _;
use std::net::SocketAddr;

use clap::Args;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::context::{Context, Process};
use super::exit::CommandResult;
use super::runtime::block_on;
use super::stopping::stop;
use crate::app::{App, KINDS};
use crate::config::Config;
use crate::core::embeddings::LoadedModels;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::jobs::{Enqueued, IdempotencyKey, JobFilter, Submission};
use crate::core::shutdown::{Shutdown, Signals};
use crate::core::storage::location::Source;
use crate::core::telemetry::build_info::BUILD;
use crate::core::telemetry::metrics::Metrics;
use crate::operations::parquet_conversion::{ConversionOptions, ConversionRequest, KIND};
use crate::routers::{self, ApiKeys, HttpLimits, HttpParts, ReadinessCheck, ServiceInfo};

/// Start the HTTP service, its web page and its workers
///
/// Example: textmill serve --bind 127.0.0.1:8000 --data-root ~/reports
///
/// `--workers 0` leaves the jobs to `textmill worker` processes. Binding to other than this machine needs keys
/// (`TEXTMILL_API_KEYS`) or --allow-anonymous.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR:PORT")]
    bind: Option<String>,
    /// Jobs that this process runs at once; 0: none [default: number of processors, at most 2]
    #[arg(long, value_name = "N")]
    workers: Option<u32>,
    /// Let everybody who reaches the address in, without a key
    #[arg(long)]
    allow_anonymous: bool,
    /// Convert this folder once, at the first start of a state directory; inside a data root
    #[arg(long, value_name = "DIR")]
    sample: Option<String>,
}

pub(super) fn run(args: &ServeArgs, context: &Context) -> CommandResult {
    let mut context = context.clone();
    let overrides = &mut context.overrides;
    if let Some(bind) = &args.bind {
        overrides.set("server.bind", "--bind", bind.as_str());
    }
    if let Some(workers) = args.workers {
        overrides.set("jobs.workers", "--workers", workers);
    }
    if args.allow_anonymous {
        overrides.set("server.allow_anonymous", "--allow-anonymous", true);
    }
    let (loaded, _logs) = context.open(Process::Service)?;
    block_on(serve(loaded.config, args.sample.as_deref(), &context))
}

async fn serve(config: Config, sample: Option<&str>, context: &Context) -> CommandResult {
    let mut signals = Signals::listen()?;
    let listener = listen(config.server.bind).await?;
    let app = App::open(config).await?;
    let shutdown = Shutdown::new();
    if let Some(folder) = sample {
        convert_sample(&app, folder).await?;
    }
    let metrics = Metrics::new(BUILD.version, BUILD.commit);
    let embeddings = app.start_embeddings(metrics.embedding(), &shutdown)?;
    let workers = app.start_workers(&KINDS, &embeddings, &shutdown);
    app.start_relay(&shutdown);
    app.start_upload_sweep(&shutdown);
    let router = routers::router(parts(&app, workers.as_ref(), &shutdown, metrics, embeddings));
    let address = listener.local_addr()?;
    context.printer.note(format!("textmill {} is on http://{address} (API: /docs, stop: Ctrl-C)", BUILD.version))?;
    tracing::info!(%address, "serving");
    let stopped = shutdown.token();
    shutdown
        .spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped.cancelled_owned()).await });
    let signal = signals.next().await;
    let timeout = app.config().server.shutdown_timeout;
    Ok(stop(signal, &mut signals, &shutdown, timeout, context).await)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(Code::ResourceInUse, format!("can't listen on {address}: {error}"))
            .with_hint("end what listens there, or choose another port with --bind")
    })
}

/// The first start shows a finished job; later ones find one and leave it.
async fn convert_sample(app: &App, folder: &str) -> Result<(), Failure> {
    let queue = app.queue();
    let store = |error: crate::core::jobs::StoreError| error.to_failure();
    if !queue.list(&JobFilter::default(), None, 1).await.map_err(store)?.items.is_empty() {
        return Ok(());
    }
    app.roots().resolve_existing(folder).map_err(|error| error.to_failure())?;
    let request = ConversionRequest {
        source: Source::Path { path: folder.to_owned() },
        destination: None,
        options: ConversionOptions::default(),
    };
    let options = serde_json::to_value(request)
        .map_err(|error| Failure::new(Code::Internal, format!("the request is no JSON: {error}")))?;
    // Two services that start at once on one state directory make one job.
    let (key, principal) = ("first-start".to_owned(), "first-start".to_owned());
    let idempotency = IdempotencyKey { key, fingerprint: folder.to_owned(), principal };
    let sample =
        Submission { kind: KIND, options, created_by: "first-start", priority: 0, idempotency: Some(idempotency) };
    let answer = queue.submit(sample).await.map_err(store)?;
    if let Enqueued::Created(job) = answer {
        tracing::info!(job_id = %job.id, "the sample folder is being converted");
    }
    Ok(())
}

fn parts(
    app: &App,
    workers: Option<&JoinHandle<()>>,
    shutdown: &Shutdown,
    metrics: Metrics,
    embeddings: LoadedModels,
) -> HttpParts {
    let config = app.config();
    let server = &config.server;
    let digests = config.auth.api_keys.iter().map(|key| (key.name.clone(), crate::core::hash::to_hex(&key.digest)));
    let limits = HttpLimits {
        max_json_bytes: server.max_body_bytes,
        max_upload_bytes: server.max_upload_bytes,
        max_concurrent_requests: server.max_concurrent_requests,
        max_concurrent_uploads: server.max_concurrent_uploads,
        request_timeout: server.request_timeout,
        max_queued_jobs: config.jobs.max_queued,
        max_embedding_inputs: config.embeddings.max_inputs,
        max_embedding_bytes: config.embeddings.max_request_bytes,
        max_waiting_tokens: config.embeddings.max_waiting_tokens,
        ..HttpLimits::default()
    };
    HttpParts {
        queue: app.queue().clone(),
        uploads: app.uploads().clone(),
        isolation: app.isolation().clone(),
        models: app.models().clone(),
        roots: app.roots().clone(),
        keys: ApiKeys::from_digests(digests),
        loopback_only: server.bind.ip().is_loopback() && config.auth.api_keys.is_empty(),
        limits,
        metrics,
        embeddings,
        knowledge_bases: app.knowledge_bases().clone(),
        language_models: app.language_models().clone(),
        info: info(),
        shutdown: shutdown.token(),
        readiness: readiness(app, workers),
        metrics_public: server.metrics_public,
        render_report: crate::report::job_page,
    }
}

fn info() -> ServiceInfo {
    ServiceInfo {
        version: BUILD.version.to_owned(),
        commit: (BUILD.commit != "unknown").then(|| BUILD.commit.to_owned()),
        features: BUILD.features.iter().map(|&feature| feature.to_owned()).collect(),
        device: "cpu".to_owned(),
    }
}

fn readiness(app: &App, workers: Option<&JoinHandle<()>>) -> Vec<ReadinessCheck> {
    let (queue, roots, state_dir) = (app.queue().clone(), app.roots().clone(), app.config().state_dir.clone());
    let mut checks = vec![
        ReadinessCheck::new("database", move || {
            let queue = queue.clone();
            async move { queue.ping().await.map_err(|error| error.to_string()) }
        }),
        ReadinessCheck::new("data_roots", move || {
            let roots = roots.clone();
            // A network folder may hang: not on a thread that answers requests.
            on_disk(move || {
                let unreadable = roots.roots().iter().any(|root| std::fs::read_dir(root).is_err());
                if unreadable { Err("a data root can't be read".to_owned()) } else { Ok(()) }
            })
        }),
        ReadinessCheck::new("state_dir", move || {
            let state_dir = state_dir.clone();
            on_disk(move || {
                // With a byte in it: a full disk makes empty files still.
                tempfile::tempfile_in(&state_dir)
                    .and_then(|mut file| file.write_all(b"."))
                    .map_err(|error| format!("it can't be written: {}", error.kind()))
            })
        }),
    ];
    if let Some(workers) = workers {
        let ended = workers.abort_handle();
        checks.push(ReadinessCheck::new("workers", move || {
            let is_over = ended.is_finished();
            async move { if is_over { Err("they have ended".to_owned()) } else { Ok(()) } }
        }));
    }
    checks
}

/// Looks at the disk on a thread that may block.
async fn on_disk(look: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    tokio::task::spawn_blocking(look).await.unwrap_or_else(|error| Err(format!("the look broke off: {error}")))
}
