//! A table in, a language model out.
//!
//! Memory: the vocabulary, and some 200 MB for what is counted; the rest lies in scratch files beside the model.

use std::io;
use std::path::{Path, PathBuf};

use super::cooccurrence::Cooccurrences;
use super::error::LanguageModelError;
use super::file::{Scratch, Sections};
use super::info::{CooccurrenceInfo, LanguageModelInfo, OrderInfo, SourceInfo};
use super::model::{LETTERS, WORD_COUNTS, WORD_ENDS, WORD_SLOTS};
use super::ngram::{Counting, bits_of};
use super::options::{LanguageModelOptions, check_options};
use super::token_log::TokenLog;
use super::tokens::{Token, Tokens};
use super::words::{END, MOST_WORDS, SPECIAL, WordCounts, WordList};
use crate::core::hash::sha256_file;
use crate::core::intake::LocalSource;
use crate::core::progress::Progress;
use crate::core::storage::atomic::Place;
use crate::operations::context::RunContext;
use crate::operations::rows::{Rejected, Rows, text_column, texts_of};

/// Words and ends of units that a model can be made of: counts have 32 bits.
const MOST_TOKENS: u64 = u32::MAX as u64;

/// Builds a language model of the texts of a column; `output` is the file that it becomes.
///
/// # Errors
/// When the table can't be read, has no words, or too many, an option is out of its range, a file can't be written, or the
/// run was cancelled. Then the output is as it was before.
pub fn build_model(
    source: &LocalSource,
    column: &str,
    output: &Path,
    options: &LanguageModelOptions,
    context: &RunContext,
) -> Result<LanguageModelInfo, LanguageModelError> {
    if let Some((_, error)) = check_options(options).into_iter().next() {
        return Err(error);
    }
    let folder = folder_of(output);
    let (place, file) = Place::beside(output).map_err(LanguageModelError::at("write", output))?;
    let mut texts = Texts::read(source, column, &folder, options, context)?;
    let (log, found) = (&texts.log, &texts.words);
    if log.words == 0 {
        return Err(LanguageModelError::NoWords { column: column.to_owned(), rows: texts.rows });
    }
    let most = found.most_frequent().filter(|(_, count)| *count < u64::from(options.min_count));
    if let Some((word, count)) = most {
        return Err(LanguageModelError::AllRare { min_count: options.min_count, word, count });
    }
    let (numbers, words) = std::mem::take(&mut texts.words).ranked(options.min_count, log.unknown, log.units);
    let mut making = Making { sections: Sections::default(), folder: &folder, options, context };
    let (orders, cooccurrences) = making.count(&mut texts.log, &numbers, words.list())?;
    let list = words.list();
    let info = LanguageModelInfo {
        textmill: env!("CARGO_PKG_VERSION").to_owned(),
        source: source_info(source)?,
        text_column: column.to_owned(),
        options: options.clone(),
        rows: texts.rows,
        rows_without_words: texts.rows_without_words,
        rows_rejected: texts.rejected.count,
        first_reject: texts.rejected.first,
        units: texts.log.units,
        words: texts.log.words,
        unknown_words: list.count(super::words::UNKNOWN),
        vocabulary: u64::from(list.len() - END - 1),
        orders,
        cooccurrences,
    };
    making.sections.write(info.clone(), &file).map_err(LanguageModelError::at("write", output))?;
    place.publish(&file).map_err(LanguageModelError::at("write", output))?;
    Ok(info)
}

