//! From texts to vectors, some at a time.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::EmbeddingJobError;
use super::input::{Text, Texts};
use super::options::EmbeddingOptions;
use super::outcome::EmbeddingOutcome;
use super::output::{VectorSink, to_file, to_stream};
use crate::core::embeddings::{Embedder, EmbeddingError, LocalEmbedder};
use crate::core::progress::Progress;
use crate::operations::context::RunContext;

/// Texts for each thread that go through the model before vectors are written: many, so that like lengths meet.
const TEXTS_A_THREAD: usize = 256;
/// Bytes of text after which no more are added.
const BYTES: usize = 8 << 20;

/// Where texts come from.
#[derive(Debug, Clone)]
pub struct TextSource {
    /// The file.
    pub path: PathBuf,
    /// It holds what came by a stream: its name says nothing.
    pub is_stream: bool,
}

/// Where vectors go.
pub enum VectorTarget {
    /// A file, which appears when it is whole.
    File(PathBuf),
    /// A stream, which takes lines only.
    Stream(Box<dyn Write + Send>),
}

/// Embeds the texts of a file with the model in a folder.
///
/// # Errors
/// When model or input can't be read, the output can't be written, or the run was cancelled.
pub fn embed(
    source: &TextSource,
    model: &Path,
    target: VectorTarget,
    options: &EmbeddingOptions,
    context: &RunContext,
) -> Result<EmbeddingOutcome, EmbeddingJobError> {
    let mut texts = Texts::open(source, options, context)?;
    let embedder = LocalEmbedder::open(model, options.local())?;
    let sink = match target {
        VectorTarget::File(path) => to_file(&path, options.format, embedder.dimension())?,
        VectorTarget::Stream(stream) => to_stream(stream, options.format)?,
    };
    let outcome = EmbeddingOutcome {
        format: options.format,
        dimension: embedder.dimension(),
        rows: 0,
        rows_without_text: 0,
        rows_rejected: 0,
        first_reject: None,
        tokens: 0,
        texts_truncated: 0,
        max_tokens: embedder.max_tokens(),
    };
    let most = TEXTS_A_THREAD * embedder.threads();
    let mut run = Run { embedder: &embedder, context, sink, outcome, total: texts.total };
    let mut waiting: Vec<Text> = Vec::new();
    while let Some(more) = texts.next()? {
        waiting.extend(more);
        while is_enough(&waiting, most) {
            let rest = waiting.split_off(most.min(waiting.len()));
            run.pass(&waiting)?;
            waiting = rest;
        }
    }
    run.pass(&waiting)?;
    run.sink.finish()?;
    let (rows_rejected, first_reject) = (texts.rejected.count, texts.rejected.first);
    Ok(EmbeddingOutcome { rows_rejected, first_reject, ..run.outcome })
}

fn is_enough(waiting: &[Text], most: usize) -> bool {
    waiting.len() >= most || waiting.iter().flatten().map(String::len).sum::<usize>() > BYTES
}

struct Run<'a> {
    embedder: &'a LocalEmbedder,
    context: &'a RunContext,
    sink: Box<dyn VectorSink>,
    outcome: EmbeddingOutcome,
    total: Option<u64>,
}

impl Run<'_> {
    /// Embeds some and writes them.
    fn pass(&mut self, texts: &[Text]) -> Result<(), EmbeddingJobError> {
        if self.context.cancel.is_cancelled() {
            return Err(EmbeddingError::Cancelled.into());
        }
        let filled: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
        let found = self.embedder.embed(&filled, &self.context.cancel)?;
        let mut vectors = found.vectors();
        let by_row: Vec<_> = texts.iter().map(|text| text.as_ref().and_then(|_| vectors.next())).collect();
        self.sink.write(texts, &by_row)?;
        let outcome = &mut self.outcome;
        outcome.rows += texts.len() as u64;
        outcome.rows_without_text += (texts.len() - filled.len()) as u64;
        outcome.tokens += found.lengths.iter().map(|length| length.tokens as u64).sum::<u64>();
        outcome.texts_truncated += found.lengths.iter().filter(|length| length.is_truncated).count() as u64;
        let progress = Progress { done: outcome.rows, total: self.total, unit: "texts".to_owned(), message: None };
        self.context.progress.report(&progress);
        Ok(())
    }
}
