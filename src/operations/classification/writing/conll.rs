//! The tokens and tags of a data set as CoNLL, which has nothing else.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::ArrowError;
use parquet::errors::ParquetError;

use crate::core::hash::HashingWriter;
use crate::operations::classification::plan::{TAGS, TOKENS};
use crate::operations::classification::tokens::{Tagged, write_conll};

/// A file of CoNLL in the making.
pub(super) struct ConllFile {
    out: BufWriter<HashingWriter<File>>,
    is_first: bool,
}

impl ConllFile {
    /// Makes the file.
    ///
    /// # Errors
    /// When it can't be made.
    pub(super) fn create(path: &Path) -> std::io::Result<Self> {
        Ok(Self { out: BufWriter::new(HashingWriter::new(File::create(path)?)), is_first: true })
    }

    /// Appends rows.
    ///
    /// # Errors
    /// When they can't be written, or CoNLL can't hold a token of theirs.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        let column = |name: &str| {
            let found = batch.column_by_name(name);
            found.ok_or_else(|| ArrowError::SchemaError(format!("there is no column `{name}`")))
        };
        let (tokens, tags) = (column(TOKENS)?, column(TAGS)?);
        for row in 0..batch.num_rows() {
            let tagged = Tagged { tokens: texts(tokens, row), tags: texts(tags, row) };
            write_conll(&mut self.out, &tagged, std::mem::take(&mut self.is_first))?;
        }
        Ok(())
    }

    /// The file and its digest.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn finish(self) -> Result<HashingWriter<File>, ParquetError> {
        Ok(self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?)
    }
}

fn texts(lists: &ArrayRef, row: usize) -> Vec<String> {
    let items = lists.as_list::<i32>().value(row);
    items.as_string::<i32>().iter().map(|item| item.unwrap_or_default().to_owned()).collect()
}
