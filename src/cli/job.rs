//! `textmill job`: the queue of this state directory.

use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use futures::StreamExt;

use super::context::{Context, Process};
use super::exit::{CommandError, CommandResult, ExitStatus};
use super::runtime::block_on;
use super::table::Table;
use crate::app;
use crate::config::Config;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::ids::JobId;
use crate::core::jobs::{CancelAnswer, Enqueued, Job, JobFilter, JobQueue, Status, Submission, Worker};
use crate::core::progress::Progress;
use crate::routers::{JobView, WorkerView};

/// Look at the job queue of this state directory, and steer it
///
/// Example: textmill job list --status failed
#[derive(Debug, Args)]
pub(super) struct JobArgs {
    #[command(subcommand)]
    command: JobCommand,
}

#[derive(Debug, Subcommand)]
enum JobCommand {
    /// List jobs, newest first
    List {
        /// Only jobs that stand so: queued, running, succeeded, failed, cancelled
        #[arg(long, value_name = "STATUS", value_parser = status)]
        status: Option<Status>,
        /// Only jobs of this kind, e.g. `conversion`
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
        /// The parts of this job; without it, jobs that were asked for
        #[arg(long, value_name = "ID")]
        parent: Option<JobId>,
        /// Most jobs to list, 1 to 200
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200), value_name = "N")]
        limit: u32,
    },
    /// Show one job
    Show(OneJob),
    /// Follow one job to its end; exits with 1 if it does not succeed
    Watch(OneJob),
    /// Ask a job to stop at its next safe point
    Cancel(OneJob),
    /// Queue a new job with the same options as an ended one
    Retry {
        #[command(flatten)]
        one: OneJob,
        /// Higher first, -100 to 100 [default: that of the ended job]
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(-100..=100))]
        priority: Option<i32>,
    },
    /// List the processes that run jobs, and what they run
    Workers,
}

#[derive(Debug, Args)]
struct OneJob {
    /// Its id, `job_…`
    #[arg(value_name = "ID")]
    id: JobId,
}

fn status(word: &str) -> Result<Status, String> {
    serde_json::from_value(word.into())
        .map_err(|_not_one| "it is one of queued, running, succeeded, failed, cancelled".to_owned())
}

pub(super) fn run(args: &JobArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    block_on(async {
        let queue = open(&loaded.config).await?;
        match &args.command {
            JobCommand::List { status, kind, parent, limit } => {
                let parent = parent.clone();
                let filter =
                    JobFilter { kind: kind.clone(), status: *status, created_after: None, parent, dataset: None };
                list(&queue, &filter, *limit, context).await
            }
            JobCommand::Show(one) => show(&find(&queue, &one.id).await?, context),
            JobCommand::Watch(one) => watch(&queue, &one.id, context).await,
            JobCommand::Cancel(one) => cancel(&queue, &one.id, context).await,
            JobCommand::Retry { one, priority } => retry(&queue, &one.id, *priority, context).await,
            JobCommand::Workers => workers(&queue, context).await,
        }
    })
}

/// A look at a queue must not make one.
async fn open(config: &Config) -> Result<JobQueue, CommandError> {
    if config.database_url.is_none() && !app::database_path(config).is_file() {
        let detail = format!("there is no job database in `{}`", config.state_dir.display());
        let failure = Failure::new(Code::NotFound, detail)
            .with_hint("`textmill serve` makes one; name another folder with --state-dir");
        return Err(CommandError::Failed(failure));
    }
    Ok(app::open_queue(config).await?)
}

async fn find(queue: &JobQueue, id: &JobId) -> Result<Job, CommandError> {
    queue.get(id).await?.ok_or_else(|| missing(id).into())
}

fn missing(id: &JobId) -> Failure {
    Failure::new(Code::NotFound, format!("there is no job `{id}`")).with_hint("`textmill job list` lists them")
}

async fn list(queue: &JobQueue, filter: &JobFilter, limit: u32, context: &Context) -> CommandResult {
    let page = queue.list(filter, None, limit).await?;
    let views: Vec<JobView> = page.items.iter().cloned().map(JobView::in_list).collect();
    context.printer.outcome(&views, |_| {
        let place = if filter.parent.is_some() { "PART" } else { "PRIORITY" };
        let mut table = Table::new(["ID", "KIND", "STATUS", place, "PROGRESS", "REJECTED", "CREATED"]);
        for job in &page.items {
            table.row([
                job.id.to_string(),
                job.kind.clone(),
                job.status.as_str().to_owned(),
                job.part.map_or_else(|| job.priority.to_string(), |part| part.to_string()),
                percent(&job.progress),
                job.rejected_count.to_string(),
                job.created_at.format("%F %TZ").to_string(),
            ]);
        }
        table.to_string()
    })?;
    Ok(ExitStatus::Done)
}

fn percent(progress: &Progress) -> String {
    match progress.total {
        Some(total) if total > 0 => format!("{} %", progress.done.saturating_mul(100) / total),
        _ => "–".to_owned(),
    }
}

fn show(job: &Job, context: &Context) -> CommandResult {
    context.printer.outcome(&JobView::from(job.clone()), |_| in_words(job))?;
    Ok(ExitStatus::Done)
}

