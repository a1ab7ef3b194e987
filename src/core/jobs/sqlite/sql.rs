//! The statements of the `SQLite` store.
//!
//! For: reading them in one place, and asking `SQLite` how it would run them. Not for: binding or decoding. The one
//! decision: what must be atomic is one statement with its conditions inside, so that a second process can't come
//! between a look and a write.

use sqlx::{QueryBuilder, Sqlite};

use crate::core::ids::JobId;
use crate::core::jobs::model::JobFilter;

/// The database's clock in milliseconds; the same value all through one statement.
macro_rules! now {
    () => {
        "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)"
    };
}

/// Ends every statement that needs the lease: job in `?1`, token in `?2`.
macro_rules! while_leased {
    () => {
        " WHERE id = ?1 AND lease_token = ?2 AND status = 'running'"
    };
}

/// ?1 principal, ?2 key, ?3 how long a key is good for; `is_current` tells whether it still is.
pub(super) const FIND_KEY: &str = concat!(
    "SELECT *, created_at > ",
    now!(),
    " - ?3 AS is_current FROM jobs WHERE idempotency_principal = ?1 AND idempotency_key = ?2"
);

/// ?1 job. No new version: no reader sees these columns.
pub(super) const FREE_KEY: &str = "UPDATE jobs SET idempotency_principal = NULL, idempotency_key = NULL,
     idempotency_fingerprint = NULL WHERE id = ?1";

pub(super) const COUNT_WAITING: &str = "SELECT count(*) FROM jobs WHERE status = 'queued'";

/// ?1 id, ?2 kind, ?3 options, ?4 creator, ?5 priority, ?6 attempts, ?7 principal, ?8 key, ?9 fingerprint.
pub(super) const INSERT: &str = concat!(
    "INSERT INTO jobs (id, kind, status, options, created_by, priority, max_attempts, idempotency_principal,
         idempotency_key, idempotency_fingerprint, created_at, run_at)
     VALUES (?1, ?2, 'queued', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ",
    now!(),
    ", ",
    now!(),
    ") RETURNING *"
);

pub(super) const GET: &str = "SELECT * FROM jobs WHERE id = ?1";

/// ?1 owner, ?2 fresh token, ?3 length of the lease, ?4 kinds as a JSON list, ?5 retention, ?6 hint of the failure.
///
/// Takes one job: the next one that waits, or one whose worker died; the latter may have to end instead.
pub(super) const CLAIM: &str = concat!(
    "UPDATE jobs SET
         status = next.status,
         attempt = attempt + (next.status = 'running'),
         lease_owner = CASE next.status WHEN 'running' THEN ?1 END,
         lease_token = CASE next.status WHEN 'running' THEN ?2 END,
         lease_expires_at = CASE next.status WHEN 'running' THEN ",
    now!(),
    " + ?3 END,
         started_at = CASE next.status WHEN 'running' THEN ",
    now!(),
    " ELSE started_at END,
         progress_done = CASE next.status WHEN 'running' THEN 0 ELSE progress_done END,
         progress_total = CASE next.status WHEN 'running' THEN NULL ELSE progress_total END,
         progress_message = CASE next.status WHEN 'running' THEN NULL ELSE progress_message END,
         finished_at = CASE next.status WHEN 'running' THEN NULL ELSE ",
    now!(),
    " END,
         expires_at = CASE next.status WHEN 'running' THEN NULL ELSE ",
    now!(),
    " + ?5 END,
         error = CASE next.status WHEN 'running' THEN error WHEN 'failed' THEN json_object(
             'code', 'internal',
             'detail', 'the worker died while running this job (attempt ' || attempt || ' of ' || max_attempts || ')',
             'hint', ?6) END,
         version = version + 1
     FROM (
         SELECT id AS next_id, status FROM (
             SELECT * FROM (
                 SELECT id, priority, run_at, 'running' AS status FROM jobs
                 WHERE jobs.status = 'queued' AND run_at <= ",
    now!(),
    "                AND kind IN (SELECT value FROM json_each(?4))
                 ORDER BY priority DESC, run_at, id LIMIT 1)
             UNION ALL
             SELECT * FROM (
                 SELECT id, priority, run_at,
                     CASE WHEN cancel_requested THEN 'cancelled' WHEN attempt >= max_attempts THEN 'failed'
                          ELSE 'running' END AS status FROM jobs
                 WHERE jobs.status = 'running' AND lease_expires_at <= ",
    now!(),
    "                AND kind IN (SELECT value FROM json_each(?4))
                 ORDER BY priority DESC, run_at, id LIMIT 1)
         ) ORDER BY priority DESC, run_at, id LIMIT 1
     ) AS next
     WHERE id = next_id
     RETURNING *"
);

/// ?3 length of the lease. No new version: no reader sees a lease.
pub(super) const HEARTBEAT: &str =
    concat!("UPDATE jobs SET lease_expires_at = ", now!(), " + ?3", while_leased!(), " RETURNING cancel_requested");

/// ?3 done, ?4 total, ?5 unit, ?6 message.
pub(super) const PROGRESS: &str = concat!(
    "UPDATE jobs SET progress_done = ?3, progress_total = ?4, progress_unit = ?5, progress_message = ?6,
         version = version + 1",
    while_leased!()
);

