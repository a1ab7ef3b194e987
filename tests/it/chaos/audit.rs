//! An independent witness: triggers of the test's own in the job database, which write down each change of a job's
//! status, attempt or lease; and what an honest trail of a job looks like.

use serde_json::Value;

use crate::support::database::Database;

/// A change of a job's row.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// Its place among all changes; of one job: their order.
    pub(super) seq: i64,
    /// When, in milliseconds of the database's clock.
    pub(super) at: i64,
    pub(super) job: String,
    old: Option<State>,
    new: Option<State>,
}

/// The part of a row that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    status: String,
    attempt: i64,
    token: Option<String>,
    owner: Option<String>,
    lease_expires_at: Option<i64>,
}

/// What a trail comes to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    /// Claims that count as an attempt.
    pub(super) claims: i64,
    /// Of those: of a job whose worker was silent past its lease.
    pub(super) takeovers: i64,
    /// Attempts that were given back.
    pub(super) releases: i64,
    /// Claims of a divided job that is to be put together.
    pub(super) resumptions: i64,
    /// Attempts that failed and were to be tried again.
    pub(super) retries: i64,
}

const WATCHED: &str = "status attempt lease_token lease_owner lease_expires_at";

/// Lets the database write down every change from now on.
pub(super) fn begin(database: &Database) {
    database.execute(database.either(
        "CREATE TABLE audit (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, job TEXT NOT NULL,
             old_status TEXT, old_attempt INTEGER, old_lease_token TEXT, old_lease_owner TEXT,
             old_lease_expires_at INTEGER, new_status TEXT, new_attempt INTEGER, new_lease_token TEXT,
             new_lease_owner TEXT, new_lease_expires_at INTEGER)",
        "CREATE TABLE public.audit (seq BIGSERIAL PRIMARY KEY, at BIGINT NOT NULL, job TEXT NOT NULL,
             old_status TEXT, old_attempt BIGINT, old_lease_token TEXT, old_lease_owner TEXT,
             old_lease_expires_at BIGINT, new_status TEXT, new_attempt BIGINT, new_lease_token TEXT,
             new_lease_owner TEXT, new_lease_expires_at BIGINT)",
    ));
    for (event, row) in [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")] {
        let side = |name: &str, is_there: bool| {
            let value = |column| if is_there { format!("{name}.{column}") } else { "NULL".to_owned() };
            WATCHED.split(' ').map(value).collect::<Vec<_>>()
        };
        let values = [side("OLD", event != "INSERT"), side("NEW", event != "DELETE")].concat();
        let changed: Vec<_> = ["status", "attempt", "lease_token"]
            .map(|column| format!("OLD.{column} IS {} NEW.{column}", database.either("NOT", "DISTINCT FROM")))
            .into();
        let when = if event == "UPDATE" { format!("WHEN ({})", changed.join(" OR ")) } else { String::new() };
        database.execute(&trigger(database, event, row, &values.join(", "), &when));
    }
}

fn trigger(database: &Database, event: &str, row: &str, values: &str, when: &str) -> String {
    let jobs = database.table("jobs");
    let columns: Vec<_> = ["old", "new"]
        .iter()
        .flat_map(|side| WATCHED.split(' ').map(move |column| format!("{side}_{column}")))
        .collect();
    let columns = columns.join(", ");
    let sqlite = format!(
        "CREATE TRIGGER audit_{event} AFTER {event} ON {jobs} {when} BEGIN
             INSERT INTO audit (at, job, {columns})
             VALUES (CAST(round(unixepoch('subsec') * 1000) AS INTEGER), {row}.id, {values}); END"
    );
    // Rounded as the program does, or a lease would be taken a millisecond before its end.
    let postgres = format!(
        "CREATE FUNCTION public.audit_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO public.audit (at, job, {columns})
             VALUES ((extract(epoch FROM clock_timestamp()) * 1000)::bigint, {row}.id, {values});
             RETURN NULL; END $$;
         CREATE TRIGGER audit_{event} AFTER {event} ON {jobs} FOR EACH ROW {when}
             EXECUTE FUNCTION public.audit_{event}()"
    );
    database.either(&sqlite, &postgres).to_owned()
}

/// Every change so far, in order.
pub(super) fn changes(database: &Database) -> Vec<Change> {
    let sql = format!("SELECT * FROM {} ORDER BY seq", database.either("audit", "public.audit"));
    database.rows(&sql).iter().map(Change::of).collect()
}

impl Change {
    fn of(row: &Value) -> Self {
        let whole = |name: &str| row[name].as_i64();
        Self {
            seq: whole("seq").unwrap(),
            at: whole("at").unwrap(),
            job: row["job"].as_str().unwrap().to_owned(),
            old: State::of(row, "old"),
            new: State::of(row, "new"),
        }
    }

    /// Whether the job ended with this.
    pub(super) fn is_end(&self) -> bool {
        self.new.as_ref().is_some_and(State::is_final)
    }

