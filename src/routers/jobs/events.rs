//! `/v1/jobs/{id}/events`: a job as it happens, by server-sent events.
//!
//! The row of the job is the truth, its version is the event's `id:`. So a client that comes back with `Last-Event-ID`
//! gets what changed meanwhile, even after a restart of the service; changes in between are folded into the latest.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{FromRef, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt as _, future, stream};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::view::JobView;
use crate::core::failure::Code;
use crate::core::ids::JobId;
use crate::core::jobs::{Job, JobQueue, Status, StoreError};
use crate::routers::extract::{IdPath, NoParameters, Params};
use crate::routers::problem::Problem;
use crate::routers::state::{Gates, HttpState};

const PING_EVERY: Duration = Duration::from_secs(15);

pub(super) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(watch_job))
}

/// What watching a job needs.
#[derive(Clone)]
struct Desk {
    queue: JobQueue,
    gates: Gates,
    shutdown: CancellationToken,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self {
            queue: JobQueue::from_ref(state),
            gates: Gates::from_ref(state),
            shutdown: CancellationToken::from_ref(state),
        }
    }
}

/// Watch a job
///
/// A stream of server-sent events: `status` (the job, when its status or attempt changes, or it is divided),
/// `progress` (how far it is), and `done` (the job) as the last one. The `id` of an event is the version of the job; a
/// client that comes back with it in `Last-Event-ID` gets what it missed. A comment every 15 seconds keeps the
/// connection open. The stream also ends, without `done`, when the service stops: come back then.
#[utoipa::path(
    get, path = "/v1/jobs/{job_id}/events", tag = "jobs",
    params(
        ("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$"),
        ("Last-Event-ID" = Option<String>, Header, description = "`id` of the last event that was seen", pattern = "^[0-9]{1,18}$"),
    ),
    responses((status = 200, description = "The events", body = JobEvent, content_type = "text/event-stream")),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "invalid-parameter", "too-many-requests", "storage-failure"]))),
)]
async fn watch_job(
    State(Desk { queue, gates, shutdown }): State<Desk>,
    IdPath(id): IdPath<JobId>,
    Params(NoParameters): Params<NoParameters>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let permit = gates.stream()?;
    let job = super::find(&queue, &id).await?;
    let seen = last_seen(&headers)?;
    let changes = if job.status.is_final() {
        // Said again to whoever comes back: a stream that only ends would make a browser ask forever.
        stream::once(future::ready(Ok(job))).left_stream()
    } else {
        queue.watch(id, seen).right_stream()
    };
    let events = narrate(changes).take_until(shutdown.cancelled_owned()).map(move |event| {
        let _held_until_the_end = &permit;
        Ok(event)
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(PING_EVERY).text("ping")))
}

fn last_seen(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let version = value.to_str().ok().and_then(|text| text.parse().ok());
    version.map(Some).ok_or_else(|| {
        Problem::new(Code::InvalidParameter, "`Last-Event-ID` must be the `id` of an event of this stream")
            .with_parameter("Last-Event-ID")
    })
}

/// One event of the stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Teller` tells")]
struct JobEvent {
    /// `status`, `progress` or `done`.
    #[schema(pattern = "^(status|progress|done)$")]
    event: String,
    /// Version of the job.
    #[schema(pattern = "^[0-9]+$")]
    id: String,
    /// JSON: the job, or for `progress` how far it is.
    data: String,
}

/// Turns the states of a job into events, up to and including `done`.
fn narrate(changes: impl Stream<Item = Result<Job, StoreError>>) -> impl Stream<Item = Event> {
    changes.scan(Teller::default(), |teller, change| future::ready(teller.tell(change)))
}

/// What was told so far.
#[derive(Debug, Default)]
struct Teller {
    /// Status, attempt, and whether it is divided.
    told: Option<(Status, u32, bool)>,
    ended: bool,
}

impl Teller {
    fn tell(&mut self, change: Result<Job, StoreError>) -> Option<Event> {
        if self.ended {
            return None;
        }
        let job = match change {
            Ok(job) => job,
            Err(error) => {
                tracing::warn!(%error, "a stream of events broke off");
                self.ended = true;
                return None;
            }
        };
        let event = Event::default().id(job.version.to_string());
        let now = Some((job.status, job.attempt, job.is_divided));
        self.ended = job.status.is_final();
        let told = if self.ended {
            event.event("done").json_data(JobView::from(job))
        } else if self.told == now {
            event.event("progress").json_data(&job.progress)
        } else {
            event.event("status").json_data(JobView::from(job))
        };
        self.told = now;
        told.ok()
    }
}