fn in_words(job: &Job) -> String {
    let time = |time: Option<DateTime<Utc>>| time.map_or("–".to_owned(), |time| time.format("%F %TZ").to_string());
    let mut lines = vec![
        format!("{}  {}  {}", job.id, job.kind, job.status.as_str()),
        format!("progress   {} {}", percent(&job.progress), job.progress.message.as_deref().unwrap_or_default()),
        format!("attempt    {} of {}, priority {}", job.attempt, job.max_attempts, job.priority),
        format!("created    {} by {}", time(Some(job.created_at)), job.created_by),
        format!("started    {}", time(job.started_at)),
        format!("ended      {}", time(job.finished_at)),
    ];
    if let (Some(whole), Some(part)) = (&job.parent_id, job.part) {
        lines.push(format!("part       {part} of {whole}"));
    }
    if job.is_divided {
        lines.push(format!("parts      textmill job list --parent {}", job.id));
    }
    lines.extend(job.worker.iter().map(|worker| format!("worker     {worker}")));
    if let Some(error) = &job.error {
        lines.push(format!("error      {error}"));
        lines.extend(error.hint.iter().map(|hint| format!("hint       {hint}")));
    }
    if let Some(summary) = job.result.as_ref().and_then(|result| result.get("summary")) {
        lines.push(format!("summary    {summary}"));
    }
    lines.push(format!("options    {}", job.options));
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

async fn watch(queue: &JobQueue, id: &JobId, context: &Context) -> CommandResult {
    find(queue, id).await?;
    let progress = context.printer.progress_sink();
    let mut last = None;
    {
        let mut jobs = std::pin::pin!(queue.watch(id.clone(), None));
        while let Some(job) = jobs.next().await {
            let job = job?;
            progress.report(&job.progress);
            last = Some(job);
        }
    }
    drop(progress);
    let job = last.ok_or_else(|| missing(id))?;
    let succeeded = job.status == Status::Succeeded;
    show(&job, context)?;
    Ok(if succeeded { ExitStatus::Done } else { ExitStatus::No })
}

async fn workers(queue: &JobQueue, context: &Context) -> CommandResult {
    let workers = queue.workers().await?;
    let views: Vec<WorkerView> = workers.iter().cloned().map(WorkerView::from).collect();
    context.printer.outcome(&views, |_| {
        let mut table = Table::new(["NAME", "STATE", "RUNS", "KINDS", "VERSION", "SEEN", "JOBS"]);
        for worker in &workers {
            table.row(row_of(worker));
        }
        table.to_string()
    })?;
    Ok(ExitStatus::Done)
}

fn row_of(worker: &Worker) -> [String; 7] {
    let description = &worker.description;
    let jobs: Vec<String> = worker.running.iter().map(|job| job.id.to_string()).collect();
    [
        description.name.clone(),
        if worker.is_alive { "alive" } else { "silent" }.to_owned(),
        format!("{} of {}", worker.running.len(), description.concurrency),
        description.kinds.join(" "),
        description.version.clone(),
        worker.seen_at.format("%F %TZ").to_string(),
        jobs.join(" "),
    ]
}

/// How long `cancel` waits to show what came of it.
const CANCEL_WAIT: Duration = Duration::from_secs(5);

async fn cancel(queue: &JobQueue, id: &JobId, context: &Context) -> CommandResult {
    match queue.cancel(id).await? {
        CancelAnswer::Accepted(job) => {
            let job = queue.wait(id, CANCEL_WAIT).await?.unwrap_or(job);
            show(&job, context)
        }
        CancelAnswer::AlreadyFinished(job) => {
            let detail = format!("job `{id}` has ended already: {}", job.status.as_str());
            Err(CommandError::Failed(Failure::new(Code::JobAlreadyFinished, detail)))
        }
        CancelAnswer::NotFound => Err(missing(id).into()),
    }
}

async fn retry(queue: &JobQueue, id: &JobId, priority: Option<i32>, context: &Context) -> CommandResult {
    let job = find(queue, id).await?;
    if !job.status.is_final() {
        let detail = format!("job `{id}` is {}", job.status.as_str());
        let failure = Failure::new(Code::JobNotFinished, detail).with_hint("cancel it first, or wait for its end");
        return Err(CommandError::Failed(failure));
    }
    if let Some(whole) = &job.parent_id {
        let failure = Failure::new(Code::InvalidParameter, format!("job `{id}` is a part of `{whole}`"))
            .with_hint("do the whole job again: what is there and unchanged is not made again");
        return Err(CommandError::Failed(failure));
    }
    let again = Submission {
        kind: &job.kind,
        options: job.options,
        created_by: "command-line",
        priority: priority.unwrap_or(job.priority),
        idempotency: None,
    };
    match queue.submit(again).await? {
        Enqueued::Created(job) | Enqueued::Replayed(job) => {
            context.printer.note("queued; a running service or worker takes it")?;
            show(&job, context)
        }
        Enqueued::QueueFull { limit } => {
            let failure = Failure::new(Code::QueueFull, format!("{limit} jobs wait already"))
                .with_hint("wait, or raise jobs.max_queued");
            Err(CommandError::Failed(failure))
        }
        Enqueued::KeyReused => {
            Err(Failure::new(Code::Internal, "a key was compared where none was given").to_failure().into())
        }
    }
}
