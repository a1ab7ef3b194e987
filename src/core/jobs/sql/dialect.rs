//! What the two databases say differently.
//!
//! For: the few words in which SQLite and PostgreSQL part. Not for: statements. The one decision: statements are written
//! once, with `{words}` that a dialect fills in, so that both databases keep the same rules.

/// The words of a database.
#[derive(Debug)]
pub(super) struct Dialect {
    /// The database's clock in milliseconds since 1970; the same value all through one statement.
    now: &'static str,
    /// The table of jobs.
    jobs: &'static str,
    /// The table of workers.
    workers: &'static str,
    /// Behind a `SELECT`: take the row, or the next one if somebody has it.
    skip_locked: &'static str,
    /// Behind a `SELECT`: take the row, and wait for whoever has it.
    for_update: &'static str,
    /// Whether `options` holds the text `$1`.
    options_hold: &'static str,
}

pub(super) const SQLITE: Dialect = Dialect {
    now: "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)",
    jobs: "jobs",
    workers: "workers",
    // One writes at a time.
    skip_locked: "",
    for_update: "",
    options_hold: "instr(options, $1) > 0",
};

pub(super) const POSTGRES: Dialect = Dialect {
    now: "(extract(epoch FROM statement_timestamp()) * 1000)::bigint",
    jobs: "textmill.jobs",
    workers: "textmill.workers",
    skip_locked: "FOR UPDATE SKIP LOCKED",
    for_update: "FOR UPDATE",
    options_hold: "strpos(options, $1) > 0",
};

impl Dialect {
    /// A statement in the words of this database.
    pub(super) fn say(&self, statement: &str) -> String {
        let words = [
            ("{now}", self.now),
            ("{jobs}", self.jobs),
            ("{workers}", self.workers),
            ("{skip_locked}", self.skip_locked),
            ("{for_update}", self.for_update),
            ("{options_hold}", self.options_hold),
            ("{while_leased}", "WHERE id = $1 AND lease_token = $2 AND status = 'running'"),
            ("{lease_ends}", "lease_owner = NULL, lease_token = NULL, lease_expires_at = NULL"),
        ];
        words.iter().fold(statement.to_owned(), |said, (word, meaning)| said.replace(word, meaning))
    }
}
