-- Marks the file as textmill's ("tmil"), so that another program's database is refused and not written into.
PRAGMA application_id = 1953327468;

-- Times are milliseconds since 1970 by the database's clock. `version` grows with every change that a reader can see.
CREATE TABLE jobs (
    id                      TEXT    NOT NULL PRIMARY KEY,
    kind                    TEXT    NOT NULL,
    status                  TEXT    NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    options                 TEXT    NOT NULL,
    progress_done           INTEGER NOT NULL DEFAULT 0,
    progress_total          INTEGER,
    progress_unit           TEXT    NOT NULL DEFAULT '',
    progress_message        TEXT,
    result                  TEXT,
    rejected_count          INTEGER NOT NULL DEFAULT 0,
    error                   TEXT,
    artifacts               TEXT    NOT NULL DEFAULT '[]',
    attempt                 INTEGER NOT NULL DEFAULT 0,
    max_attempts            INTEGER NOT NULL CHECK (max_attempts >= 1),
    priority                INTEGER NOT NULL DEFAULT 0,
    cancel_requested        INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
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
    idempotency_principal   TEXT,
    idempotency_key         TEXT,
    idempotency_fingerprint TEXT,
    -- A lease is held exactly while the job runs.
    CHECK ((status = 'running') = (lease_token IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
    -- A job that ended has a time to be forgotten at.
    CHECK ((status IN ('succeeded', 'failed', 'cancelled')) = (expires_at IS NOT NULL))
) STRICT;

-- The claim: waiting jobs in the order in which they are taken, and running ones by the end of their lease.
CREATE INDEX jobs_waiting ON jobs (status, priority DESC, run_at, id) WHERE status = 'queued';
CREATE INDEX jobs_leased ON jobs (status, lease_expires_at) WHERE status = 'running';
-- Lists, newest first; without a filter the primary key serves.
CREATE INDEX jobs_by_status ON jobs (status, id);
CREATE INDEX jobs_by_kind ON jobs (kind, id);
-- The janitor.
CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE expires_at IS NOT NULL;
-- One job per client and key.
CREATE UNIQUE INDEX jobs_idempotency ON jobs (idempotency_principal, idempotency_key) WHERE idempotency_key IS NOT NULL;
