-- Jobs that are divided among workers, the workers, and the time of the last write. The conditions of a table can't be
-- changed in SQLite, so it is made anew.
CREATE TABLE jobs_new (
    id                      TEXT    NOT NULL PRIMARY KEY,
    kind                    TEXT    NOT NULL,
    status                  TEXT    NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    options                 TEXT    NOT NULL,
    progress_done           INTEGER NOT NULL DEFAULT 0,
    progress_total          INTEGER,
    progress_unit           TEXT    NOT NULL DEFAULT '',
    progress_message        TEXT,
    result                  TEXT,
    -- That of the result, which can be megabytes: lists show it.
    summary                 TEXT,
    rejected_count          INTEGER NOT NULL DEFAULT 0,
    error                   TEXT,
    artifacts               TEXT    NOT NULL DEFAULT '[]',
    attempt                 INTEGER NOT NULL DEFAULT 0,
    max_attempts            INTEGER NOT NULL CHECK (max_attempts >= 1),
    priority                INTEGER NOT NULL DEFAULT 0,
    cancel_requested        INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    -- Which job it is a part of, and which one of its parts.
    parent_id               TEXT,
    part                    INTEGER,
    -- Whether it was divided into parts. Until they have ended it runs without a worker.
    is_divided              INTEGER NOT NULL DEFAULT 0 CHECK (is_divided IN (0, 1)),
    created_by              TEXT    NOT NULL,
    created_at              INTEGER NOT NULL,
    run_at                  INTEGER NOT NULL,
    started_at              INTEGER,
    finished_at             INTEGER,
    expires_at              INTEGER,
    version                 INTEGER NOT NULL DEFAULT 1,
    lease_owner             TEXT,
    lease_token             TEXT,
    lease_expires_at        INTEGER,
    -- The last write: in the future, it tells that the clock was set back.
    touched_at              INTEGER NOT NULL,
    idempotency_principal   TEXT,
    idempotency_key         TEXT,
    idempotency_fingerprint TEXT,
    -- A lease is held while the job runs; only one that is divided runs without.
    CHECK (lease_token IS NULL OR status = 'running'),
    CHECK (lease_token IS NOT NULL OR status <> 'running' OR is_divided),
    CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
    CHECK ((lease_token IS NULL) = (lease_owner IS NULL)),
    CHECK ((parent_id IS NULL) = (part IS NULL)),
    -- A job that ended has a time to be forgotten at.
    CHECK ((status IN ('succeeded', 'failed', 'cancelled')) = (expires_at IS NOT NULL))
) STRICT;

INSERT INTO jobs_new (id, kind, status, options, progress_done, progress_total, progress_unit, progress_message, result,
    summary, rejected_count, error, artifacts, attempt, max_attempts, priority, cancel_requested, created_by, created_at,
    run_at, started_at, finished_at, expires_at, version, lease_owner, lease_token, lease_expires_at, touched_at,
    idempotency_principal, idempotency_key, idempotency_fingerprint)
SELECT id, kind, status, options, progress_done, progress_total, progress_unit, progress_message, result,
    result -> '$.summary', rejected_count, error, artifacts, attempt, max_attempts, priority,
    cancel_requested, created_by, created_at, run_at, started_at, finished_at, expires_at, version, lease_owner,
    lease_token, lease_expires_at, created_at,
    idempotency_principal, idempotency_key, idempotency_fingerprint FROM jobs;

DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;

-- The claim: of each kind the waiting jobs in the order in which they are taken; running ones by the end of their lease;
-- divided ones, whose parts are asked for.
CREATE INDEX jobs_waiting ON jobs (kind, priority DESC, run_at, id) WHERE status = 'queued';
CREATE INDEX jobs_leased ON jobs (lease_expires_at) WHERE status = 'running' AND lease_token IS NOT NULL;
CREATE INDEX jobs_divided ON jobs (id) WHERE status = 'running' AND lease_token IS NULL;
CREATE INDEX jobs_parts ON jobs (parent_id, status) WHERE parent_id IS NOT NULL;
-- Lists of the jobs that were asked for, newest first.
CREATE INDEX jobs_by_id ON jobs (id) WHERE parent_id IS NULL;
CREATE INDEX jobs_by_status ON jobs (status, id) WHERE parent_id IS NULL;
CREATE INDEX jobs_by_kind ON jobs (kind, id) WHERE parent_id IS NULL;
-- The janitor.
CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE expires_at IS NOT NULL AND parent_id IS NULL;
-- One job per client and key.
CREATE UNIQUE INDEX jobs_idempotency ON jobs (idempotency_principal, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Who works, or did a short while ago.
CREATE TABLE workers (
    name        TEXT    NOT NULL PRIMARY KEY,
    host        TEXT    NOT NULL,
    pid         INTEGER NOT NULL,
    build       TEXT    NOT NULL,
    kinds       TEXT    NOT NULL,
    concurrency INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL,
    -- Unseen for this long it is not believed to be alive.
    silence     INTEGER NOT NULL
) STRICT;
