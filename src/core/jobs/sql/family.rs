//! A job and its parts: divided, stopped and forgotten together.
//!
//! The one decision: whatever concerns all of them takes the row of the whole job first, so that two such changes happen
//! one after the other and never wait for each other in a circle.

use super::database::{Row, Session, ask};
use super::{SqlJobStore, json, leased, signed};
use crate::core::ids::JobId;
use crate::core::jobs::handler::Division;
use crate::core::jobs::model::Status;
use crate::core::jobs::store::{CancelAnswer, Deletion, Lease, StoreError};

const DIVIDING: &str = "divide a job";
const CANCELLING: &str = "cancel a job";
const DELETING: &str = "delete a job";

impl SqlJobStore {
    pub(super) async fn set_aside(&self, lease: &Lease, division: &Division) -> Result<bool, StoreError> {
        let mut session = self.database.begin(DIVIDING).await?;
        let rows = session.run(leased(DIVIDING, &self.statements.hold, lease)).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        if row.is("cancel_requested")? {
            let end = leased(DIVIDING, &self.statements.finish_cancelled, lease).with(self.retention());
            session.run(end).await?;
        } else {
            self.insert_parts(&mut session, &lease.job_id, division).await?;
            let aside = leased(DIVIDING, &self.statements.set_aside, lease)
                .with(division.progress.total.map(signed))
                .with(division.progress.unit.as_str());
            session.run(aside).await?;
        }
        session.commit(DIVIDING).await?;
        Ok(true)
    }

    async fn insert_parts(&self, session: &mut Session, whole: &JobId, division: &Division) -> Result<(), StoreError> {
        for (number, options) in (1_i64..).zip(&division.parts) {
            let part = ask(DIVIDING, &*self.statements.insert_part)
                .with(JobId::new().as_str())
                .with(whole.as_str())
                .with(number)
                .with(json(DIVIDING, options)?);
            session.run(part).await?;
        }
        Ok(())
    }

    pub(super) async fn ask_to_stop(&self, id: &JobId) -> Result<CancelAnswer, StoreError> {
        let mut session = self.database.begin(CANCELLING).await?;
        let rows = session.run(ask(CANCELLING, &*self.statements.root).with(id.as_str())).await?;
        let Some(whole) = rows.first() else { return Ok(CancelAnswer::NotFound) };
        let was = whole.status()?;
        if !was.is_final() {
            let stop = ask(CANCELLING, &*self.statements.cancel_family).with(whole.id()?.as_str());
            session.run(stop.with(self.retention())).await?;
        }
        let rows = session.run(ask(CANCELLING, &*self.statements.get).with(id.as_str())).await?;
        session.commit(CANCELLING).await?;
        let job = rows.first().map(Row::job).transpose()?;
        Ok(match job {
            None => CancelAnswer::NotFound,
            // Asking again gets the first answer again.
            Some(job) if was.is_final() && was != Status::Cancelled => CancelAnswer::AlreadyFinished(job),
            Some(job) => CancelAnswer::Accepted(job),
        })
    }

    /// The other parts of a job of which one has failed can do no good any more. Best kept soon, but not sooner than the
    /// failure itself: the job is not put together in any case.
    pub(super) async fn stop_siblings(&self, whole: Option<JobId>) -> Result<(), StoreError> {
        let Some(whole) = whole else { return Ok(()) };
        let mut session = self.database.begin(CANCELLING).await?;
        session.run(ask(CANCELLING, &*self.statements.root).with(whole.as_str())).await?;
        let stop = ask(CANCELLING, &*self.statements.cancel_parts).with(whole.as_str());
        session.run(stop.with(self.retention())).await?;
        session.commit(CANCELLING).await
    }

    pub(super) async fn forget(&self, id: &JobId) -> Result<Deletion, StoreError> {
        let mut session = self.database.begin(DELETING).await?;
        let mut rows = session.run(ask(DELETING, &*self.statements.delete).with(id.as_str())).await?;
        if rows.is_empty() {
            let found = session.run(ask(DELETING, &*self.statements.get).with(id.as_str())).await?;
            return Ok(match found.first() {
                None => Deletion::NotFound,
                Some(row) => row.optional_id("parent_id")?.map_or(Deletion::NotEnded, Deletion::PartOf),
            });
        }
        rows.extend(session.run(ask(DELETING, &*self.statements.delete_parts).with(id.as_str())).await?);
        session.commit(DELETING).await?;
        rows.iter().map(Row::id).collect::<Result<_, _>>().map(Deletion::Deleted)
    }
}
