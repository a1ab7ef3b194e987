//! The predecessor's builder of a knowledge base.
//!
//! It leaves two files in `output/` of the first data root: `knowledge.json`, contents nested as the folders are, and
//! `knowledge.jsonl`, the records. The one decision: the knowledge base itself has a name that nobody else uses, made of the
//! path, so that an old client never replaces what somebody built under a name of their own.

use std::path::Path;

use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{OldAnswer, OldDesk, old_answer};
use crate::core::hash::sha256_hex;
use crate::core::jobs::Job;
use crate::core::storage::location::{Destination, Source};
use crate::core::storage::sandbox::DataRoots;
use crate::operations::knowledge_base::{
    KIND, KnowledgeBaseName, KnowledgeBaseOptions, KnowledgeBaseRequest, NESTED, RECORD_LINES,
};
use crate::routers::extract::{FromParameters, Parameters, Params};
use crate::routers::knowledge_bases::{check, effective};
use crate::routers::problem::Problem;
use crate::routers::state::HttpState;
use crate::routers::submission::{self, Asked, Terms, Work};

const ALIAS: &str = "build_knowledgebase";
/// The folder that the predecessor wrote to.
const OUTPUT: &str = "output";

pub(super) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(build_by_get, build_by_post))
}

/// What the old builder takes.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct OldFolder {
    /// Folder to read, relative to a data root or inside one.
    #[param(min_length = 1, example = "knowledgebase")]
    folder_path: String,
}

impl FromParameters for OldFolder {
    fn read(parameters: &mut Parameters) -> Self {
        Self { folder_path: parameters.required("folder_path") }
    }
}

/// Build a knowledge base (old path)
///
/// The predecessor's address: reads `folder_path`, waits up to ten minutes, and answers `{"data": "success"}` when
/// `output/knowledge.json` and `output/knowledge.jsonl` are in the first data root. The first has an object for each
/// folder, and in it a list of contents for each file, under its name without the ending, or under its whole name where
/// another file or folder beside it has the short one. The second has the records, a line each. Use
/// POST /v1/knowledge-bases instead.
#[utoipa::path(
    get, path = "/api/build_knowledgebase", tag = "legacy", params(OldFolder),
    responses(
        (status = 200, description = "The files are there", body = OldAnswer),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "path-outside-data-root", "not-found", "limit-exceeded",
        "unsupported-format", "malformed-input", "resource-in-use", "queue-full", "storage-failure", "shutting-down",
        "deadline-exceeded"
    ]))),
)]
async fn build_by_get(
    State(desk): State<OldDesk>,
    Params(old): Params<OldFolder>,
    terms: Terms,
) -> Result<Response, Problem> {
    desk.build(old, terms).await
}

/// Build a knowledge base (old path, by POST)
///
/// The same as GET, for clients that know that it changes something.
#[utoipa::path(
    post, path = "/api/build_knowledgebase", tag = "legacy", params(OldFolder),
    responses(
        (status = 200, description = "The files are there", body = OldAnswer),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "path-outside-data-root", "not-found", "limit-exceeded",
        "unsupported-format", "malformed-input", "resource-in-use", "queue-full", "storage-failure", "shutting-down",
        "deadline-exceeded"
    ]))),
)]
async fn build_by_post(
    State(desk): State<OldDesk>,
    Params(old): Params<OldFolder>,
    terms: Terms,
) -> Result<Response, Problem> {
    desk.build(old, terms).await
}

impl OldDesk {
    async fn build(&self, old: OldFolder, terms: Terms) -> Result<Response, Problem> {
        self.metrics.legacy_request(ALIAS);
        let job = self.submit_build(old, &terms).await?;
        let ended = submission::wait_for_end(&self.queue, &job.id, self.limits.legacy_wait, &self.shutdown).await?;
        old_answer(ended.unwrap_or(job))
    }

    async fn submit_build(&self, old: OldFolder, terms: &Terms) -> Result<Job, Problem> {
        let roots = self.places.roots.clone();
        let request = tokio::task::spawn_blocking(move || request(old.folder_path, &roots)).await;
        let request = request.map_err(|error| Problem::internal(format!("the look broke off: {error}")))??;
        let options = effective(&request)?;
        let content = options.to_string();
        let asked = Asked { address: "/api/build_knowledgebase", content: &content };
        if let Some(earlier) = submission::replay(&self.queue, asked, terms).await? {
            return Ok(earlier.job);
        }
        check(&request, &self.places, &self.models).await?;
        let work = Work { kind: KIND, options, priority: 0 };
        Ok(submission::submit(&self.queue, work, asked, terms).await?.job)
    }
}

/// What the new operation is asked for.
fn request(path: String, roots: &DataRoots) -> Result<KnowledgeBaseRequest, Problem> {
    let (folder, output) = (roots.resolve_existing(&path)?, roots.resolve_new(OUTPUT)?);
    let options = KnowledgeBaseOptions { exclude: own_files(&folder, &output), ..KnowledgeBaseOptions::default() };
    Ok(KnowledgeBaseRequest {
        name: name_of(&folder)?,
        source: Source::Path { path },
        destination: Some(Destination::Path { path: OUTPUT.to_owned() }),
        options,
    })
}

/// What an earlier build left inside the folder is not read by the next one.
fn own_files(folder: &Path, output: &Path) -> Vec<String> {
    let Ok(below) = output.strip_prefix(folder) else { return Vec::new() };
    let own = |file: &str| globset::escape(&below.join(file).to_string_lossy());
    [NESTED, RECORD_LINES].iter().map(|file| own(file)).collect()
}

/// Letters and digits of the folder's name for people, and the digest of its path for those that are named alike.
fn name_of(folder: &Path) -> Result<KnowledgeBaseName, Problem> {
    let name = folder.file_name().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let readable: String = name.to_string_lossy().chars().take(40).map(plain).collect();
    let digest: String = sha256_hex(folder.as_os_str().as_encoded_bytes()).chars().take(12).collect();
    Ok(format!("output-{readable}-{digest}").parse()?)
}
