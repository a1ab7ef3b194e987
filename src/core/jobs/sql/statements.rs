//! The statements of the job store.
//!
//! For: reading them in one place, and asking a database how it would run them. Not for: binding or decoding. The one
//! decision: what must be atomic is one statement with its conditions inside, so that another process can't come
//! between a look and a write.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use super::database::Arg;
use super::dialect::{Dialect, POSTGRES, SQLITE};
use crate::core::ids::JobId;
use crate::core::jobs::model::JobFilter;

/// All fixed statements in the words of one database; what their parameters are stands at their texts.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) dialect: &'static Dialect,
    pub(super) find_key: String,
    pub(super) free_key: String,
    pub(super) count_waiting: String,
    pub(super) insert: String,
    pub(super) get: String,
    pub(super) heartbeat: String,
    pub(super) hold: String,
    pub(super) insert_part: String,
    pub(super) set_aside: String,
    pub(super) parts: String,
    pub(super) progress: String,
    pub(super) add_up: String,
    pub(super) succeed: String,
    pub(super) fail: String,
    pub(super) finish_cancelled: String,
    pub(super) release: String,
    pub(super) root: String,
    pub(super) cancel_family: String,
    pub(super) cancel_parts: String,
    pub(super) delete: String,
    pub(super) delete_parts: String,
    pub(super) expired: String,
    pub(super) counts: String,
    pub(super) depths: String,
    pub(super) is_referenced: String,
    pub(super) see_worker: String,
    pub(super) forget_worker: String,
    pub(super) forget_silent: String,
    pub(super) workers: String,
    pub(super) leases: String,
    pub(super) mend_queued: String,
    pub(super) mend_running: String,
    pub(super) mend_workers: String,
    pub(super) ping: String,
}

pub(super) static OF_SQLITE: LazyLock<Statements> = LazyLock::new(|| Statements::new(&SQLITE));
pub(super) static OF_POSTGRES: LazyLock<Statements> = LazyLock::new(|| Statements::new(&POSTGRES));

impl Statements {
    fn new(dialect: &'static Dialect) -> Self {
        let say = |statement| dialect.say(statement);
        Self {
            dialect,
            find_key: say(FIND_KEY),
            free_key: say(FREE_KEY),
            count_waiting: say(COUNT_WAITING),
            insert: say(INSERT),
            get: say("SELECT * FROM {jobs} WHERE id = $1"),
            heartbeat: say(HEARTBEAT),
            hold: say("SELECT cancel_requested FROM {jobs} {while_leased} {for_update}"),
            insert_part: say(INSERT_PART),
            set_aside: say(SET_ASIDE),
            parts: say("SELECT * FROM {jobs} WHERE parent_id = $1 ORDER BY part"),
            progress: say(PROGRESS),
            add_up: say(ADD_UP),
            succeed: say(SUCCEED),
            fail: fail(dialect),
            finish_cancelled: say(FINISH_CANCELLED),
            release: say(RELEASE),
            root: say(ROOT),
            cancel_family: say(&[CANCEL, "WHERE (id = $1 OR parent_id = $1)", OPEN].concat()),
            cancel_parts: say(&[CANCEL, "WHERE parent_id = $1", OPEN].concat()),
            delete: say(DELETE),
            delete_parts: say("DELETE FROM {jobs} WHERE parent_id = $1 RETURNING id"),
            expired: say(EXPIRED),
            counts: say("SELECT status, count(*) AS jobs FROM {jobs} WHERE parent_id IS NULL GROUP BY status"),
            depths: say(DEPTHS),
            is_referenced: say(IS_REFERENCED),
            see_worker: say(SEE_WORKER),
            forget_worker: say("DELETE FROM {workers} WHERE name = $1"),
            forget_silent: say("DELETE FROM {workers} WHERE seen_at < {now} - $1"),
            workers: say("SELECT *, seen_at + silence > {now} AS is_alive FROM {workers} ORDER BY name"),
            leases: say(LEASES),
            mend_queued: say(MEND_QUEUED),
            mend_running: say(MEND_RUNNING),
            mend_workers: say("UPDATE {workers} SET seen_at = {now} WHERE seen_at > {now} + 1000"),
            ping: say("SELECT 1 AS pong FROM {jobs} LIMIT 1"),
        }
    }
}