    /// Whether the job ended well with this.
    pub(super) fn is_success(&self) -> bool {
        self.new.as_ref().is_some_and(|new| new.status == "succeeded")
    }

    /// Who held the lease before.
    pub(super) fn worker(&self) -> Option<&str> {
        self.old.as_ref()?.owner.as_deref()
    }

    /// Whether a divided job is taken up again with this, its parts being done.
    pub(super) fn is_resumption(&self) -> bool {
        matches!((&self.old, &self.new), (Some(old), Some(new))
            if old.status == "running" && old.token.is_none() && new.token.is_some())
    }
}

impl State {
    fn of(row: &Value, side: &str) -> Option<Self> {
        let text = |name: &str| row[format!("{side}_{name}")].as_str().map(str::to_owned);
        let whole = |name: &str| row[format!("{side}_{name}")].as_i64();
        Some(Self {
            status: text("status")?,
            attempt: whole("attempt")?,
            token: text("lease_token"),
            owner: text("lease_owner"),
            lease_expires_at: whole("lease_expires_at"),
        })
    }

    fn is_final(&self) -> bool {
        ["succeeded", "failed", "cancelled"].contains(&self.status.as_str())
    }
}

impl Tally {
    /// Reads the whole trail of one job.
    ///
    /// # Errors
    /// The first change that an honest queue can't make.
    pub(super) fn of(trail: &[&Change]) -> Result<Self, String> {
        let mut tally = Self::default();
        let mut last: Option<&State> = None;
        for change in trail {
            let wrong = |why: &str| format!("{why}: {change}");
            match (&change.old, last) {
                (None, None) => {}
                (Some(old), Some(last))
                    if State { lease_expires_at: last.lease_expires_at, ..old.clone() } == *last => {}
                _ => return Err(wrong("a change that does not follow on the one before")),
            }
            let Some(new) = &change.new else { return Err(wrong("the job was deleted")) };
            match &change.old {
                None if new.status == "queued" && new.attempt == 0 && new.token.is_none() => {}
                None => return Err(wrong("a job that begins otherwise than queued")),
                Some(old) => tally.add(old, new, change.at).map_err(|why| wrong(&why))?,
            }
            last = Some(new);
        }
        Ok(tally)
    }

    fn add(&mut self, old: &State, new: &State, at: i64) -> Result<(), String> {
        let counted = new.attempt - old.attempt;
        match (old.status.as_str(), new.status.as_str()) {
            ("queued", "running") if new.token.is_some() && counted == 1 => self.claims += 1,
            ("running", "running") => return self.add_running(old, new, at),
            ("running", "queued" | "cancelled") if counted == -1 => self.releases += 1,
            ("running", "queued") if counted == 0 => self.retries += 1,
            ("queued", "cancelled") | ("running", "succeeded" | "failed" | "cancelled") if counted == 0 => {}
            _ => return Err("no job may go this way".to_owned()),
        }
        if new.status != "running" && new.token.is_some() {
            return Err("a lease without a worker".to_owned());
        }
        if new.status == "succeeded" && old.token.is_none() {
            return Err("success without a lease".to_owned());
        }
        Ok(())
    }

    fn add_running(&mut self, old: &State, new: &State, at: i64) -> Result<(), String> {
        let counted = new.attempt - old.attempt;
        match (&old.token, &new.token) {
            (Some(before), Some(after)) if before == after => Err("an attempt that changes under its lease".to_owned()),
            (Some(_), Some(_)) if old.lease_expires_at.is_none_or(|end| end > at) => {
                Err("two live leases: the first had not run out".to_owned())
            }
            (Some(_), Some(_)) if counted == 1 => {
                self.claims += 1;
                self.takeovers += 1;
                Ok(())
            }
            // Divided, and set aside until its parts are done.
            (Some(_), None) if counted == 0 => Ok(()),
            (None, Some(_)) if counted == 0 => {
                self.resumptions += 1;
                Ok(())
            }
            _ => Err("an attempt counted wrongly".to_owned()),
        }
    }

    /// What `attempt` must be at the end.
    pub(super) fn attempt(self) -> i64 {
        self.claims - self.releases
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.claims += other.claims;
        self.takeovers += other.takeovers;
        self.releases += other.releases;
        self.resumptions += other.resumptions;
        self.retries += other.retries;
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |state: &Option<State>| match state {
            None => "nothing".to_owned(),
            Some(State { status, attempt, token, owner, lease_expires_at }) => format!(
                "{status} attempt {attempt} token {} owner {} until {}",
                token.as_deref().map_or("-", |token| token.get(..8).unwrap_or(token)),
                owner.as_deref().unwrap_or("-"),
                lease_expires_at.map_or("-".to_owned(), |end| end.to_string()),
            ),
        };
        write!(formatter, "#{} at {} {}: {} → {}", self.seq, self.at, self.job, shown(&self.old), shown(&self.new))
    }
}
