//! Logs: JSON lines in one file per router, and lines for people on stderr.
//!
//! For: what operators search when something went wrong. Not for: progress and results of jobs (they are rows), nor
//! for counting (metrics). Never holds text out of a user's file. The decisions in it:
//!
//! - An event goes to the file of its nearest span with a field `router`: HTTP routers put it on the request's span,
//!   the job runner puts `router = "worker"` on the job's; other events go to the file of the process's own name,
//!   `service`, `worker` or `cli`. The names must be constants of the code: each has a file and a thread.
//! - A full queue drops lines and counts them ([`LogGuard::lost_lines`]): a slow log disk must not stop a request.
//! - Commands that only pass by (`textmill convert …`) write no files unless asked to: they leave no state directory
//!   behind. That is the caller's choice: [`LogOptions::files`] is `None` for them.

mod files;
mod layer;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

use crate::core::failure::{Code, Fails};
use crate::core::telemetry::machine::host_name;
use files::Routes;
use layer::RouterLayer;

/// Crates whose everyday talk is noise at our levels; a directive of the operator's for the same target wins.
const QUIET: &str = "h2=warn,hyper=warn,hyper_util=warn,reqwest=warn,rustls=warn,sqlx=warn,tower=warn";

/// The name of the span field that says to which file an event goes.
pub const ROUTER_FIELD: &str = "router";

/// The router of jobs.
pub const WORKER_ROUTER: &str = "worker";

/// What is logged where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// Files, if any.
    pub files: Option<FileOptions>,
    /// Lines for people on stderr, if any.
    pub stderr: Option<StderrOptions>,
}

/// How log files are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOptions {
    /// Their folder; made at the first line.
    pub dir: PathBuf,
    /// The router of events without one: `service`, `worker` or `cli`.
    pub process: &'static str,
    /// Tells this process from others that write to the same folder, on other machines too; see [`writer_name`].
    pub writer: String,
    /// Directives, see [`check_directives`].
    pub directives: String,
    /// Size at which a file is closed and the next one begun, in bytes; a single longer line still gets through.
    pub max_file_bytes: u64,
    /// Files kept of each router and process that writes, the open one among them; at least 1.
    pub max_files: usize,
}

/// Machine and number of this process.
pub fn writer_name() -> String {
    format!("{}-{}", host_name(), std::process::id())
}

/// How lines for people look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StderrOptions {
    /// Directives, see [`check_directives`].
    pub directives: String,
    /// With colour.
    pub colour: bool,
}

/// Logging can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The directives are not of their form.
    #[error("log directives: {0}")]
    Directives(#[from] DirectivesError),
    /// Somebody was faster.
    #[error("logging is set up already")]
    AlreadySetUp,
}

impl Fails for LoggingError {
    fn code(&self) -> Code {
        match self {
            Self::Directives(_) => Code::InvalidParameter,
            Self::AlreadySetUp => Code::Internal,
        }
    }
}

/// A text is not log directives.
#[derive(Debug, thiserror::Error)]
pub enum DirectivesError {
    /// A word alone that is no level: most likely a slip, and else a target that should have its level.
    #[error("`{0}` is not a level; write `{0}=level` if it is a target")]
    NoLevel(String),
    /// Not of the form.
    #[error(transparent)]
    Form(#[from] ParseError),
}

/// Whether a text is log directives: a level (`info`) and `target=level` pairs with `,` between.
///
/// # Errors
/// Says what is wrong.
pub fn check_directives(text: &str) -> Result<(), DirectivesError> {
    filter(text).map(|_filter| ())
}

/// Keeps the log files open; what is still queued is written when it is dropped.
#[must_use = "lines in the queue are lost unless this lives as long as the process"]
#[derive(Debug)]
pub struct LogGuard {
    routes: Option<Arc<Routes>>,
}

impl LogGuard {
    /// Lines that never reached a file, because the queue was full or the disk refused them.
    pub fn lost_lines(&self) -> u64 {
        self.routes.as_ref().map_or(0, |routes| routes.lost_lines())
    }

    /// Reads [`LogGuard::lost_lines`] from elsewhere, for a metric.
    pub fn lost_lines_reader(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let routes = self.routes.clone();
        move || routes.as_ref().map_or(0, |routes| routes.lost_lines())
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        let Some(routes) = &self.routes else { return };
        routes.close();
        let lost = routes.lost_lines();
        if lost > 0 {
            // The log itself is closed: stderr is the last place to say it, and if that fails nobody listens.
            let _ =
                writeln!(std::io::stderr(), "warning: {lost} log lines were lost: queue full, or disk refused them");
        }
    }
}

/// Sets up logging for the whole process, once.
///
/// # Errors
/// When the directives are at fault or logging is set up already.
pub fn init(options: &LogOptions) -> Result<LogGuard, LoggingError> {
    let (subscriber, guard) = subscriber(options)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_taken| LoggingError::AlreadySetUp)?;
    Ok(guard)
}

/// The subscriber that [`init`] makes the process's own.
fn subscriber(options: &LogOptions) -> Result<(impl Subscriber + Send + Sync + use<>, LogGuard), DirectivesError> {
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
    let mut routes = None;
    if let Some(files) = &options.files {
        let opened = Arc::new(Routes::new(files));
        layers.push(RouterLayer::new(Arc::clone(&opened)).with_filter(filter(&files.directives)?).boxed());
        routes = Some(opened);
    }
    if let Some(stderr) = &options.stderr {
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(stderr.colour);
        layers.push(lines.with_filter(filter(&stderr.directives)?).boxed());
    }
    Ok((tracing_subscriber::registry().with(layers), LogGuard { routes }))
}

fn filter(directives: &str) -> Result<EnvFilter, DirectivesError> {
    // With a span's fields in it a `,` does not part directives; such a text is for the parser alone.
    if !directives.contains('[') {
        let alone = directives.split(',').map(str::trim).filter(|word| !word.is_empty() && !word.contains('='));
        for word in alone {
            if word.parse::<tracing_subscriber::filter::LevelFilter>().is_err() {
                return Err(DirectivesError::NoLevel(word.to_owned()));
            }
        }
    }
    Ok(EnvFilter::builder().parse(format!("{QUIET},{directives}"))?)
}