/// $1 principal, $2 key, $3 how long a key is good for; `is_current` tells whether it still is.
const FIND_KEY: &str = "SELECT *, created_at > {now} - $3 AS is_current FROM {jobs}
     WHERE idempotency_principal = $1 AND idempotency_key = $2";

/// $1 job. No new version: no reader sees these columns.
const FREE_KEY: &str = "UPDATE {jobs} SET idempotency_principal = NULL, idempotency_key = NULL,
     idempotency_fingerprint = NULL WHERE id = $1";

/// $1 how many are enough to know. Parts are not counted: whoever took their job in said yes to them.
const COUNT_WAITING: &str = "SELECT count(*) AS jobs FROM (
     SELECT 1 AS one FROM {jobs} WHERE status = 'queued' AND parent_id IS NULL LIMIT $1) AS waiting";

/// $1 id, $2 kind, $3 options, $4 creator, $5 priority, $6 attempts, $7 principal, $8 key, $9 fingerprint. No row: another
/// one has the key.
const INSERT: &str = "INSERT INTO {jobs} (id, kind, status, options, created_by, priority, max_attempts,
         idempotency_principal, idempotency_key, idempotency_fingerprint, created_at, run_at, touched_at)
     VALUES ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, {now}, {now}, {now})
     ON CONFLICT DO NOTHING RETURNING *";

/// $1 id, $2 job, $3 number, $4 options.
const INSERT_PART: &str =
    "INSERT INTO {jobs} (id, kind, status, options, created_by, priority, max_attempts, parent_id,
         part, created_at, run_at, touched_at)
     SELECT $1, kind, 'queued', $4, created_by, priority, max_attempts, id, $3, {now}, {now}, {now}
     FROM {jobs} WHERE id = $2";

/// $1 job, $2 token, $3 total, $4 unit.
const SET_ASIDE: &str =
    "UPDATE {jobs} SET is_divided = TRUE, progress_done = 0, progress_total = $3, progress_unit = $4,
         progress_message = NULL, {lease_ends}, version = version + 1, touched_at = {now}
     {while_leased}";

/// $1 job, $2 token, $3 length of the lease. No new version: no reader sees a lease.
const HEARTBEAT: &str = "UPDATE {jobs} SET lease_expires_at = {now} + $3, touched_at = {now}
     {while_leased} RETURNING cancel_requested";

/// $1 job, $2 token, $3 done, $4 total, $5 unit, $6 message.
const PROGRESS: &str = "UPDATE {jobs} SET progress_done = $3, progress_total = $4, progress_unit = $5,
         progress_message = $6, version = version + 1, touched_at = {now}
     {while_leased} RETURNING parent_id";

/// $1 a divided job, $2 what one of its parts is at. Not while somebody puts the parts together: that has a progress of
/// its own.
const ADD_UP: &str = "UPDATE {jobs} SET progress_done = (
             SELECT CAST(coalesce(sum(part.progress_done), 0) AS BIGINT) FROM {jobs} AS part WHERE part.parent_id = $1),
         progress_message = $2, version = version + 1, touched_at = {now}
     WHERE id = $1 AND status = 'running' AND lease_token IS NULL";

/// $1 job, $2 token, $3 retention, $4 result, $5 its summary, $6 rejected, $7 artifacts, $8 data set that it is about.
const SUCCEED: &str = "UPDATE {jobs} SET status = 'succeeded', result = $4, summary = $5, rejected_count = $6,
         artifacts = $7, dataset = $8, error = NULL, finished_at = {now}, expires_at = {now} + $3, {lease_ends}, version = version + 1,
         touched_at = {now}
     {while_leased}";

/// What a job becomes that would like to be queued again: $4 back-off, null when it must not be.
const AFTER_FAILURE: &str = "CASE WHEN $4 IS NULL OR (attempt >= max_attempts AND NOT cancel_requested) THEN 'failed'
     WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END";

