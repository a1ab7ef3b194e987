//! A table in, the same table with the perplexity of each text out, some rows at a time.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::LanguageModelError;
use super::model::LanguageModel;
use super::score::{Scorer, TextScore};
use crate::core::intake::LocalSource;
use crate::core::progress::Progress;
use crate::core::storage::atomic::Place;
use crate::core::tabular::parquet::{Pages, ParquetFile};
use crate::core::tabular::table::Rejects as _;
use crate::operations::context::RunContext;
use crate::operations::rows::{Rejected, Rows, text_column, texts_of};

/// Texts whose scores are in the outcome one by one.
const MOST_ITEMS: usize = 1_000;
/// Lines that are scored at once, and bytes after which no further one is read.
const LINES: usize = 8_192;
const LINE_BYTES: usize = 16 << 20;
const ROW_GROUP_ROWS: usize = 1_000_000;
/// The columns that are added.
const ADDED: [(&str, DataType, bool); 4] = [
    ("perplexity", DataType::Float64, true),
    ("log_probability", DataType::Float64, true),
    ("tokens", DataType::Int64, false),
    ("unknown_words", DataType::Int64, false),
];

/// Where texts to be scored are.
#[derive(Debug, Clone)]
pub enum ScoreSource {
    /// In a column of a table.
    Table {
        /// The table.
        source: LocalSource,
        /// The column.
        column: String,
    },
    /// Each a line of a file in UTF-8.
    Lines(PathBuf),
}

/// What came of scoring a table.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ScoreOutcome {
    /// All texts together.
    #[serde(flatten)]
    pub total: TextScore,
    /// Rows that were scored.
    pub rows: u64,
    /// Rows without a word: they have no perplexity.
    pub rows_without_words: u64,
    /// Rows that can't be read.
    pub rows_rejected: u64,
    /// Where and why the first was rejected.
    pub first_reject: Option<String>,
    /// The first texts, 1000 at most, in the order of the table.
    pub items: Vec<TextScore>,
}

/// Scores each text; `output` is the Parquet file that takes the table with its scores.
///
/// # Errors
/// When the texts can't be read, the output can't be written or has one of its columns already, or the run was cancelled.
/// Then there is no output.
pub fn score_table(
    model: &LanguageModel,
    source: &ScoreSource,
    output: Option<&Path>,
    context: &RunContext,
) -> Result<ScoreOutcome, LanguageModelError> {
    let mut texts = Texts::open(source, context)?;
    let mut table = output.map(|path| Scored::begin(path, &texts)).transpose()?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut scorers: Vec<Scorer<'_>> = (0..threads).map(|_| model.scorer()).collect();
    let mut outcome = ScoreOutcome {
        total: TextScore::default(),
        rows: 0,
        rows_without_words: 0,
        rows_rejected: 0,
        first_reject: None,
        items: Vec::new(),
    };
    while let Some(batch) = texts.next()? {
        if context.cancel.is_cancelled() {
            return Err(LanguageModelError::Cancelled);
        }
        let cells = texts_of(batch.column(texts.place));
        let scores = score_all(&mut scorers, &cells);
        outcome.take(&scores);
        if let Some(table) = &mut table {
            table.write(&batch, &scores)?;
        }
        let progress = Progress { done: outcome.rows, total: texts.total(), unit: "rows".to_owned(), message: None };
        context.progress.report(&progress);
    }
    if let Some(table) = table {
        table.finish()?;
    }
    let rejected = texts.rejected();
    Ok(ScoreOutcome { rows_rejected: rejected.count, first_reject: rejected.first, ..outcome })
}

