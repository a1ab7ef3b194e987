//! Wake-ups between the processes that share a `PostgreSQL` database.
//!
//! For: telling others what was changed here, and hearing of them. Not for: data, or anything that must arrive. The one
//! decision: wake-ups are sent by statements of their own, several at a time, and never in a job's transaction: the
//! server lets only one transaction that notifies commit at a time, and jobs must not queue for that.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep, timeout_at};

use crate::core::ids::JobId;
use crate::core::jobs::events::{JobEvents, Wakeup};

const CHANNEL: &str = "textmill_jobs";
/// How long wake-ups are gathered, and how many at most.
const GATHER: Duration = Duration::from_millis(10);
const GATHER_MOST: usize = 500;
/// How long to wait before the server is asked to listen again.
const AGAIN: Duration = Duration::from_secs(5);
/// $1 lines of wake-ups. A payload may have 8,000 bytes: each line is one of its own.
const TELL: &str = "SELECT pg_notify('textmill_jobs', line) FROM unnest(string_to_array($1, chr(10))) AS lines(line)";

/// Tells and listens until it is dropped. Never fails: what it can't do now, the polls of others make up for.
pub(super) async fn run(pool: PgPool, events: JobEvents) {
    // Names this process in its own wake-ups, which come back to it too.
    let sender = JobId::new().to_string();
    let local = events.subscribe();
    tokio::join!(tell(&pool, &sender, local), listen(&pool, &sender, &events));
}

async fn tell(pool: &PgPool, sender: &str, mut local: Receiver<Wakeup>) {
    let mut is_well = true;
    while let Some(gathered) = gather(&mut local).await {
        if gathered.is_empty() {
            continue;
        }
        let lines: Vec<String> = gathered.iter().map(|(id, is_work)| to_line(sender, id.as_ref(), *is_work)).collect();
        let told = sqlx::query(TELL).bind(lines.join("\n")).execute(pool).await;
        match told {
            Ok(_) => is_well = true,
            Err(error) if is_well => {
                is_well = false;
                tracing::warn!(%error, "other processes can't be told of changes now; they find them when they look");
            }
            Err(_) => {}
        }
    }
}

/// What happened here within a short time, each job once; `None`: nothing will happen any more.
async fn gather(local: &mut Receiver<Wakeup>) -> Option<HashMap<Option<JobId>, bool>> {
    let mut gathered = HashMap::new();
    let first = local.recv().await;
    note(first, &mut gathered)?;
    let end = Instant::now() + GATHER;
    while gathered.len() < GATHER_MOST
        && let Ok(next) = timeout_at(end, local.recv()).await
    {
        note(next, &mut gathered)?;
    }
    Some(gathered)
}

fn note(heard: Result<Wakeup, RecvError>, gathered: &mut HashMap<Option<JobId>, bool>) -> Option<()> {
    match heard {
        Ok(wakeup) if wakeup.is_remote => {}
        Ok(wakeup) => *gathered.entry(wakeup.job_id).or_default() |= wakeup.is_work,
        Err(RecvError::Lagged(_)) => *gathered.entry(None).or_default() = true,
        Err(RecvError::Closed) => return None,
    }
    Some(())
}

async fn listen(pool: &PgPool, sender: &str, events: &JobEvents) {
    let mut is_well = true;
    loop {
        match listen_once(pool, sender, events).await {
            Ok(()) => is_well = true,
            Err(error) if is_well => {
                is_well = false;
                tracing::warn!(%error, "changes by other processes are not heard of now, but found by looking");
            }
            Err(_) => {}
        }
        sleep(AGAIN).await;
    }
}

/// Listens until the connection breaks.
async fn listen_once(pool: &PgPool, sender: &str, events: &JobEvents) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // What was missed while nobody listened.
    events.send(Wakeup { job_id: None, is_work: true, is_remote: true });
    while let Some(notification) = listener.try_recv().await? {
        if let Some(wakeup) = of_line(sender, notification.payload()) {
            events.send(wakeup);
        }
    }
    Ok(())
}

/// Sender, whether there is work, and the job.
fn to_line(sender: &str, id: Option<&JobId>, is_work: bool) -> String {
    format!("{sender} {} {}", if is_work { "work" } else { "change" }, id.map_or("any", JobId::as_str))
}

/// `None`: it is this process's own, or nothing that textmill says.
fn of_line(sender: &str, line: &str) -> Option<Wakeup> {
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let (from, what, about) = (words.next()?, words.next()?, words.next()?);
    let is_work = match what {
        "work" => true,
        "change" => false,
        _ => return None,
    };
    let job_id = if about == "any" { None } else { Some(about.parse().ok()?) };
    (from != sender).then_some(Wakeup { job_id, is_work, is_remote: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_is_understood_by_others_and_passed_over_by_who_sent_it() {
        let id = JobId::new();
        for (job_id, is_work) in [(Some(id.clone()), true), (Some(id), false), (None, true)] {
            let line = to_line("me", job_id.as_ref(), is_work);
            assert_eq!(of_line("you", &line), Some(Wakeup { job_id, is_work, is_remote: true }));
            assert_eq!(of_line("me", &line), None);
        }
        for strange in ["", "you", "you work", "you rest any", "you work job_x"] {
            assert_eq!(of_line("me", strange), None, "{strange}");
        }
    }
}
