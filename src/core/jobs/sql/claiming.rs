//! Giving the next job out, within the limits of its kind.

use std::time::Duration;

use super::database::{Ask, Database, Row, ask};
use super::{SqlJobStore, milliseconds, statements};
use crate::core::failure::{Code, Failure};
use crate::core::jobs::model::Status;
use crate::core::jobs::store::{Claim, Lease, StoreError};

const DOING: &str = "claim a job";
/// Where the words for the attempts come in the failure of a job that killed its last worker.
const ATTEMPTS: &str = "(attempts)";
/// Held by one claim at a time where kinds have limits: two that count at once would both find room. "tmil".
const COUNTING: &str = "SELECT pg_advisory_xact_lock(1953327468) IS NULL AS held";

impl SqlJobStore {
    pub(super) async fn take_next(
        &self,
        owner: &str,
        kinds: &[&str],
        lease_for: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        if kinds.is_empty() {
            return Ok(None);
        }
        // Random and not by time: a token must not be guessed from another one.
        #[expect(clippy::disallowed_methods, reason = "a lease token must not be guessable")]
        let token = uuid::Uuid::new_v4().simple().to_string();
        let limits: Vec<Option<u32>> = kinds.iter().map(|kind| self.settings.max_running.get(*kind).copied()).collect();
        let statement = statements::claim(self.statements.dialect, &limits);
        let failure = death();
        let (before, behind) = failure.split_once(ATTEMPTS).unwrap_or((&failure, ""));
        loop {
            let take = ask(DOING, statement.clone())
                .with(owner)
                .with(token.as_str())
                .with(milliseconds(lease_for))
                .with(self.retention())
                .with(before)
                .with(behind)
                .with_all(kinds.iter().map(|kind| (*kind).into()));
            let rows = self.take(take, limits.iter().any(Option::is_some)).await?;
            let Some(job) = rows.first().map(Row::job).transpose()? else { return Ok(None) };
            match job.status {
                Status::Running => {
                    let lease = Lease { job_id: job.id.clone(), token };
                    return Ok(Some(Claim { job, lease }));
                }
                Status::Failed => self.stop_siblings(job.parent_id).await?,
                // It had to end, and is no claim: look for the next one.
                _ => {}
            }
        }
    }

    async fn take(&self, take: Ask, counts: bool) -> Result<Vec<Row>, StoreError> {
        if !counts || matches!(self.database, Database::Sqlite(_)) {
            return self.database.write(take).await;
        }
        let mut session = self.database.begin(DOING).await?;
        session.run(ask(DOING, COUNTING)).await?;
        let rows = session.run(take).await?;
        session.commit(DOING).await?;
        Ok(rows)
    }
}

/// The failure of a job that killed its last worker, as JSON.
fn death() -> String {
    let failure = Failure::new(Code::Internal, format!("the worker died while running this job {ATTEMPTS}"))
        .with_hint("look at the worker's log and the machine's memory, then send the job again");
    serde_json::to_string(&failure).unwrap_or_default()
}
