//! `POST /v1/language-models`: a table becomes a language model.

use axum::extract::{FromRef, State};
use axum::response::Response;
use tokio_util::sync::CancellationToken;

use crate::core::failure::{Code, Fails as _, Failure};
use crate::core::jobs::JobQueue;
use crate::operations::language_model::{KIND, LanguageModelRequest, check_options};
use crate::routers::conversions::{check_destination, check_source};
use crate::routers::extract::{Json, Params};
use crate::routers::jobs::JobView;
use crate::routers::problem::{Faults, Problem};
use crate::routers::state::{HttpState, Places};
use crate::routers::submission::{self, Asked, Precedence, Submitted, Terms, Work};

/// What taking a build needs.
#[derive(Clone)]
pub(crate) struct Desk {
    queue: JobQueue,
    places: Places,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self { queue: JobQueue::from_ref(state), places: Places::from_ref(state) }
    }
}

/// Build a language model
///
/// Counts which words of a column of texts follow each other (n-grams with interpolated Kneser–Ney smoothing) and which
/// stand near each other (co-occurrences with PPMI). The model is kept under its name; until it is done, one of that name
/// stays as it is. Its file, its vocabulary and its co-occurrences as Parquet go to the `destination`, too; without one they
/// become artifacts of the job. The answer is a job: follow it under `Location`, or ask to wait for its end with
/// `Prefer: wait=20`. With an `Idempotency-Key` header, the same request within 24 hours answers with the same job.
#[utoipa::path(
    post, path = "/v1/language-models", tag = "language models",
    params(
        Precedence,
        ("Prefer" = Option<String>, Header, example = "wait=20",
            description = "`wait=N`: answer when the job ends, after N seconds at the latest (60 at most)"),
    ),
    request_body(content = LanguageModelRequest, example = json!({
        "name": "sentences",
        "source": {"type": "path", "path": "knowledgebase/Examples (synthetic)/labelled_sentences.csv"},
        "text_column": "text",
        "options": {"order": 3, "min_count": 1}
    })),
    responses(
        (status = 202, description = "The job", body = JobView, headers(
            ("Location" = String, description = "Address of the job"),
            ("Idempotency-Replayed" = String, description = "`true` when an earlier request made the job"),
        )),
        (status = 200, description = "The finished job, when it ended in the time that `Prefer` gave", body = JobView,
            headers(("Preference-Applied" = String, description = "The wait that was granted"))),
    ),
    extensions(("x-problems" = json!([
        "malformed-json", "unknown-field", "invalid-parameter", "path-outside-data-root", "bucket-not-allowed",
        "not-found", "body-too-large", "unsupported-format", "idempotency-key-reused", "queue-full", "storage-failure",
        "shutting-down", "deadline-exceeded"
    ]))),
)]
pub(super) async fn create_language_model(
    State(desk): State<Desk>,
    State(shutdown): State<CancellationToken>,
    Params(precedence): Params<Precedence>,
    terms: Terms,
    Json(request): Json<LanguageModelRequest>,
) -> Result<Response, Problem> {
    let submitted = desk.submit(&request, precedence, &terms).await?;
    submission::answer(&desk.queue, submitted, terms.wait, &shutdown).await
}

impl Desk {
    /// An equal request of before is answered though its source may be gone by now.
    pub(crate) async fn submit(
        &self,
        request: &LanguageModelRequest,
        precedence: Precedence,
        terms: &Terms,
    ) -> Result<Submitted, Problem> {
        let options = serde_json::to_value(request)
            .map_err(|error| Problem::internal(format!("options are not JSON: {error}")))?;
        let content = precedence.mark(&options.to_string());
        let asked = Asked { address: "/v1/language-models", content: &content };
        if let Some(earlier) = submission::replay(&self.queue, asked, terms).await? {
            return Ok(earlier);
        }
        self.check(request).await?;
        let work = Work { kind: KIND, options, priority: precedence.priority.unwrap_or(0) };
        submission::submit(&self.queue, work, asked, terms).await
    }

    /// Refuses what could not be done anyway.
    async fn check(&self, request: &LanguageModelRequest) -> Result<(), Problem> {
        let mut faults = Faults::default();
        check_source(&request.source, &self.places, &mut faults).await?;
        if let Some(destination) = &request.destination {
            check_destination(destination, &self.places, &mut faults).await?;
        }
        if request.text_column.is_empty() {
            let failure = Failure::new(Code::InvalidParameter, "`text_column` is empty");
            faults.at("/text_column", failure.with_hint("name the column of the texts"));
        }
        for (field, error) in check_options(&request.options) {
            faults.at(format!("/options/{field}"), error.to_failure());
        }
        faults.into_result()
    }
}
