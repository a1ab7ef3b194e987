//! Whether a table has the columns that a request names, told before the job queues.
//!
//! The one decision: a table is looked at only if that is quick; of a large one, and of one that can't be read, the job tells.

use tokio_util::sync::CancellationToken;

use crate::core::failure::{Code, Fails as _, Failure};
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::tabular::table::TableOptions;
use crate::operations::classification::{ClassificationOptions, ClassificationRequest};
use crate::operations::context::RunContext;
use crate::operations::rows::{Rows, RowsError, column, is_parquet};
use crate::operations::sources::Sources;
use crate::operations::table_preview::{LikelyRole, PreviewedColumn, preview};
use crate::routers::problem::Problem;

/// Bytes of a table that is looked at; of Parquet only the end is read, whatever its size.
const MOST_BYTES: u64 = 16 << 20;
/// Columns that a refusal names.
const SHOWN: usize = 20;

/// What is wrong with the columns, each at its place in the body. A client that hangs up ends the look.
pub(super) async fn look_for_columns(
    request: &ClassificationRequest,
    sources: Sources,
    isolation: Isolation,
) -> Result<Vec<(String, Failure)>, Problem> {
    let context = RunContext::unattended(isolation);
    let _stop = CancellationToken::drop_guard(context.cancel.clone());
    let request = request.clone();
    let looked = tokio::task::spawn_blocking(move || match sources.local(&request.source) {
        Ok(source) => faults(&source, &request.options, &context),
        // It was there a moment ago; the job tells.
        Err(_gone) => Vec::new(),
    });
    looked.await.map_err(|error| Problem::internal(format!("the look at the columns broke off: {error}")))
}

fn faults(source: &LocalSource, options: &ClassificationOptions, context: &RunContext) -> Vec<(String, Failure)> {
    let LocalSource::File { path, name } = source else {
        let failure = Failure::new(Code::InvalidParameter, "the source is a folder; a data set is made of one table");
        return vec![("/source".to_owned(), failure.with_hint("name a file in it"))];
    };
    let is_small = is_parquet(path) || path.metadata().is_ok_and(|about| about.len() <= MOST_BYTES);
    if options.text_column.is_empty() {
        let columns = is_small.then(|| preview(path, name, &TableOptions::default(), context).ok()).flatten();
        let columns = columns.and_then(|mut preview| preview.tables.drain(..).next()).map(|table| table.columns);
        return vec![("/options/text_column".to_owned(), text_column_required(columns.as_deref()))];
    }
    let named = named_columns(options);
    let names: Vec<_> = named.iter().map(|(_, name)| *name).collect();
    match is_small.then(|| Rows::open(source, &names, context)) {
        Some(Err(error @ RowsError::UnknownFormat { .. })) => vec![("/source".to_owned(), error.to_failure())],
        Some(Err(RowsError::NoColumn { .. })) => missing(source, &named, context),
        _ => Vec::new(),
    }
}

/// All columns that the (first) table does not have.
fn missing(source: &LocalSource, named: &[(String, &str)], context: &RunContext) -> Vec<(String, Failure)> {
    let Ok(rows) = Rows::open(source, &[], context) else { return Vec::new() };
    let look = |(pointer, name): &(String, &str)| {
        column(&rows.schema, name).err().map(|error| (pointer.clone(), error.to_failure()))
    };
    named.iter().filter_map(look).collect()
}

/// Every column that the options name, with its place in the body.
fn named_columns(options: &ClassificationOptions) -> Vec<(String, &str)> {
    // One name may stand there without a list.
    let texts = options.text_column.iter().map(|name| ("/options/text_column".to_owned(), name));
    let kept = options.keep_columns.iter().enumerate();
    let kept = kept.map(|(place, name)| (format!("/options/keep_columns/{place}"), name));
    let single = [
        ("label_column", &options.label_column),
        ("tags_column", &options.tags_column),
        ("spans_column", &options.spans_column),
        ("group_column", &options.group_column),
        ("time_column", &options.time_column),
        ("split_column", &options.split_column),
    ];
    let single = single.into_iter().filter_map(|(option, name)| Some((format!("/options/{option}"), name.as_ref()?)));
    texts.chain(single).chain(kept).map(|(pointer, name)| (pointer, name.as_str())).collect()
}

/// With the columns, where they are known: those that look like texts first.
fn text_column_required(columns: Option<&[PreviewedColumn]>) -> Failure {
    let Some(columns) = columns else {
        return Failure::new(Code::TextColumnRequired, "no text column is named").with_hint(
            "name it with `text_column`; GET /v1/files/{file_id}/table says what the columns of an upload are",
        );
    };
    let is_text = |column: &&PreviewedColumn| column.looks_like.role == LikelyRole::Text;
    let others = columns.iter().filter(|column| !is_text(column));
    let sorted: Vec<_> =
        columns.iter().filter(is_text).chain(others).map(|column| format!("`{}`", column.name)).collect();
    let more = sorted.len().saturating_sub(SHOWN);
    let shown = sorted.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let hint = match columns.iter().find(is_text) {
        Some(column) => {
            format!(
                "name one of them with `text_column`; `{}` looks like it: {}",
                column.name, column.looks_like.reason
            )
        }
        None => "name one of them with `text_column`".to_owned(),
    };
    Failure::new(Code::TextColumnRequired, format!("no text column is named; the columns are {shown}{more}"))
        .with_hint(hint)
}
