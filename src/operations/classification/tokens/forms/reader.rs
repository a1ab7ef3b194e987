//! Rows of a file, whatever its form.

use std::path::PathBuf;

use super::super::error::TokensError;
use super::super::options::{TokensForm, TokensOptions};
use super::Row;
use super::lines::{LineRows, form_of_json};
use super::table::TableRows;
use crate::core::intake::LocalSource;
use crate::operations::context::RunContext;
use crate::operations::rows::Rejected;

/// The rows of a file.
pub(in super::super) struct Reader {
    path: PathBuf,
    form: TokensForm,
    rows: Kind,
}

enum Kind {
    Lines(Box<LineRows>),
    Table(Box<TableRows>),
}

impl Reader {
    /// Opens a file that is to be brought into the form `to`.
    ///
    /// # Errors
    /// When it can't be read, nothing says its form, or its columns hold something else.
    pub(in super::super) fn open(
        source: &LocalSource,
        options: &TokensOptions,
        to: TokensForm,
        context: &RunContext,
    ) -> Result<Self, TokensError> {
        let LocalSource::File { path, name } = source else {
            return Err(TokensError::Folder { path: source.path().to_owned() });
        };
        let is_json = [".jsonl", ".ndjson", ".jsonl.gz", ".jsonl.zst", ".ndjson.gz", ".ndjson.zst"]
            .iter()
            .any(|ending| name.to_lowercase().ends_with(ending));
        let mut form = options.from.or_else(|| TokensForm::by_name(name));
        if form.is_none() && is_json {
            form = form_of_json(path, &context.cancel)?;
        }
        let path = path.clone();
        if let Some(form @ (TokensForm::Conll | TokensForm::Iob | TokensForm::Spans)) = form {
            let rows = Kind::Lines(Box::new(LineRows::open(&path, form, &context.cancel)?));
            return Ok(Self { path, form, rows });
        }
        // A name alone does not say whether a table has tags or spans.
        let table = TableRows::open(source, options, to, context)?;
        Ok(Self { path, form: table.form(), rows: Kind::Table(Box::new(table)) })
    }

    /// The form that was found.
    pub(in super::super) fn form(&self) -> TokensForm {
        self.form
    }

    /// The next rows, maybe none; `None` at the end.
    ///
    /// # Errors
    /// When reading fails.
    pub(in super::super) fn next(&mut self) -> Result<Option<Vec<Row>>, TokensError> {
        match &mut self.rows {
            Kind::Lines(lines) => lines.next(&self.path),
            Kind::Table(table) => table.next(),
        }
    }

    /// Rows of the file, where it says how many there are.
    pub(in super::super) fn total(&self) -> Option<u64> {
        if let Kind::Table(table) = &self.rows { table.rows.total } else { None }
    }

    /// Rows of a table that can't be read.
    pub(in super::super) fn rejected(&self) -> Option<&Rejected> {
        if let Kind::Table(table) = &self.rows { Some(&table.rows.rejected) } else { None }
    }

    /// Marks of new documents that were passed over.
    pub(in super::super) fn document_marks(&self) -> u64 {
        if let Kind::Lines(lines) = &self.rows { lines.document_marks() } else { 0 }
    }

    /// Columns that are in no row.
    pub(in super::super) fn columns_left_out(&self) -> Vec<String> {
        match &self.rows {
            Kind::Lines(lines) => lines.columns_left_out(),
            Kind::Table(table) => table.columns_left_out(),
        }
    }
}
