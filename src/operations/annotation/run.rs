//! A table in, the same table with its mentions out, some rows at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use arrow_array::RecordBatch;

use super::annotator::{Annotator, Found};
use super::error::AnnotationError;
use super::export::{Exported, Row};
use super::lexicon::Lexicon;
use super::lists::lexicon_of;
use super::matcher::Matcher;
use super::options::{AnnotationOptions, Export};
use super::outcome::{AnnotationOutcome, ConceptOutcome, FoundBy};
use super::output::Table;
use super::typo::Spelling;
use crate::core::embeddings::Embedder;
use crate::core::intake::LocalSource;
use crate::core::progress::Progress;
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::KnowledgeBase;
use crate::operations::rows::{self, Rows, is_text, texts_of};

/// Records of a knowledge base from which words are learnt.
const KNOWN_RECORDS: usize = 100_000;

/// With what a table is annotated, and how.
pub struct TableAnnotation<'a> {
    /// Whose lists say what is looked for.
    pub base: &'a KnowledgeBase,
    /// Column of the texts.
    pub text_column: &'a str,
    /// How to annotate.
    pub options: &'a AnnotationOptions,
    /// Tells meanings; needed with `options.meaning`.
    pub embedder: Option<Arc<dyn Embedder>>,
}

/// Annotates a table; `output` is the file that it becomes, beside which further forms are written.
///
/// # Errors
/// When the knowledge base or the table can't be read, the model fails, an output can't be written, or the run was
/// cancelled. Then there is no output.
pub fn annotate_table(
    source: &LocalSource,
    output: &Path,
    annotation: &TableAnnotation<'_>,
    context: &RunContext,
) -> Result<AnnotationOutcome, AnnotationError> {
    let TableAnnotation { base, text_column, options, embedder } = annotation;
    let lexicon = Arc::new(lexicon_of(base, options)?);
    let mut rows = Rows::open(source, &[text_column], context)?;
    let place = rows::text_column(&rows.schema, text_column)?;
    let outputs = Outputs::begin(output, &rows, &lexicon, options)?;
    let spelling =
        options.typo.then(|| spelling_of_table(&lexicon, base, source, &[text_column], context)).transpose()?;
    let annotator = Annotator::new(Arc::clone(&lexicon), spelling, embedder.clone(), options, &context.cancel)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let outcome = nothing_yet(base, &lexicon, outputs.names());
    let mut run = Run {
        annotator: &annotator,
        matchers: annotator.matchers(threads),
        outputs,
        outcome,
        context,
        total: rows.total,
    };
    while let Some(batch) = rows.next_batch()? {
        run.pass(&batch, place)?;
    }
    run.outputs.finish()?;
    let (rows_rejected, first_reject) = (rows.rejected.count, rows.rejected.first);
    Ok(AnnotationOutcome { rows_rejected, first_reject, ..run.outcome })
}

/// What a lexicon and its knowledge base tell of spelling.
///
/// # Errors
/// When the knowledge base can't be read.
pub(super) fn spelling(lexicon: &Lexicon, base: &KnowledgeBase) -> Result<Spelling, AnnotationError> {
    let mut spelling = Spelling::new(lexicon);
    for record in base.records().take(KNOWN_RECORDS) {
        spelling.learn([record?.content.as_str()]);
    }
    Ok(spelling)
}

/// The same, and how often words are met in a table, which is read once for that.
///
/// # Errors
/// When the knowledge base or the table can't be read, or it was cancelled.
pub(super) fn spelling_of_table(
    lexicon: &Lexicon,
    base: &KnowledgeBase,
    source: &LocalSource,
    columns: &[&str],
    context: &RunContext,
) -> Result<Spelling, AnnotationError> {
    let mut spelling = spelling(lexicon, base)?;
    let mut rows = Rows::open(source, columns, context)?;
    let places = columns.iter().map(|name| rows::column(&rows.schema, name)).collect::<Result<Vec<_>, _>>()?;
    while let Some(batch) = rows.next_batch()? {
        if context.cancel.is_cancelled() {
            return Err(AnnotationError::Cancelled);
        }
        // What holds no text holds no word.
        let texts = places.iter().map(|place| batch.column(*place)).filter(|column| is_text(column.data_type()));
        texts.for_each(|column| spelling.learn(texts_of(column).into_iter().flatten()));
    }
    Ok(spelling)
}