fn folder_of(output: &Path) -> PathBuf {
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

fn source_info(source: &LocalSource) -> Result<SourceInfo, LanguageModelError> {
    let path = source.path();
    let (sha256, size_bytes) = sha256_file(path).map_err(LanguageModelError::at("read", path))?;
    let name = match source {
        LocalSource::File { name, .. } => name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned(),
        LocalSource::Folder(path) => path.display().to_string(),
    };
    Ok(SourceInfo { name, sha256, size_bytes })
}

/// What was read of a table.
struct Texts {
    words: WordCounts,
    log: TokenLog,
    rows: u64,
    rows_without_words: u64,
    rejected: Rejected,
}

impl Texts {
    fn read(
        source: &LocalSource,
        column: &str,
        folder: &Path,
        options: &LanguageModelOptions,
        context: &RunContext,
    ) -> Result<Self, LanguageModelError> {
        let mut table = Rows::open(source, &[column], context)?;
        let place = text_column(&table.schema, column)?;
        let log = TokenLog::new(folder).map_err(LanguageModelError::scratch(folder))?;
        let rejected = Rejected::default();
        let mut texts = Self { words: WordCounts::default(), log, rows: 0, rows_without_words: 0, rejected };
        let mut tokens = Tokens::new(options);
        while let Some(batch) = table.next_batch()? {
            if context.cancel.is_cancelled() {
                return Err(LanguageModelError::Cancelled);
            }
            for text in texts_of(batch.column(place)) {
                texts.take(text.unwrap_or_default(), &mut tokens).map_err(LanguageModelError::scratch(folder))?;
            }
            texts.check()?;
            let progress = Progress { done: texts.rows, total: table.total, unit: "rows".to_owned(), message: None };
            context.progress.report(&progress);
        }
        texts.rejected = table.rejected;
        Ok(texts)
    }

    fn take(&mut self, text: &str, tokens: &mut Tokens) -> io::Result<()> {
        let before = self.log.words;
        tokens.read(text, |token| match token {
            Token::Word(word) if SPECIAL.contains(&word) => self.log.word(None),
            Token::Word(word) => self.log.word(Some(self.words.add(word, 1))),
            Token::End => self.log.end(),
        })?;
        self.rows += 1;
        self.rows_without_words += u64::from(self.log.words == before);
        Ok(())
    }

    fn check(&self) -> Result<(), LanguageModelError> {
        if self.log.words + self.log.units > MOST_TOKENS {
            return Err(LanguageModelError::TooMany { what: "words", most: MOST_TOKENS });
        }
        if self.words.len() + SPECIAL.len() > MOST_WORDS as usize {
            return Err(LanguageModelError::TooMany { what: "different words", most: u64::from(MOST_WORDS) });
        }
        Ok(())
    }
}

/// A model in the making.
struct Making<'a> {
    sections: Sections,
    folder: &'a Path,
    options: &'a LanguageModelOptions,
    context: &'a RunContext,
}

impl Making<'_> {
    fn count(
        &mut self,
        log: &mut TokenLog,
        numbers: &[u32],
        words: WordList<'_>,
    ) -> Result<(Vec<OrderInfo>, Option<CooccurrenceInfo>), LanguageModelError> {
        let Self { options, folder, context, .. } = *self;
        let (vocabulary, cancel) = (words.len(), &context.cancel);
        let most = (1_u64 << (u128::BITS / u32::from(options.order)).min(u32::BITS)) - 1;
        let too_many = LanguageModelError::TooMany { what: "different words for n-grams of this order", most };
        let bits = bits_of(vocabulary, options.order).ok_or(too_many)?;
        let stopped_or = |error: io::Error| match error.kind() {
            io::ErrorKind::Interrupted => LanguageModelError::Cancelled,
            _ => LanguageModelError::scratch(folder)(error),
        };
        write_words(words, &mut self.sections, folder).map_err(stopped_or)?;
        self.say("counting n-grams");
        let mut counting = Counting { log, numbers, vocabulary, bits, options, folder, cancel };
        let orders = counting.run(&mut self.sections).map_err(stopped_or)?;
        if options.window == 0 {
            return Ok((orders, None));
        }
        self.say("counting co-occurrences");
        let mut pairs = Cooccurrences { log, numbers, vocabulary, options, folder, cancel };
        let cooccurrences = pairs.run(&mut self.sections).map_err(stopped_or)?;
        Ok((orders, Some(cooccurrences)))
    }

    fn say(&self, message: &str) {
        let progress = Progress { done: 0, total: None, unit: "rows".to_owned(), message: Some(message.to_owned()) };
        self.context.progress.report(&progress);
    }
}

fn write_words(words: WordList<'_>, sections: &mut Sections, folder: &Path) -> io::Result<()> {
    let mut letters = Scratch::new(LETTERS, folder)?;
    letters.bytes(words.letters)?;
    sections.push(letters)?;
    for (name, numbers) in [(WORD_ENDS, words.ends), (WORD_COUNTS, words.counts)] {
        let mut section = Scratch::new(name, folder)?;
        numbers.iter().try_for_each(|number| section.long(*number))?;
        sections.push(section)?;
    }
    let mut slots = Scratch::new(WORD_SLOTS, folder)?;
    slots.numbers(words.slots)?;
    sections.push(slots)
}
