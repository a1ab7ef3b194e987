//! From texts to vectors, some at a time.

use std::io::Write;
use std::path::PathBuf;

use super::error::EmbeddingJobError;
use super::input::{Text, Texts};
use super::options::EmbeddingOptions;
use super::outcome::EmbeddingOutcome;
use super::output::{VectorSink, to_file, to_stream};
use crate::core::embeddings::{Embedder, EmbeddingError};
use crate::core::progress::Progress;
use crate::operations::context::RunContext;

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

/// Embeds the texts of a file.
///
/// # Errors
/// When the embedder fails, the input can't be read, the output can't be written, or the run was cancelled.
pub fn embed(
    source: &TextSource,
    embedder: &dyn Embedder,
    target: VectorTarget,
    options: &EmbeddingOptions,
    context: &RunContext,
) -> Result<EmbeddingOutcome, EmbeddingJobError> {
    let mut texts = Texts::open(source, options, context)?;
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
        tokens: Some(0),
        texts_truncated: Some(0),
        max_tokens: embedder.max_tokens(),
    };
    let most = embedder.texts_at_once();
    let mut run = Run { embedder, context, sink, outcome, total: texts.total };
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
    embedder: &'a dyn Embedder,
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
        let lengths = found.lengths.as_deref();
        let tokens = lengths.map(|all| all.iter().map(|length| length.tokens as u64).sum::<u64>());
        let truncated = lengths.map(|all| all.iter().filter(|length| length.is_truncated).count() as u64);
        outcome.tokens = outcome.tokens.zip(tokens).map(|(before, more)| before + more);
        outcome.texts_truncated = outcome.texts_truncated.zip(truncated).map(|(before, more)| before + more);
        let progress = Progress { done: outcome.rows, total: self.total, unit: "texts".to_owned(), message: None };
        self.context.progress.report(&progress);
        Ok(())
    }
}
