//! `/v1/annotations`: the concepts that texts mention, in a table as a job, in a few texts at once.
//!
//! For: both on one address, told apart by what is sent. Not for: finding mentions (`operations::annotation`). The one
//! decision: what is small is answered, what is a data set is queued, and the options are the same.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRef, Request, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conversions::{check_destination, check_source};
use super::extract::{self, Params};
use super::jobs::JobView;
use super::problem::{Faults, Problem};
use super::state::{HttpState, Places};
use super::submission::{self, Asked, Precedence, Submitted, Terms as Demand, Work};
use crate::core::embeddings::{Embedder, LoadedModels, Urgency};
use crate::core::failure::{Code, Fails as _, Failure};
use crate::core::intake::glob;
use crate::core::jobs::JobQueue;
use crate::operations::annotation::{
    AnnotatedMention, AnnotationOptions, AnnotationRequest, KIND, Lexicons, Terms, annotate_texts,
};
use crate::operations::knowledge_base::{KnowledgeBaseName, KnowledgeBases};

const PATH: &str = "/v1/annotations";
/// Texts that are answered at once.
const MOST_TEXTS: usize = 1_000;

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(create_annotation))
}

/// What annotating needs.
#[derive(Clone)]
struct Desk {
    queue: JobQueue,
    places: Places,
    models: LoadedModels,
    bases: KnowledgeBases,
    lexicons: Lexicons,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self {
            queue: JobQueue::from_ref(state),
            places: Places::from_ref(state),
            models: LoadedModels::from_ref(state),
            bases: KnowledgeBases::from_ref(state),
            lexicons: Lexicons::from_ref(state),
        }
    }
}

/// A few texts to annotate.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TextsRequest {
    /// Name of the knowledge base whose lists say what is looked for.
    knowledge_base: KnowledgeBaseName,
    /// The texts, 1000 at most.
    #[schema(min_items = 1, max_items = 1000)]
    texts: Vec<String>,
    /// How to annotate; `counts` and `exports` are for tables.
    #[serde(default)]
    options: AnnotationOptions,
}

/// A few texts, or a table.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(description = "A few texts, which are answered at once, or a table, which is a job")]
#[expect(dead_code, reason = "describes the body; what is sent tells which of them it is")]
enum AnnotationBody {
    Texts(TextsRequest),
    Table(AnnotationRequest),
}

/// What texts mention.
#[derive(Debug, Serialize, ToSchema)]
struct AnnotationList {
    /// Each text, in the order in which they came.
    items: Vec<AnnotatedText>,
}

/// What a text mentions.
#[derive(Debug, Serialize, ToSchema)]
struct AnnotatedText {
    /// Its mentions, in the order of the text.
    mentions: Vec<AnnotatedMention>,
}