/// Each scorer takes a piece of the rows, on a thread of its own.
fn score_all(scorers: &mut [Scorer<'_>], cells: &[Option<&str>]) -> Vec<TextScore> {
    let piece = cells.len().div_ceil(scorers.len().max(1)).max(1);
    let mut scores = vec![TextScore::default(); cells.len()];
    thread::scope(|scope| {
        for ((scorer, cells), scores) in scorers.iter_mut().zip(cells.chunks(piece)).zip(scores.chunks_mut(piece)) {
            scope.spawn(move || {
                for (cell, score) in cells.iter().zip(scores) {
                    *score = scorer.score(cell.unwrap_or_default());
                }
            });
        }
    });
    scores
}

impl ScoreOutcome {
    fn take(&mut self, scores: &[TextScore]) {
        self.rows += scores.len() as u64;
        self.rows_without_words += scores.iter().filter(|score| score.words == 0).count() as u64;
        self.total = scores.iter().fold(self.total, TextScore::with);
        self.items.extend(scores.iter().take(MOST_ITEMS - self.items.len()));
    }
}

/// Texts in the rows of batches.
struct Texts {
    source: Batches,
    /// Which column they are.
    place: usize,
    schema: SchemaRef,
}

enum Batches {
    Table(Box<Rows>),
    Lines { file: BufReader<File>, path: PathBuf, line: u64, rejected: Rejected },
}

impl Texts {
    fn open(source: &ScoreSource, context: &RunContext) -> Result<Self, LanguageModelError> {
        match source {
            ScoreSource::Table { source, column } => {
                let rows = Rows::open(source, &[column], context)?;
                let (place, schema) = (text_column(&rows.schema, column)?, Arc::clone(&rows.schema));
                Ok(Self { source: Batches::Table(Box::new(rows)), place, schema })
            }
            ScoreSource::Lines(path) => {
                let file = BufReader::new(File::open(path).map_err(LanguageModelError::at("read", path))?);
                let source = Batches::Lines { file, path: path.clone(), line: 0, rejected: Rejected::default() };
                let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, false)]));
                Ok(Self { source, place: 0, schema })
            }
        }
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, LanguageModelError> {
        let (file, path, line, rejected) = match &mut self.source {
            Batches::Table(rows) => return Ok(rows.next_batch()?),
            Batches::Lines { file, path, line, rejected } => (file, path, line, rejected),
        };
        let (mut lines, mut bytes, mut read) = (Vec::new(), Vec::new(), 0);
        while lines.len() < LINES && read < LINE_BYTES {
            bytes.clear();
            let count = file.read_until(b'\n', &mut bytes).map_err(LanguageModelError::at("read", path))?;
            if count == 0 {
                break;
            }
            (*line, read) = (*line + 1, read + count);
            match str::from_utf8(&bytes) {
                Ok(text) => lines.push(text.trim_end_matches(['\n', '\r']).to_owned()),
                Err(_) => rejected.reject(*line, "it is not UTF-8", &bytes).unwrap_or_default(),
            }
        }
        if read == 0 {
            return Ok(None);
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), vec![Arc::new(StringArray::from(lines))]);
        Ok(batch.ok())
    }

    fn total(&self) -> Option<u64> {
        match &self.source {
            Batches::Table(rows) => rows.total,
            Batches::Lines { .. } => None,
        }
    }

    fn rejected(self) -> Rejected {
        match self.source {
            Batches::Table(rows) => rows.rejected,
            Batches::Lines { rejected, .. } => rejected,
        }
    }
}

/// The table with its scores in the making.
struct Scored {
    file: ParquetFile,
    place: Place,
    schema: SchemaRef,
}

impl Scored {
    fn begin(path: &Path, texts: &Texts) -> Result<Self, LanguageModelError> {
        if let Some((taken, ..)) = ADDED.iter().find(|(name, ..)| texts.schema.column_with_name(name).is_some()) {
            return Err(LanguageModelError::ColumnTaken { name: (*taken).to_owned() });
        }
        let added = ADDED.map(|(name, kind, is_nullable)| Arc::new(Field::new(name, kind, is_nullable)));
        let fields: Vec<FieldRef> = texts.schema.fields().iter().cloned().chain(added).collect();
        let schema = Arc::new(Schema::new_with_metadata(fields, texts.schema.metadata().clone()));
        let metadata = match &texts.source {
            Batches::Table(rows) => rows.metadata.clone(),
            Batches::Lines { .. } => Vec::new(),
        };
        let (place, _made) = Place::beside(path).map_err(LanguageModelError::at("write", path))?;
        let file = ParquetFile::create(place.scratch(), Arc::clone(&schema), Pages::Zstd, ROW_GROUP_ROWS, metadata);
        Ok(Self { file: file.map_err(LanguageModelError::parquet(path))?, place, schema })
    }

    fn write(&mut self, batch: &RecordBatch, scores: &[TextScore]) -> Result<(), LanguageModelError> {
        let failed = LanguageModelError::parquet(self.place.path());
        let sums = scores.iter().map(|score| (score.tokens > 0).then_some(score.log_probability));
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let added: [ArrayRef; ADDED.len()] = [
            Arc::new(scores.iter().map(|score| score.perplexity).collect::<Float64Array>()),
            Arc::new(sums.collect::<Float64Array>()),
            Arc::new(Int64Array::from_iter_values(scores.iter().map(|score| number(score.tokens)))),
            Arc::new(Int64Array::from_iter_values(scores.iter().map(|score| number(score.unknown_words)))),
        ];
        let columns = batch.columns().iter().cloned().chain(added).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| failed(error.into()))?;
        self.file.write(&batch).map_err(failed)
    }

    fn finish(self) -> Result<(), LanguageModelError> {
        let path = self.place.path().to_owned();
        let (_, written) = self.file.finish().map_err(LanguageModelError::parquet(&path))?;
        self.place.publish(&written.finish().0).map_err(LanguageModelError::at("write", &path))
    }
}
