//! `/v1/files/{id}/table`: an upload before it is converted.

use axum::Json;
use axum::extract::State;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use super::find;
use crate::core::ids::FileId;
use crate::core::isolation::Isolation;
use crate::core::storage::uploads::Uploads;
use crate::operations::context::RunContext;
use crate::operations::parquet_conversion::{
    AmbiguousDates, ConversionOptions, DecimalComma, Delimiter, Encoding, Header, SchemaMode,
};
use crate::operations::table_preview::{TablePreview, preview};
use crate::routers::extract::{FromParameters, IdPath, Parameters, Params};
use crate::routers::problem::Problem;
use crate::routers::state::Gates;

/// How to read the file: the options of a conversion that change what its tables are.
#[derive(Debug, Clone, Default, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReadingParams {
    /// Find each column's type from the whole file, or keep every value as text.
    schema: Option<SchemaMode>,
    /// Whether the first record of delimited text or the first row of a sheet names the columns.
    header: Option<Header>,
    /// What parts the fields of delimited text.
    delimiter: Option<Delimiter>,
    /// Character encoding of the file.
    encoding: Option<Encoding>,
    /// Whether a comma in numbers of delimited text is a decimal comma.
    decimal_comma: Option<DecimalComma>,
    /// What `01/02/2024` means where a column never tells day from month.
    ambiguous_dates: Option<AmbiguousDates>,
}

impl FromParameters for ReadingParams {
    fn read(parameters: &mut Parameters) -> Self {
        Self {
            schema: word(parameters, "schema", "`infer` or `text`"),
            header: word(parameters, "header", "`auto`, `present` or `absent`"),
            delimiter: word(parameters, "delimiter", "`auto`, `comma`, `tab`, `semicolon`, `pipe` or `none`"),
            encoding: word(parameters, "encoding", "`auto` or an encoding like `windows-1252`"),
            decimal_comma: word(parameters, "decimal_comma", "`auto`, `always` or `never`"),
            ambiguous_dates: word(parameters, "ambiguous_dates", "`text`, `day_first` or `month_first`"),
        }
    }
}

/// A value by the word that stands for it in JSON.
fn word<T: DeserializeOwned>(parameters: &mut Parameters, name: &str, form: &str) -> Option<T> {
    parameters.parsed(name, form, |text| serde_json::from_value(text.into()).ok())
}

impl ReadingParams {
    fn options(self) -> ConversionOptions {
        ConversionOptions {
            schema: self.schema.unwrap_or_default(),
            header: self.header.unwrap_or_default(),
            delimiter: self.delimiter.unwrap_or_default(),
            encoding: self.encoding.unwrap_or_default(),
            decimal_comma: self.decimal_comma.unwrap_or_default(),
            ambiguous_dates: self.ambiguous_dates.unwrap_or_default(),
            ..ConversionOptions::default()
        }
    }
}

/// Preview a file as tables
///
/// What a conversion would take it for: format, encoding, delimiter, header, and each column with its type, missing
/// values and samples. Each guess can be overridden by a parameter, which is an option of the conversion, too. The whole
/// file is read; for one too large for the time of a request, submit a conversion with `dry_run`.
#[utoipa::path(
    get, path = "/v1/files/{file_id}/table", tag = "files", params(("file_id" = String, Path, description = "Id of the file",
        pattern = "^file_[0-9a-f]{32}$"), ReadingParams),
    responses((status = 200, description = "Its tables", body = TablePreview)),
    extensions(("x-problems" = json!([
        "not-found", "invalid-parameter", "unknown-field", "unsupported-format", "malformed-input", "undecodable-text",
        "empty-table", "limit-exceeded", "timeout", "memory-limit", "crashed", "storage-failure", "too-many-requests",
        "deadline-exceeded"
    ]))),
)]
pub(super) async fn get_file_table(
    State(uploads): State<Uploads>,
    State(isolation): State<Isolation>,
    State(gates): State<Gates>,
    IdPath(id): IdPath<FileId>,
    Params(params): Params<ReadingParams>,
) -> Result<Json<TablePreview>, Problem> {
    let _permit = gates.upload()?;
    let meta = find(&uploads, &id).await?;
    let path = uploads.content_path(&id);
    let context = RunContext::unattended(isolation);
    // A client that hangs up, or a deadline, drops this and with it ends the reading.
    let _stop = CancellationToken::drop_guard(context.cancel.clone());
    let options = params.options().table_options(&meta.name);
    let read = tokio::task::spawn_blocking(move || preview(&path, &meta.name, &options, &context)).await;
    let read = read.map_err(|error| Problem::internal(format!("a preview broke off: {error}")))?;
    Ok(Json(read?))
}