/// $1 job, $2 token, $3 retention, $4 back-off or null, $5 failure. Never queues a job again that has no attempt left or
/// whose cancel was asked for.
fn fail(dialect: &Dialect) -> String {
    let statement = "UPDATE {jobs} SET status = {after},
         error = CASE {after} WHEN 'cancelled' THEN NULL ELSE $5 END,
         run_at = CASE {after} WHEN 'queued' THEN {now} + $4 ELSE run_at END,
         finished_at = CASE {after} WHEN 'queued' THEN NULL ELSE {now} END,
         expires_at = CASE {after} WHEN 'queued' THEN NULL ELSE {now} + $3 END,
         {lease_ends}, version = version + 1, touched_at = {now}
     {while_leased} RETURNING status, parent_id";
    dialect.say(&statement.replace("{after}", AFTER_FAILURE))
}

/// $1 job, $2 token, $3 retention.
const FINISH_CANCELLED: &str = "UPDATE {jobs} SET status = 'cancelled', error = NULL, finished_at = {now},
         expires_at = {now} + $3, {lease_ends}, version = version + 1, touched_at = {now}
     {while_leased}";

/// $1 job, $2 token, $3 retention, $4 pause. A job whose cancel was asked for is not queued again.
const RELEASE: &str = "UPDATE {jobs} SET status = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END,
         run_at = CASE WHEN run_at > {now} + $4 THEN run_at ELSE {now} + $4 END,
         attempt = attempt - 1, started_at = CASE WHEN cancel_requested THEN started_at END,
         finished_at = CASE WHEN cancel_requested THEN {now} END,
         expires_at = CASE WHEN cancel_requested THEN {now} + $3 END,
         {lease_ends}, version = version + 1, touched_at = {now}
     {while_leased}";

/// $1 a job or one of its parts: the job, taken so that what concerns all its parts happens one after another.
const ROOT: &str = "SELECT id, status FROM {jobs} WHERE id = (SELECT coalesce(parent_id, id) FROM {jobs} WHERE id = $1)
     {for_update}";

/// $1 job, $2 retention. A second request changes nothing. Jobs that wait end here, others when they hear of it.
const CANCEL: &str = "UPDATE {jobs} SET cancel_requested = TRUE,
         version = version + CASE WHEN cancel_requested THEN 0 ELSE 1 END,
         error = CASE status WHEN 'queued' THEN NULL ELSE error END,
         finished_at = CASE status WHEN 'queued' THEN {now} END,
         expires_at = CASE status WHEN 'queued' THEN {now} + $2 END,
         status = CASE status WHEN 'queued' THEN 'cancelled' ELSE status END,
         touched_at = {now} ";
const OPEN: &str = " AND status IN ('queued', 'running') RETURNING id";

/// $1 job.
const DELETE: &str = "DELETE FROM {jobs} WHERE id = $1 AND parent_id IS NULL
     AND status IN ('succeeded', 'failed', 'cancelled') RETURNING id";

/// $1 limit.
const EXPIRED: &str = "SELECT id FROM {jobs} WHERE expires_at <= {now} AND parent_id IS NULL
     ORDER BY expires_at LIMIT $1";

const DEPTHS: &str = "SELECT kind, count(*) AS jobs, CAST({now} - min(run_at) AS BIGINT) AS oldest FROM {jobs}
     WHERE status = 'queued' AND run_at <= {now} GROUP BY kind ORDER BY kind";

/// $1 text.
const IS_REFERENCED: &str = "SELECT EXISTS (SELECT 1 FROM {jobs} WHERE status = 'queued' AND {options_hold})
         OR EXISTS (SELECT 1 FROM {jobs} WHERE status = 'running' AND lease_token IS NOT NULL AND {options_hold})
         OR EXISTS (SELECT 1 FROM {jobs} WHERE status = 'running' AND lease_token IS NULL AND {options_hold})
     AS is_referenced";

/// $1 name, $2 host, $3 process, $4 version, $5 kinds, $6 concurrency, $7 silence.
const SEE_WORKER: &str =
    "INSERT INTO {workers} (name, host, pid, build, kinds, concurrency, silence, started_at, seen_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, {now}, {now})
     ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, silence = excluded.silence";