fn nothing_yet(base: &KnowledgeBase, lexicon: &Lexicon, outputs: Vec<String>) -> AnnotationOutcome {
    let concept = |name: &String| ConceptOutcome { name: name.clone(), mentions: 0, rows: 0 };
    AnnotationOutcome {
        knowledge_base: base.name().to_string(),
        generation: base.generation().to_owned(),
        outputs,
        rows: 0,
        rows_without_text: 0,
        rows_with_mentions: 0,
        rows_rejected: 0,
        first_reject: None,
        mentions: 0,
        found: FoundBy::default(),
        concepts: lexicon.concepts().iter().map(concept).collect(),
    }
}

struct Run<'a> {
    annotator: &'a Annotator,
    matchers: Vec<Matcher<'a>>,
    outputs: Outputs,
    outcome: AnnotationOutcome,
    context: &'a RunContext,
    total: Option<u64>,
}

impl Run<'_> {
    /// Annotates some rows and writes them.
    fn pass(&mut self, batch: &RecordBatch, text_column: usize) -> Result<(), AnnotationError> {
        if self.context.cancel.is_cancelled() {
            return Err(AnnotationError::Cancelled);
        }
        let cells = texts_of(batch.column(text_column));
        let texts: Vec<&str> = cells.iter().map(|cell| cell.unwrap_or_default()).collect();
        let found = self.annotator.annotate(&mut self.matchers, &texts, &self.context.cancel)?;
        let lexicon = &self.annotator.lexicon;
        self.outputs.table.write(batch, &texts, &found, lexicon)?;
        for (text, found) in cells.iter().zip(&found) {
            self.outcome.count(*text, found);
            let row = Row { number: self.outcome.rows, text: *text, found };
            self.outputs.exported.iter_mut().try_for_each(|exported| exported.write(&row, lexicon))?;
        }
        let progress = Progress { done: self.outcome.rows, total: self.total, unit: "rows".to_owned(), message: None };
        self.context.progress.report(&progress);
        Ok(())
    }
}

impl AnnotationOutcome {
    fn count(&mut self, text: Option<&str>, found: &Found) {
        self.rows += 1;
        self.rows_without_text += u64::from(text.is_none());
        self.rows_with_mentions += u64::from(!found.mentions.is_empty());
        self.mentions += found.mentions.len() as u64;
        for (place, mention) in found.mentions.iter().enumerate() {
            self.found.add(mention.how);
            let is_first = found.mentions.iter().take(place).all(|other| other.concept != mention.concept);
            let concept = &mut self.concepts[mention.concept as usize];
            concept.mentions += 1;
            concept.rows += u64::from(is_first);
        }
    }
}

/// The table and the other forms.
struct Outputs {
    path: PathBuf,
    table: Table,
    exported: Vec<Exported>,
    forms: Vec<Export>,
}

impl Outputs {
    fn begin(
        path: &Path,
        rows: &Rows,
        lexicon: &Lexicon,
        options: &AnnotationOptions,
    ) -> Result<Self, AnnotationError> {
        let mut forms = options.exports.clone();
        forms.sort_unstable();
        forms.dedup();
        let table = Table::begin(path, rows, lexicon, options.counts)?;
        let exported = forms.iter().map(|form| Exported::begin(*form, &beside(path, *form)));
        let exported = exported.collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), table, exported, forms })
    }

    fn names(&self) -> Vec<String> {
        let others = self.forms.iter().map(|form| beside(&self.path, *form));
        let all = [self.path.clone()].into_iter().chain(others);
        all.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
    }

    /// The table last: when it is there, so is the rest.
    fn finish(self) -> Result<(), AnnotationError> {
        self.exported.into_iter().try_for_each(Exported::finish)?;
        self.table.finish()
    }
}

/// `a.parquet` has `a.conll` beside it.
fn beside(path: &Path, form: Export) -> PathBuf {
    path.with_extension(form.suffix())
}
