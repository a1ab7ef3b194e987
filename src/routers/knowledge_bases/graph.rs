//! `/v1/knowledge-bases/{name}/graph`: what is in a knowledge base, and what is between it.
//!
//! The one decision: JSON is a part that is small enough to be looked at, at once; the forms for graph databases are the
//! whole, written to a file that has no name any more when the answer begins, so that nothing of it can stay.

use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tokio::fs::File;
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;

use super::on_disk;
use crate::core::isolation::Isolation;
use crate::operations::annotation::Lexicons;
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::KnowledgeBaseName;
use crate::operations::knowledge_base::graph::{
    GraphFormat, GraphOptions, GraphSource, SmallGraph, small_graph, write_graph,
};
use crate::operations::knowledge_base::search::{SearchableBase, SearchableBases};
use crate::routers::extract::{FromParameters, IdPath, Parameters, Params};
use crate::routers::problem::Problem;
use crate::routers::state::HttpState;

const PIECE_BYTES: usize = 64 * 1024;
const MOST_NODES: usize = 10_000;

/// What drawing takes.
#[derive(Clone)]
pub(super) struct Desk {
    bases: SearchableBases,
    lexicons: Lexicons,
    isolation: Isolation,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self {
            bases: SearchableBases::from_ref(state),
            lexicons: Lexicons::from_ref(state),
            isolation: Isolation::from_ref(state),
        }
    }
}

/// Which graph is wanted.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct GraphParams {
    /// How it is written; without it, as `json`.
    format: Option<GraphFormat>,
    /// Only this folder of the source, and those below.
    #[param(example = "Climate")]
    folder: Option<String>,
    /// Of `json`: nodes at most; the other forms are whole.
    #[param(minimum = 1, maximum = 10000, default = 200, required = false)]
    limit: usize,
    /// Edges from each record to those that mean nearly the same, at most; needs an index by meaning.
    #[param(minimum = 0, maximum = 100, default = 3, required = false)]
    similar: u64,
}

impl FromParameters for GraphParams {
    fn read(parameters: &mut Parameters) -> Self {
        let form = "json, graphml, cypher or neo4j-csv";
        let format = parameters.parsed("format", form, |text| serde_json::from_value(text.into()).ok());
        Self {
            format,
            folder: parameters.text("folder"),
            limit: parameters.number("limit", 200, 1..=MOST_NODES),
            similar: parameters.number("similar", GraphOptions::default().similar, 0..=100),
        }
    }
}

/// Read it as a graph
///
/// Folders contain folders and files, files have records, records mention the concepts of the knowledge base's own lists,
/// and records of one that was built with `meaning` are similar to others. `json` is a part with `limit` nodes at most,
/// some of each kind; the other forms are the whole, to be downloaded: `graphml`, a script of `cypher`, or `neo4j-csv`, a
/// .zip of files for `neo4j-admin database import`. What is too large for the time of a request, `textmill kb graph` writes.
#[utoipa::path(
    get, path = "/v1/knowledge-bases/{name}/graph", tag = "knowledge bases",
    params(("name" = KnowledgeBaseName, Path, description = "Name of the knowledge base"), GraphParams),
    responses((status = 200, description = "The graph", content(
        (SmallGraph = "application/json"),
        (String = "application/graphml+xml"),
        (String = "text/plain"),
        (String = "application/zip"),
    ))),
    extensions(("x-problems" = json!([
        "not-found", "invalid-parameter", "unknown-field", "storage-failure", "deadline-exceeded"
    ]))),
)]
pub(super) async fn get_graph(
    State(desk): State<Desk>,
    IdPath(name): IdPath<KnowledgeBaseName>,
    Params(wanted): Params<GraphParams>,
) -> Result<Response, Problem> {
    let context = RunContext::unattended(desk.isolation.clone());
    // A client that hangs up, or a deadline, drops this and with it ends the work.
    let _stop = CancellationToken::drop_guard(context.cancel.clone());
    let format = wanted.format.unwrap_or(GraphFormat::Json);
    if format == GraphFormat::Json {
        let graph = on_disk(move || desk.small(&name, wanted, &context)).await?;
        return Ok(axum::Json(graph).into_response());
    }
    let (media_type, ending) = form(format);
    let file_name = format!("{name}.{ending}");
    let shown = file_name.clone();
    let file = on_disk(move || desk.whole(&name, (format, wanted.options()), &file_name, &context)).await?;
    let disposition = format!("attachment; filename=\"{shown}\"");
    let disposition = HeaderValue::from_str(&disposition)
        .map_err(|error| Problem::internal(format!("a name can't be sent: {error}")))?;
    let body = Body::from_stream(ReaderStream::with_capacity(File::from_std(file), PIECE_BYTES));
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, body).into_response())
}

/// Media type and ending of a form.
fn form(format: GraphFormat) -> (&'static str, &'static str) {
    match format {
        GraphFormat::Json => ("application/json", "json"),
        GraphFormat::Graphml => ("application/graphml+xml", "graphml"),
        GraphFormat::Cypher => ("text/plain; charset=utf-8", "cypher"),
        GraphFormat::Neo4jCsv => ("application/zip", "zip"),
    }
}

impl Desk {
    fn small(
        &self,
        name: &KnowledgeBaseName,
        wanted: GraphParams,
        context: &RunContext,
    ) -> Result<SmallGraph, Problem> {
        let base = self.bases.get(name)?;
        let limit = wanted.limit;
        Ok(small_graph(self.source(&base), &wanted.options(), limit, context)?)
    }

    fn whole(
        &self,
        name: &KnowledgeBaseName,
        (format, options): (GraphFormat, GraphOptions),
        file_name: &str,
        context: &RunContext,
    ) -> Result<std::fs::File, Problem> {
        let base = self.bases.get(name)?;
        let broken = |error: std::io::Error| Problem::internal(format!("a scratch folder: {error}"));
        let scratch = tempfile::tempdir().map_err(broken)?;
        let path = scratch.path().join(file_name);
        write_graph(self.source(&base), format, &options, &path, context)?;
        std::fs::File::open(&path).map_err(broken)
    }

    fn source<'a>(&'a self, base: &'a SearchableBase) -> GraphSource<'a> {
        GraphSource { base: base.base(), vectors: base.vectors(), lexicons: &self.lexicons }
    }
}

impl GraphParams {
    fn options(self) -> GraphOptions {
        GraphOptions { folder: self.folder, similar: self.similar, ..GraphOptions::default() }
    }
}
