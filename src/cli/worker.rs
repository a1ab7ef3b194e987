//! `textmill worker`: jobs of a queue that others fill, until a signal ends it.
//!
//! For: as many processes as there is work, on this machine or on others. Not for: requests; it opens no port.

use clap::Args;

use super::context::{Context, Process};
use super::exit::{CommandError, CommandResult};
use super::runtime::block_on;
use super::stopping::stop;
use crate::app::{self, App};
use crate::config::Config;
use crate::core::failure::{Code, Failure};
use crate::core::nearest::nearest;
use crate::core::shutdown::{Shutdown, Signals};
use crate::core::telemetry::build_info::BUILD;
use crate::core::telemetry::embedding::EmbeddingMetrics;

/// Run jobs that services have queued, without serving anything
///
/// Example: textmill worker --concurrency 4
///
/// It shares state directory, database and data roots with the service. With a SQLite database that is the same
/// machine; with `TEXTMILL_DATABASE_URL` any machine that sees the same folders. Ctrl-C or SIGTERM brings its jobs to a
/// safe point and gives them back.
#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// Run only jobs of this kind, e.g. `conversion`; may be given again [default: every kind]
    #[arg(long = "queue", value_name = "KIND")]
    queues: Vec<String>,
    /// Jobs that run at once, 1 or more [default: jobs.workers]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: Option<u32>,
}

pub(super) fn run(args: &WorkerArgs, context: &Context) -> CommandResult {
    let kinds = known(&args.queues)?;
    let mut context = context.clone();
    if let Some(concurrency) = args.concurrency {
        context.overrides.set("jobs.workers", "--concurrency", concurrency);
    }
    let (loaded, _logs) = context.open(Process::Worker)?;
    if loaded.config.jobs.workers == 0 {
        let failure = Failure::new(Code::InvalidParameter, "`jobs.workers` is 0: this worker would run nothing")
            .with_hint("name a number of jobs with --concurrency");
        return Err(CommandError::Failed(failure));
    }
    block_on(work(loaded.config, &kinds, &context))
}

/// The kinds that were asked for, else all.
fn known(queues: &[String]) -> Result<Vec<&'static str>, Failure> {
    if queues.is_empty() {
        return Ok(app::KINDS.to_vec());
    }
    let find = |queue: &String| app::KINDS.iter().copied().find(|kind| kind == queue).ok_or_else(|| unknown(queue));
    queues.iter().map(find).collect()
}

fn unknown(queue: &str) -> Failure {
    let all = app::KINDS.map(|kind| format!("`{kind}`")).join(", ");
    let hint = match nearest(queue, app::KINDS.iter().copied()) {
        Some(kind) => format!("did you mean `{kind}`? kinds of jobs: {all}"),
        None => format!("kinds of jobs: {all}"),
    };
    Failure::new(Code::InvalidParameter, format!("there is no queue `{queue}`")).with_hint(hint)
}

async fn work(config: Config, kinds: &[&str], context: &Context) -> CommandResult {
    let mut signals = Signals::listen()?;
    let app = App::open(config).await?;
    let shutdown = Shutdown::new();
    app.start_relay(&shutdown);
    let concurrency = app.config().jobs.workers;
    // Nobody asks a worker for its metrics.
    let embeddings = app.start_embeddings(EmbeddingMetrics::default(), &shutdown)?;
    let Some(mut workers) = app.start_workers(kinds, &embeddings, &shutdown) else {
        return Err(Failure::new(Code::Internal, "no worker was started").into());
    };
    let database = app::database_name(app.config());
    let what = kinds.join(", ");
    context.printer.note(format!(
        "textmill {} works on {what} from {database}, {concurrency} at once (stop: Ctrl-C)",
        BUILD.version
    ))?;
    tracing::info!(kinds = what, concurrency, database, "working");
    tokio::select! {
        signal = signals.next() => {
            let timeout = app.config().server.shutdown_timeout;
            Ok(stop(signal, &mut signals, &shutdown, timeout, context).await)
        }
        // A worker that has broken down must not look alive to whoever supervises it.
        _ = &mut workers => Err(Failure::new(Code::Internal, "the worker ended unasked").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_is_none_is_told_with_those_that_are() {
        assert_eq!(known(&[]).unwrap(), app::KINDS);
        assert_eq!(known(&["conversion".to_owned()]).unwrap(), ["conversion"]);
        let failure = known(&["conversions".to_owned()]).unwrap_err();
        assert_eq!(failure.detail, "there is no queue `conversions`");
        assert_eq!(
            failure.hint.unwrap(),
            "did you mean `conversion`? kinds of jobs: `conversion`, `model_download`, `knowledge_base`, `annotation`, `classification_dataset`, `language_model`, `drift_check`"
        );
    }
}