/// ?3 retention, ?4 result, ?5 rejected, ?6 artifacts.
pub(super) const SUCCEED: &str = concat!(
    "UPDATE jobs SET status = 'succeeded', result = ?4, rejected_count = ?5, artifacts = ?6, error = NULL,
         lease_owner = NULL, lease_token = NULL, lease_expires_at = NULL, version = version + 1, finished_at = ",
    now!(),
    ", expires_at = ",
    now!(),
    " + ?3",
    while_leased!()
);

/// What a job becomes that would like to be queued again: ?4 back-off, null when it must not be.
macro_rules! after_failure {
    () => {
        "CASE WHEN ?4 IS NULL OR (attempt >= max_attempts AND NOT cancel_requested) THEN 'failed'
              WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END"
    };
}

/// ?3 retention, ?4 back-off or null, ?5 failure. Never queues a job again that has no attempt left or whose cancel
/// was asked for.
pub(super) const FAIL: &str = concat!(
    "UPDATE jobs SET status = ",
    after_failure!(),
    ", error = CASE ",
    after_failure!(),
    " WHEN 'cancelled' THEN NULL ELSE ?5 END,
         run_at = CASE ",
    after_failure!(),
    " WHEN 'queued' THEN ",
    now!(),
    " + ?4 ELSE run_at END,
         finished_at = CASE ",
    after_failure!(),
    " WHEN 'queued' THEN NULL ELSE ",
    now!(),
    " END,
         expires_at = CASE ",
    after_failure!(),
    " WHEN 'queued' THEN NULL ELSE ",
    now!(),
    " + ?3 END,
         lease_owner = NULL, lease_token = NULL, lease_expires_at = NULL, version = version + 1",
    while_leased!()
);

/// ?3 retention.
pub(super) const FINISH_CANCELLED: &str = concat!(
    "UPDATE jobs SET status = 'cancelled', error = NULL, lease_owner = NULL, lease_token = NULL,
         lease_expires_at = NULL, version = version + 1, finished_at = ",
    now!(),
    ", expires_at = ",
    now!(),
    " + ?3",
    while_leased!()
);

/// ?3 retention. A job whose cancel was asked for is not queued again.
pub(super) const RELEASE: &str = concat!(
    "UPDATE jobs SET status = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END,
         run_at = max(run_at, ",
    now!(),
    " + ?4),
         attempt = attempt - 1, started_at = CASE WHEN cancel_requested THEN started_at END,
         finished_at = CASE WHEN cancel_requested THEN ",
    now!(),
    " END, expires_at = CASE WHEN cancel_requested THEN ",
    now!(),
    " + ?3 END,
         lease_owner = NULL, lease_token = NULL, lease_expires_at = NULL, version = version + 1",
    while_leased!()
);

/// ?1 job, ?2 retention. A second request changes nothing and answers the same.
pub(super) const REQUEST_CANCEL: &str = concat!(
    "UPDATE jobs SET cancel_requested = 1, version = version + (1 - cancel_requested),
         error = CASE status WHEN 'queued' THEN NULL ELSE error END,
         finished_at = CASE status WHEN 'queued' THEN ",
    now!(),
    " END, expires_at = CASE status WHEN 'queued' THEN ",
    now!(),
    " + ?2 END,
         status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END
     WHERE id = ?1 AND status IN ('queued', 'running') RETURNING *"
);

pub(super) const DELETE: &str = "DELETE FROM jobs WHERE id = ?1 AND status IN ('succeeded', 'failed', 'cancelled')";

/// ?1 limit.
pub(super) const EXPIRED: &str =
    concat!("SELECT id FROM jobs WHERE expires_at <= ", now!(), " ORDER BY expires_at LIMIT ?1");

pub(super) const COUNTS: &str = "SELECT status, count(*) AS jobs FROM jobs GROUP BY status";

/// ?1 needle.
pub(super) const IS_REFERENCED: &str = "SELECT EXISTS (
     SELECT 1 FROM jobs WHERE status IN ('queued', 'running') AND instr(options, ?1) > 0)";

/// Later than every id: ids are `job_` and hexadecimal digits.
const AFTER_ALL: &str = "job_g";

/// Jobs, newest first, one more than `limit` to tell whether older ones follow.
pub(super) fn list(filter: &JobFilter, before: Option<&JobId>, limit: u32) -> QueryBuilder<Sqlite> {
    // A result can be megabytes, and a list has many: only its summary is read, and no artifacts.
    let mut query = QueryBuilder::new(
        "SELECT id, kind, status, options, progress_done, progress_total, progress_unit, progress_message,
             CASE WHEN result IS NOT NULL THEN json_object('summary', json_extract(result, '$.summary')) END AS result,
             rejected_count, error, '[]' AS artifacts, attempt, max_attempts, priority, cancel_requested, created_by,
             created_at, run_at, started_at, finished_at, expires_at, version
         FROM jobs WHERE id < ",
    );
    query.push_bind(before.map_or(AFTER_ALL, JobId::as_str).to_owned());
    if let Some(kind) = &filter.kind {
        query.push(" AND kind = ").push_bind(kind.clone());
    }
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status.as_str());
    }
    if let Some(time) = filter.created_after {
        query.push(" AND created_at >= ").push_bind(time.timestamp_millis());
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::from(limit) + 1);
    query
}