/// Running jobs and who has them, longest first.
const LEASES: &str = "SELECT id, kind, attempt, started_at, lease_owner FROM {jobs}
     WHERE status = 'running' AND lease_token IS NOT NULL ORDER BY started_at, id";

/// What lies in the future was written before the clock was set back; everything moves by as much.
const MEND_QUEUED: &str = "UPDATE {jobs} SET run_at = run_at - (touched_at - {now}), touched_at = {now}
     WHERE status = 'queued' AND touched_at > {now} + 1000";
const MEND_RUNNING: &str = "UPDATE {jobs} SET lease_expires_at = lease_expires_at - (touched_at - {now}),
         touched_at = {now}
     WHERE status = 'running' AND lease_token IS NOT NULL AND touched_at > {now} + 1000";

/// Where the kinds of a claim begin among its parameters.
pub(super) const FIRST_KIND: usize = 7;

/// Takes one job: the next one that waits, one whose worker died, or one whose parts have all ended; the last two may have
/// to end instead.
///
/// $1 owner, $2 fresh token, $3 length of the lease, $4 retention, $5 and $6 the failure of a job that has killed its last
/// worker, as JSON before and behind the words for its attempts; then the kinds. `limits`: how many jobs of a kind may
/// run, for those kinds that have one.
pub(super) fn claim(dialect: &Dialect, limits: &[Option<u32>]) -> String {
    let kinds: Vec<String> = (FIRST_KIND..FIRST_KIND + limits.len()).map(|number| format!("${number}")).collect();
    let below = |kind: &String, limit: &Option<u32>| {
        let running =
            "SELECT count(*) FROM {jobs} AS other WHERE other.status = 'running' AND other.lease_token IS NOT NULL";
        limit.map(|limit| format!("({running} AND other.kind = {kind}) < {limit}"))
    };
    let waiting = kinds.iter().zip(limits).map(|(kind, limit)| {
        let below = below(kind, limit).map(|below| format!(" AND {below}")).unwrap_or_default();
        format!(
            "{WAITING} AND kind = {kind}{below} ORDER BY priority DESC, run_at, id LIMIT 1 {{skip_locked}}) AS waiting"
        )
    });
    let whens: String = kinds
        .iter()
        .zip(limits)
        .filter_map(|(kind, limit)| Some(format!(" WHEN kind = {kind} THEN {}", below(kind, limit)?)))
        .collect();
    let below = if whens.is_empty() { String::new() } else { format!(" AND CASE{whens} ELSE TRUE END") };
    let kinds = kinds.join(", ");
    let dead =
        format!("{DEAD} AND kind IN ({kinds}) ORDER BY priority DESC, run_at, id LIMIT 1 {{skip_locked}}) AS dead");
    let ready = format!(
        "{READY} AND kind IN ({kinds}){below} ORDER BY priority DESC, run_at, id LIMIT 1 {{skip_locked}}) AS ready"
    );
    let arms: Vec<String> = waiting.chain([dead, ready]).collect();
    dialect.say(&TAKE.replace("{arms}", &arms.join("\n UNION ALL ")))
}

const WAITING: &str = "SELECT * FROM (SELECT id, priority, run_at, 'running' AS becomes, 1 AS counted FROM {jobs}
     WHERE status = 'queued' AND run_at <= {now}";
const DEAD: &str = "SELECT * FROM (SELECT id, priority, run_at, CASE WHEN cancel_requested THEN 'cancelled'
         WHEN attempt >= max_attempts THEN 'failed' ELSE 'running' END AS becomes, 1 AS counted FROM {jobs}
     WHERE status = 'running' AND lease_token IS NOT NULL AND lease_expires_at <= {now}";
const READY: &str = "SELECT * FROM (SELECT id, priority, run_at,
         CASE WHEN cancel_requested THEN 'cancelled' ELSE 'running' END AS becomes, 0 AS counted FROM {jobs} AS job
     WHERE status = 'running' AND lease_token IS NULL AND NOT EXISTS (
         SELECT 1 FROM {jobs} AS part WHERE part.parent_id = job.id AND part.status IN ('queued', 'running'))";