/// Annotate a table, or a few texts
///
/// Finds where texts mention the concepts of a knowledge base: its lists say what is looked for, folders and the name of
/// the list are the concept, each line is a phrase. With `texts` the mentions are answered at once. With a `source` the
/// table is annotated as a job: follow it under `Location`, or ask to wait for its end with `Prefer: wait=20`. Its Parquet
/// file has the columns of the table and `mentions`; without a `destination` it becomes an artifact of the job.
#[utoipa::path(
    post, path = "/v1/annotations", tag = "knowledge bases",
    params(
        Precedence,
        ("Prefer" = Option<String>, Header, example = "wait=20",
            description = "`wait=N`: answer when the job ends, after N seconds at the latest (60 at most)"),
    ),
    request_body(content = AnnotationBody, examples(
        ("texts" = (value = json!({
            "knowledge_base": "sustainability", "texts": ["Recycled steel is used again."], "options": {"typo": true}
        }))),
        ("table" = (value = json!({
            "knowledge_base": "sustainability", "text_column": "text",
            "source": {"type": "path", "path": "knowledgebase/Examples (synthetic)/labelled_sentences.csv"}
        }))),
    )),
    responses(
        (status = 202, description = "The job", body = JobView, headers(
            ("Location" = String, description = "Address of the job"),
            ("Idempotency-Replayed" = String, description = "`true` when an earlier request made the job"),
        )),
        (status = 200, description = "The mentions of the texts; or the finished job, when it ended in the time that `Prefer` gave",
            body = AnnotationAnswer,
            headers(("Preference-Applied" = Option<String>, description = "The wait that was granted"))),
    ),
    extensions(("x-problems" = json!([
        "malformed-json", "unknown-field", "invalid-parameter", "path-outside-data-root", "bucket-not-allowed",
        "not-found", "model-not-in-catalogue", "body-too-large", "too-many-inputs", "unsupported-format",
        "idempotency-key-reused", "queue-full", "not-ready", "storage-failure", "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn create_annotation(
    State(desk): State<Desk>,
    State(shutdown): State<CancellationToken>,
    Params(precedence): Params<Precedence>,
    demand: Demand,
    request: Request,
) -> Result<Response, Problem> {
    let remedy = "upload the table to `/v1/files` and name the file in `source`";
    let body = extract::json_bytes(request, None, remedy).await?;
    if has_texts(&body) {
        return desk.answer(extract::parse_json(&body)?).await;
    }
    let submitted = desk.submit(&extract::parse_json(&body)?, precedence, &demand).await?;
    submission::answer(&desk.queue, submitted, demand.wait, &shutdown).await
}

/// Whether a few texts are sent.
fn has_texts(body: &Bytes) -> bool {
    let read: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    read.is_some_and(|value| value.get("texts").is_some())
}

/// Either answer.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the answers, which are made one by one")]
enum AnnotationAnswer {
    Texts(AnnotationList),
    Job(Box<JobView>),
}

impl Desk {
    async fn answer(self, request: TextsRequest) -> Result<Response, Problem> {
        check_texts(&request, &self.models)?;
        let cancel = CancellationToken::new();
        // The client hangs up: the handler is dropped, and with it what waits for a thread.
        let _gone = cancel.clone().drop_guard();
        let found = tokio::task::spawn_blocking(move || self.mentions(&request, &cancel)).await;
        let items = found.map_err(|error| Problem::internal(format!("an annotation broke off: {error}")))??;
        let items = items.into_iter().map(|mentions| AnnotatedText { mentions }).collect();
        Ok(axum::Json(AnnotationList { items }).into_response())
    }

    fn mentions(
        &self,
        request: &TextsRequest,
        cancel: &CancellationToken,
    ) -> Result<Vec<Vec<AnnotatedMention>>, Problem> {
        let options = &request.options;
        let base = self.bases.open(&request.knowledge_base)?;
        let embedder = options.meaning.then(|| self.embedder(options.model.as_deref())).transpose()?;
        let terms = Terms { base: &base, lexicons: &self.lexicons, options };
        let texts: Vec<&str> = request.texts.iter().map(String::as_str).collect();
        Ok(annotate_texts(&texts, &terms, embedder, cancel)?)
    }

    fn embedder(&self, model: Option<&str>) -> Result<Arc<dyn Embedder>, Problem> {
        Ok(self.models.get(model, Urgency::Interactive)?.embedder)
    }

    /// An equal request of before is answered though its source may be gone by now.
    async fn submit(
        &self,
        request: &AnnotationRequest,
        precedence: Precedence,
        demand: &Demand,
    ) -> Result<Submitted, Problem> {
        let options = serde_json::to_value(request)
            .map_err(|error| Problem::internal(format!("options are not JSON: {error}")))?;
        let content = precedence.mark(&options.to_string());
        let asked = Asked { address: PATH, content: &content };
        if let Some(earlier) = submission::replay(&self.queue, asked, demand).await? {
            return Ok(earlier);
        }
        self.check(request).await?;
        let work = Work { kind: KIND, options, priority: precedence.priority.unwrap_or(0) };
        submission::submit(&self.queue, work, asked, demand).await
    }

    /// Refuses what could not be done anyway.
    async fn check(&self, request: &AnnotationRequest) -> Result<(), Problem> {
        let mut faults = Faults::default();
        check_source(&request.source, &self.places, &mut faults).await?;
        if let Some(destination) = &request.destination {
            check_destination(destination, &self.places, &mut faults).await?;
        }
        if request.text_column.is_empty() {
            let failure = Failure::new(Code::InvalidParameter, "`text_column` is empty");
            faults.at("/text_column", failure.with_hint("name the column of the texts"));
        }
        check_options("/options", &request.options, &self.models, &mut faults);
        let (bases, name) = (self.bases.clone(), request.knowledge_base.clone());
        let found = tokio::task::spawn_blocking(move || bases.open(&name).map(drop)).await;
        match found.map_err(|error| Problem::internal(format!("the look broke off: {error}")))? {
            Err(error) if error.code() == Code::NotFound => faults.at("/knowledge_base", error.to_failure()),
            other => other?,
        }
        faults.into_result()
    }
}

fn check_texts(request: &TextsRequest, models: &LoadedModels) -> Result<(), Problem> {
    let mut faults = Faults::default();
    match request.texts.len() {
        0 => faults.at("/texts", Failure::new(Code::InvalidParameter, "`texts` is an empty list")),
        count if count > MOST_TEXTS => {
            let failure = Failure::new(Code::TooManyInputs, format!("`texts` has {count} texts, {MOST_TEXTS} at most"));
            faults.at("/texts", failure.with_hint("send several requests, or a table as `source`"));
        }
        _ => {}
    }
    check_options("/options", &request.options, models, &mut faults);
    faults.into_result()
}

/// Notes what is wrong with options that stand at `place` in the body.
pub(crate) fn check_options(place: &str, options: &AnnotationOptions, models: &LoadedModels, faults: &mut Faults) {
    for (index, pattern) in options.lists.iter().enumerate().filter(|(_, pattern)| !glob::is_valid(pattern)) {
        let shown: String = pattern.chars().take(200).collect();
        let failure = Failure::new(Code::InvalidParameter, format!("`{shown}` is no glob"));
        faults
            .at(format!("{place}/lists/{index}"), failure.with_hint("`Climate/**` is a folder, `**/*.tsv` any depth"));
    }
    if !(options.threshold > 0.0 && options.threshold <= 1.0) {
        let detail = format!("`threshold` is {}, it must be above 0 and up to 1", options.threshold);
        faults.at(format!("{place}/threshold"), Failure::new(Code::InvalidParameter, detail));
    }
    let model = options.model.as_ref().filter(|_| options.meaning);
    if let Some(Err(error)) = model.map(|id| models.store().catalogue().get(id)) {
        faults.at(format!("{place}/model"), error.to_failure());
    }
}
