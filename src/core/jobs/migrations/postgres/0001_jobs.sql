-- Times are milliseconds since 1970 by the database's clock. `version` grows with every change that a reader can see.
-- JSON is kept as text: as it was written, and with characters that jsonb refuses.
CREATE TABLE textmill.jobs (
    -- Ids sort by their bytes, whatever the database's language.
    id                      TEXT    COLLATE "C" NOT NULL PRIMARY KEY,
    kind                    TEXT    NOT NULL,
    status                  TEXT    NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    options                 TEXT    NOT NULL,
    progress_done           BIGINT  NOT NULL DEFAULT 0,
    progress_total          BIGINT,
    progress_unit           TEXT    NOT NULL DEFAULT '',
    progress_message        TEXT,
    result                  TEXT,
    -- That of the result, which can be megabytes: lists show it.
    summary                 TEXT,
    rejected_count          BIGINT  NOT NULL DEFAULT 0,
    error                   TEXT,
    artifacts               TEXT    NOT NULL DEFAULT '[]',
    attempt                 BIGINT  NOT NULL DEFAULT 0,
    max_attempts            BIGINT  NOT NULL CHECK (max_attempts >= 1),
    priority                BIGINT  NOT NULL DEFAULT 0,
    cancel_requested        BOOLEAN NOT NULL DEFAULT FALSE,
    -- Which job it is a part of, and which one of its parts.
    parent_id               TEXT    COLLATE "C",
    part                    BIGINT,
    -- Whether it was divided into parts. Until they have ended it runs without a worker.
    is_divided              BOOLEAN NOT NULL DEFAULT FALSE,
    created_by              TEXT    NOT NULL,
    created_at              BIGINT  NOT NULL,
    run_at                  BIGINT  NOT NULL,
    started_at              BIGINT,
    finished_at             BIGINT,
    expires_at              BIGINT,
    version                 BIGINT  NOT NULL DEFAULT 1,
    lease_owner             TEXT,
    lease_token             TEXT,
    lease_expires_at        BIGINT,
    -- The last write: in the future, it tells that the clock was set back.
    touched_at              BIGINT  NOT NULL,
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
);

-- The claim: of each kind the waiting jobs in the order in which they are taken; running ones by the end of their lease;
-- divided ones, whose parts are asked for.
CREATE INDEX jobs_waiting ON textmill.jobs (kind, priority DESC, run_at, id) WHERE status = 'queued';
CREATE INDEX jobs_leased ON textmill.jobs (lease_expires_at) WHERE status = 'running' AND lease_token IS NOT NULL;
CREATE INDEX jobs_divided ON textmill.jobs (id) WHERE status = 'running' AND lease_token IS NULL;
CREATE INDEX jobs_parts ON textmill.jobs (parent_id, status) WHERE parent_id IS NOT NULL;
-- Lists of the jobs that were asked for, newest first.
CREATE INDEX jobs_by_id ON textmill.jobs (id) WHERE parent_id IS NULL;
CREATE INDEX jobs_by_status ON textmill.jobs (status, id) WHERE parent_id IS NULL;
CREATE INDEX jobs_by_kind ON textmill.jobs (kind, id) WHERE parent_id IS NULL;
-- The janitor.
CREATE INDEX jobs_expiring ON textmill.jobs (expires_at) WHERE expires_at IS NOT NULL AND parent_id IS NULL;
-- One job per client and key.
CREATE UNIQUE INDEX jobs_idempotency ON textmill.jobs (idempotency_principal, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Who works, or did a short while ago.
CREATE TABLE textmill.workers (
    name        TEXT    NOT NULL PRIMARY KEY,
    host        TEXT    NOT NULL,
    pid         BIGINT  NOT NULL,
    build       TEXT    NOT NULL,
    kinds       TEXT    NOT NULL,
    concurrency BIGINT  NOT NULL,
    started_at  BIGINT  NOT NULL,
    seen_at     BIGINT  NOT NULL,
    -- Unseen for this long it is not believed to be alive.
    silence     BIGINT  NOT NULL
);

-- Which database this is: the folder that all its services and workers share carries the same id.
CREATE TABLE textmill.installation (
    id         TEXT    NOT NULL,
    -- Whether a folder carries it by now.
    is_claimed BOOLEAN NOT NULL DEFAULT FALSE
);
INSERT INTO textmill.installation (id) VALUES (gen_random_uuid()::text);

