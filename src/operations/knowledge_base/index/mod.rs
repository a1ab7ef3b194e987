//! The indexes of a generation: by words always, by meaning where somebody asked for it.
//!
//! For: making both of them of records, in one pass, in the folder of a generation. Not for: asking them
//! ([`super::search`]). The one decision: records are addressed by their place, so an index is of one generation, and is
//! made with it. What is not made anew are vectors: an embedder with a cache before it knows those of every content that
//! has not changed.
//!
//! Memory: a batch of records and what an index holds before it writes (some 150 MiB), however many records there are.

mod error;
mod labels;
mod model;

use std::path::Path;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::KnowledgeBaseError;
use super::record::Record;
use crate::core::embeddings::Embedder;
use crate::core::progress::Progress;
use crate::core::search::text::{TextDocument, TextIndexWriter};
use crate::core::search::vectors::{ExactIndex, Metric, Point, Space, VectorIndex as _};
use crate::operations::context::RunContext;
pub use error::IndexError;
pub(super) use labels::{label_of, labels};
pub use model::IndexedModel;

/// Folder of the index by words, in that of a generation.
pub(super) const TEXT_FOLDER: &str = "text";
/// Folder of the index by meaning.
pub(super) const VECTORS_FOLDER: &str = "vectors";
/// Records that are taken at once where nothing is embedded.
const RECORDS: usize = 1_000;
/// Bytes of text after which no more are embedded at once.
const BYTES: usize = 8 << 20;

/// What makes vectors.
#[derive(Clone, Copy)]
pub struct Meaning<'a> {
    /// The model's id: whoever searches needs the same one.
    pub model: &'a str,
    /// Embeds.
    pub embedder: &'a dyn Embedder,
}

/// What was indexed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IndexOutcome {
    /// Records in the index by words.
    pub records: u64,
    /// Records in the index by meaning; `null` if there is none.
    pub vectors: Option<u64>,
    /// Records of which only the beginning has a meaning: they are longer than the model reads; `null` where it does not
    /// tell, or there is no such index.
    pub truncated: Option<u64>,
}

/// Makes the indexes of records, all from the first on, in the folder of their generation.
///
/// # Errors
/// When a record can't be read, the embedder fails, the folder can't be written, or the run was cancelled.
pub fn index(
    records: impl Iterator<Item = Result<Record, KnowledgeBaseError>>,
    total: Option<u64>,
    folder: &Path,
    meaning: Option<Meaning<'_>>,
    context: &RunContext,
) -> Result<IndexOutcome, IndexError> {
    let text = TextIndexWriter::create(&folder.join(TEXT_FOLDER))?;
    let vectors = meaning.map(|meaning| Vectors::create(&folder.join(VECTORS_FOLDER), meaning)).transpose()?;
    let most = meaning.map_or(RECORDS, |meaning| meaning.embedder.texts_at_once().max(1));
    let mut making = Making { text, vectors, outcome: IndexOutcome::default(), total, context };
    let mut batch = Vec::new();
    let mut bytes = 0;
    for record in records {
        let record = record?;
        bytes += record.content.len();
        batch.push(record);
        if batch.len() >= most || bytes > BYTES {
            making.take(&batch)?;
            batch.clear();
            bytes = 0;
        }
    }
    making.take(&batch)?;
    making.finish()
}

struct Making<'a> {
    text: TextIndexWriter,
    vectors: Option<Vectors<'a>>,
    outcome: IndexOutcome,
    total: Option<u64>,
    context: &'a RunContext,
}

impl Making<'_> {
    fn take(&mut self, batch: &[Record]) -> Result<(), IndexError> {
        if self.context.cancel.is_cancelled() {
            return Err(IndexError::Cancelled);
        }
        let first = self.outcome.records;
        for (record, ordinal) in batch.iter().zip(first..) {
            let labels = labels(record);
            let labels: Vec<(&str, &str)> =
                labels.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
            let folder = record.meta.folders.join("/");
            self.text.add(&TextDocument { ordinal, content: &record.content, folder: &folder, labels: &labels })?;
        }
        if let Some(vectors) = &mut self.vectors {
            vectors.add(batch, first, self.context)?;
        }
        self.outcome.records += batch.len() as u64;
        let (done, total) = (self.outcome.records, self.total);
        self.context.progress.report(&Progress { done, total, unit: "records".to_owned(), message: None });
        Ok(())
    }

    fn finish(mut self) -> Result<IndexOutcome, IndexError> {
        self.text.finish()?;
        if let Some(vectors) = self.vectors {
            vectors.index.flush()?;
            self.outcome.vectors = Some(self.outcome.records);
            self.outcome.truncated = vectors.truncated;
        }
        Ok(self.outcome)
    }
}

struct Vectors<'a> {
    index: ExactIndex,
    embedder: &'a dyn Embedder,
    truncated: Option<u64>,
}

impl<'a> Vectors<'a> {
    fn create(folder: &Path, meaning: Meaning<'a>) -> Result<Self, IndexError> {
        let index = ExactIndex::at(folder);
        index.ensure(Space { dimension: meaning.embedder.dimension(), metric: Metric::Cosine })?;
        IndexedModel::of(meaning).write(folder)?;
        Ok(Self { index, embedder: meaning.embedder, truncated: Some(0) })
    }

    fn add(&mut self, batch: &[Record], first: u64, context: &RunContext) -> Result<(), IndexError> {
        let texts: Vec<&str> = batch.iter().map(|record| record.content.as_str()).collect();
        let found = self.embedder.embed(&texts, &context.cancel)?;
        let points: Vec<Point<'_>> = found.vectors().zip(first..).map(|(vector, id)| Point { id, vector }).collect();
        self.index.upsert(&points)?;
        let truncated = found.lengths.map(|all| all.iter().filter(|length| length.is_truncated).count() as u64);
        self.truncated = self.truncated.zip(truncated).map(|(before, more)| before + more);
        Ok(())
    }
}