const TAKE: &str = "WITH next AS MATERIALIZED (SELECT id AS next_id, becomes, counted FROM (
     {arms}
     ) AS due ORDER BY priority DESC, run_at, id LIMIT 1)
     UPDATE {jobs} SET
         status = becomes,
         attempt = attempt + CASE becomes WHEN 'running' THEN counted ELSE 0 END,
         lease_owner = CASE becomes WHEN 'running' THEN $1 END,
         lease_token = CASE becomes WHEN 'running' THEN $2 END,
         lease_expires_at = CASE becomes WHEN 'running' THEN {now} + $3 END,
         started_at = CASE WHEN becomes = 'running' AND counted = 1 THEN {now} ELSE started_at END,
         progress_done = CASE WHEN becomes = 'running' AND NOT is_divided THEN 0 ELSE progress_done END,
         progress_total = CASE WHEN becomes = 'running' AND NOT is_divided THEN NULL ELSE progress_total END,
         progress_message = CASE becomes WHEN 'running' THEN NULL ELSE progress_message END,
         finished_at = CASE becomes WHEN 'running' THEN NULL ELSE {now} END,
         expires_at = CASE becomes WHEN 'running' THEN NULL ELSE {now} + $4 END,
         error = CASE becomes WHEN 'running' THEN error
             WHEN 'failed' THEN $5 || '(attempt ' || attempt || ' of ' || max_attempts || ')' || $6 END,
         version = version + 1, touched_at = {now}
     FROM next WHERE id = next_id
     RETURNING *";

/// Later than every id: ids are `job_` and hexadecimal digits.
const AFTER_ALL: &str = "job_g";

/// A job as lists show it: of its result only the summary, and no artifacts: a list has many jobs, and each of these can
/// be megabytes.
const LISTED: &str = "SELECT id, kind, status, options, progress_done, progress_total, progress_unit, progress_message,
         CASE WHEN result IS NOT NULL THEN '{\"summary\":' || coalesce(summary, 'null') || '}' END AS result,
         rejected_count, error, '[]' AS artifacts, attempt, max_attempts, priority, cancel_requested, parent_id, part,
         is_divided, lease_owner, created_by, created_at, run_at, started_at, finished_at, expires_at, version
     FROM {jobs}";

/// Ids begin with the time by the clock of whoever made them, which is trusted to within a day of the database's: so that
/// the index on ids serves.
fn earliest(created_at: DateTime<Utc>) -> String {
    let milliseconds = created_at.timestamp_millis().saturating_sub(24 * 3_600_000).clamp(0, (1 << 48) - 1);
    format!("job_{milliseconds:012x}")
}

/// Jobs, newest first, one more than `limit` to tell whether older ones follow.
pub(super) fn list(dialect: &Dialect, filter: &JobFilter, before: Option<&JobId>, limit: u32) -> (String, Vec<Arg>) {
    let mut conditions = vec!["id < $1".to_owned()];
    let mut args: Vec<Arg> = vec![before.map_or(AFTER_ALL, JobId::as_str).into()];
    let mut only = |column: &str, arg: Arg| {
        args.push(arg);
        conditions.push(format!("{column} ${}", args.len()));
    };
    if let Some(parent) = &filter.parent {
        only("parent_id =", parent.as_str().into());
    }
    if let Some(kind) = &filter.kind {
        only("kind =", kind.as_str().into());
    }
    if let Some(status) = filter.status {
        only("status =", status.as_str().into());
    }
    if let Some(dataset) = &filter.dataset {
        only("dataset =", dataset.as_str().into());
    }
    if let Some(time) = filter.created_after {
        only("created_at >=", time.timestamp_millis().into());
        only("id >", earliest(time).into());
    }
    if filter.parent.is_none() {
        conditions.push("parent_id IS NULL".to_owned());
    }
    args.push((i64::from(limit) + 1).into());
    let conditions = conditions.join(" AND ");
    let statement = format!("{LISTED} WHERE {conditions} ORDER BY id DESC LIMIT ${}", args.len());
    (dialect.say(&statement), args)
}
