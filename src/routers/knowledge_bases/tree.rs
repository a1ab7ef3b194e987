//! `/v1/knowledge-bases/{name}/tree`: the folders that a knowledge base was built from.

use axum::Json;
use axum::extract::State;

use super::read;
use crate::operations::knowledge_base::{Extent, FolderNode, KnowledgeBaseName, KnowledgeBases, folder_tree};
use crate::routers::extract::{FromParameters, IdPath, Parameters, Params};
use crate::routers::problem::Problem;

/// How much of the tree is wanted.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TreeParams {
    /// Begin with this folder of the source; without it, with the source itself.
    #[param(example = "Climate")]
    folder: Option<String>,
    /// Levels of folders below it.
    #[param(minimum = 1, maximum = 100, default = 1, required = false)]
    depth: u32,
    /// Whether the files of each folder are listed, too.
    #[param(default = false, required = false)]
    files: bool,
}

impl FromParameters for TreeParams {
    fn read(parameters: &mut Parameters) -> Self {
        let folder = parameters.text("folder");
        let depth = parameters.number("depth", 1, 1..=100);
        let files = parameters.parsed("files", "true or false", |text| text.parse().ok()).unwrap_or(false);
        Self { folder, depth, files }
    }
}

/// Read the folders
///
/// A folder of the source with its folders, and how many files and records are in each and below. One level, or as many as
/// `depth` says; `files=true` lists the files, too, with what became of each.
#[utoipa::path(
    get, path = "/v1/knowledge-bases/{name}/tree", tag = "knowledge bases",
    params(("name" = KnowledgeBaseName, Path, description = "Name of the knowledge base"), TreeParams),
    responses((status = 200, description = "The folder", body = FolderNode)),
    extensions(("x-problems" = json!(["not-found", "invalid-parameter", "unknown-field", "storage-failure"]))),
)]
pub(super) async fn get_tree(
    State(bases): State<KnowledgeBases>,
    IdPath(name): IdPath<KnowledgeBaseName>,
    Params(wanted): Params<TreeParams>,
) -> Result<Json<FolderNode>, Problem> {
    let extent = Extent { depth: wanted.depth, files: wanted.files };
    let folder = wanted.folder.unwrap_or_default();
    read(bases, name, move |base| Ok(Json(folder_tree(&base, &folder, extent)?))).await
}
