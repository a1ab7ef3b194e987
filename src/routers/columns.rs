//! Whether a table has the columns that a request names, told before the job queues.
//!
//! The one decision: a table is looked at only if that is quick; of a large one, and of one that can't be read, the job tells.

use crate::core::failure::{Code, Fails as _, Failure};
use crate::core::intake::LocalSource;
use crate::core::tabular::table::TableOptions;
use crate::operations::context::RunContext;
use crate::operations::rows::{Rows, RowsError, column, is_parquet};
use crate::operations::table_preview::{LikelyRole, PreviewedColumn, preview};

/// Bytes of a table that is looked at; of Parquet only the end is read, whatever its size.
const MOST_BYTES: u64 = 16 << 20;
/// Columns that a refusal names.
const SHOWN: usize = 20;

/// What a request says of a table.
#[derive(Debug, Clone)]
pub(crate) struct Named<'a> {
    /// Where the body names the table, e.g. `/source`.
    pub(crate) at: &'static str,
    /// What a folder is refused with.
    pub(crate) one_table: &'static str,
    /// Whether no text column is named.
    pub(crate) lacks_text: bool,
    /// The columns that must be there, each with its place in the body.
    pub(crate) columns: Vec<(String, &'a str)>,
}

/// What is wrong with the columns of a table, each at its place in the body.
pub(crate) fn faults(source: &LocalSource, named: &Named<'_>, context: &RunContext) -> Vec<(String, Failure)> {
    let LocalSource::File { path, name } = source else {
        let failure = Failure::new(Code::InvalidParameter, named.one_table).with_hint("name a file in it");
        return vec![(named.at.to_owned(), failure)];
    };
    let is_small = is_parquet(path) || path.metadata().is_ok_and(|about| about.len() <= MOST_BYTES);
    if named.lacks_text {
        let columns = is_small.then(|| preview(path, name, &TableOptions::default(), context).ok()).flatten();
        let columns = columns.and_then(|mut preview| preview.tables.drain(..).next()).map(|table| table.columns);
        return vec![("/options/text_column".to_owned(), text_column_required(columns.as_deref()))];
    }
    let names: Vec<_> = named.columns.iter().map(|(_, name)| *name).collect();
    match is_small.then(|| Rows::open(source, &names, context)) {
        Some(Err(error @ RowsError::UnknownFormat { .. })) => vec![(named.at.to_owned(), error.to_failure())],
        Some(Err(RowsError::NoColumn { .. })) => missing(source, &named.columns, context),
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
