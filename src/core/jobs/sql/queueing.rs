//! Taking a new job in: an equal request of before, a full queue, or a new row.

use super::database::{Ask, Row, Session, ask};
use super::{SqlJobStore, json, milliseconds, signed};
use crate::core::ids::JobId;
use crate::core::jobs::model::NewJob;
use crate::core::jobs::store::{Enqueued, IdempotencyKey, StoreError};
use std::time::Duration;

/// How long an idempotency key is good for.
const KEY_LIFE: Duration = Duration::from_hours(24);
const DOING: &str = "take a new job";

impl SqlJobStore {
    pub(super) fn by_key(&self, key: &IdempotencyKey) -> Ask {
        ask("look for an idempotency key", &*self.statements.find_key)
            .with(key.principal.as_str())
            .with(key.key.as_str())
            .with(milliseconds(KEY_LIFE))
    }

    pub(super) async fn take_in(&self, job: NewJob, max_queued: u64) -> Result<Enqueued, StoreError> {
        loop {
            let mut session = self.database.begin(DOING).await?;
            if let Some(answer) = self.answer(&mut session, &job, max_queued).await? {
                session.commit(DOING).await?;
                return Ok(answer);
            }
            // An equal request came in between: now it is there to be found.
        }
    }

    /// `None`: the key was free, and is no more.
    async fn answer(
        &self,
        session: &mut Session,
        job: &NewJob,
        max_queued: u64,
    ) -> Result<Option<Enqueued>, StoreError> {
        if let Some(key) = &job.idempotency
            && let Some(earlier) = self.find_or_free_key(session, key).await?
        {
            return Ok(Some(earlier));
        }
        let limit = signed(max_queued);
        let rows = session.run(ask(DOING, &*self.statements.count_waiting).with(limit)).await?;
        if rows.first().is_some_and(|row| row.number("jobs").is_ok_and(|waiting: i64| waiting >= limit)) {
            return Ok(Some(Enqueued::QueueFull { limit: max_queued }));
        }
        let rows = session.run(self.insert(job)?).await?;
        rows.first().map(|row| row.job().map(Enqueued::Created)).transpose()
    }

    /// The job of an earlier request with this key, if the key is still good; frees it otherwise.
    async fn find_or_free_key(
        &self,
        session: &mut Session,
        key: &IdempotencyKey,
    ) -> Result<Option<Enqueued>, StoreError> {
        let rows = session.run(self.by_key(key)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let earlier = of_earlier(row, key)?;
        if earlier.is_none() {
            session.run(ask(DOING, &*self.statements.free_key).with(row.id()?.as_str())).await?;
        }
        Ok(earlier)
    }

    fn insert(&self, job: &NewJob) -> Result<Ask, StoreError> {
        let key = job.idempotency.as_ref();
        Ok(ask(DOING, &*self.statements.insert)
            .with(JobId::new().as_str())
            .with(job.kind.as_str())
            .with(json(DOING, &job.options)?)
            .with(job.created_by.as_str())
            .with(i64::from(job.priority))
            .with(i64::from(job.max_attempts.max(1)))
            .with(key.map(|key| key.principal.as_str()))
            .with(key.map(|key| key.key.as_str()))
            .with(key.map(|key| key.fingerprint.as_str())))
    }
}

/// What an earlier request with this key, if the key is still good, makes of this one.
pub(super) fn of_earlier(row: &Row, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
    if !row.is("is_current")? {
        return Ok(None);
    }
    let is_equal = row.word("idempotency_fingerprint")? == key.fingerprint;
    Ok(Some(if is_equal { Enqueued::Replayed(row.job()?) } else { Enqueued::KeyReused }))
}
