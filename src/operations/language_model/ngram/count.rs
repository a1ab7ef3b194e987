//! Counts n-grams, and lays them out as they are asked for.
//!
//! The one decision: n-grams of each order are counted as sums by key: words are packed into a number of 128 bits, the first
//! one highest, so that the order of keys is that of words. Those of the highest order are counted as they stand in the texts;
//! of each lower order it is counted before how many different words each stands, which is the number of n-grams of the next
//! order that end with it.
//!
//! Layout: order 1 has a node for each word of the vocabulary, by its number; other orders have theirs in the order of their
//! words, those that begin alike behind each other. A node has what is asked of it as an n-gram (its last word, its count)
//! and as what comes before (where its n-grams of the next order begin, the sum of their counts, how many there are). A last
//! node says where those of the last one end. The highest order needs words and counts alone.

use std::io;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::operations::language_model::file::{Scratch, Sections};
use crate::operations::language_model::info::{DiscountFrom, OrderInfo};
use crate::operations::language_model::options::LanguageModelOptions;
use crate::operations::language_model::tally::{Entry, Sums, Tally};
use crate::operations::language_model::token_log::TokenLog;
use crate::operations::language_model::words::{END, START};

/// What is taken from counts where nothing can be estimated.
const FALLBACK: f64 = 0.75;
/// How often it is looked whether somebody said stop: every so many units.
const UNITS_A_LOOK: u64 = 4096;

/// Numbers of a node: last word, count, first n-gram of the next order, sum of their counts, how many.
pub(super) const NODE: usize = 5;
/// Numbers of an n-gram of the highest order: last word, count.
pub(super) const LEAF: usize = 2;

/// Name of the section of an order.
pub(super) fn section_name(order: u8) -> String {
    format!("ngrams-{order}")
}

/// How words are packed.
#[derive(Debug, Clone, Copy)]
struct Packing {
    bits: u32,
}

impl Packing {
    /// A key of so many words without the first one.
    fn without_first(self, key: u128, words: u32) -> u128 {
        key & !(u128::MAX << (self.bits * (words - 1)))
    }

    fn push(self, key: u128, word: u32) -> u128 {
        (key << self.bits) | u128::from(word)
    }

    fn last(self, key: u128) -> u32 {
        u32::try_from(key & !(u128::MAX << self.bits)).unwrap_or_default()
    }
}

/// How many bits words of such a vocabulary take; `None` if n-grams of this order do not fit.
pub(in crate::operations::language_model) fn bits_of(vocabulary: u32, order: u8) -> Option<u32> {
    let bits = u32::BITS - vocabulary.leading_zeros();
    (bits * u32::from(order) <= u128::BITS).then_some(bits)
}

/// What n-grams are counted of.
#[derive(Debug)]
pub(in crate::operations::language_model) struct Counting<'a> {
    /// The texts.
    pub(in crate::operations::language_model) log: &'a mut TokenLog,
    /// Numbers of words, by those in the log.
    pub(in crate::operations::language_model) numbers: &'a [u32],
    /// Words of the vocabulary.
    pub(in crate::operations::language_model) vocabulary: u32,
    /// Bits of a word.
    pub(in crate::operations::language_model) bits: u32,
    /// How the model is built.
    pub(in crate::operations::language_model) options: &'a LanguageModelOptions,
    /// Takes scratch files.
    pub(in crate::operations::language_model) folder: &'a Path,
    /// Says stop.
    pub(in crate::operations::language_model) cancel: &'a CancellationToken,
}

impl Counting<'_> {
    /// Counts, writes a section for each order, and says what is in them.
    ///
    /// # Errors
    /// When scratch files can't be used, or somebody said stop (`Interrupted`).
    pub(in crate::operations::language_model) fn run(&mut self, sections: &mut Sections) -> io::Result<Vec<OrderInfo>> {
        let order = self.options.order;
        let packing = Packing { bits: self.bits };
        // From the highest order down.
        let mut counted = vec![self.highest(packing)?];
        for order in (1..order).rev() {
            let Some(longer) = counted.last_mut() else { break };
            let lower = lower(longer, u32::from(order), packing, self.folder)?;
            counted.push(lower);
            self.look()?;
        }
        counted.reverse();
        let mut orders = Vec::new();
        for (at, order) in (1..=order).enumerate() {
            self.look()?;
            let mut section = Scratch::new(section_name(order), self.folder)?;
            let (shorter, longer) = counted.split_at_mut(at + 1);
            let (level, next) = (&mut shorter[at], longer.first_mut());
            let layout = Layout { packing, section: &mut section, seen: Seen::default() };
            let seen = match (order, next) {
                (1, next) => layout.nodes(all_words(level, self.vocabulary)?, next)?,
                (_, Some(next)) => layout.nodes(level.entries()?, Some(next))?,
                (_, None) => layout.leaves(level)?,
            };
            sections.push(section)?;
            orders.push(seen.into_info(order, self.options));
        }
        Ok(orders)
    }

    /// N-grams as often as they stand in the texts. Before a unit there is as often `<s>` as an n-gram has words before its
    /// last; behind it `</s>`, once.
    fn highest(&mut self, packing: Packing) -> io::Result<Sums> {
        let order = u32::from(self.options.order);
        let beginning = (1..order).fold(0, |key, _| packing.push(key, START));
        let mut tally = Tally::new(self.folder);
        let (mut units, cancel) = (0_u64, self.cancel);
        self.log.each_unit(self.numbers, |unit| {
            let mut before = beginning;
            for word in unit.iter().chain([&END]) {
                let ngram = packing.push(before, *word);
                tally.add(ngram, 1)?;
                before = packing.without_first(ngram, order);
            }
            units += 1;
            if units % UNITS_A_LOOK == 0 { look(cancel) } else { Ok(()) }
        })?;
        tally.finish()
    }

    fn look(&self) -> io::Result<()> {
        look(self.cancel)
    }
}

/// Whether somebody said stop.
pub(in crate::operations::language_model) fn look(cancel: &CancellationToken) -> io::Result<()> {
    if cancel.is_cancelled() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
}

/// Before how many different words each n-gram of this order stands. What is all `<s>` is no n-gram, but comes before some.
fn lower(longer: &mut Sums, order: u32, packing: Packing, folder: &Path) -> io::Result<Sums> {
    let mut tally = Tally::new(folder);
    tally.add((0..order).fold(0, |key, _| packing.push(key, START)), 0)?;
    for entry in longer.entries()? {
        let (key, count) = entry?;
        tally.add(packing.without_first(key, order + 1), u64::from(count > 0))?;
    }
    tally.finish()
}

/// A count for each word of the vocabulary.
fn all_words(level: &mut Sums, vocabulary: u32) -> io::Result<impl Iterator<Item = io::Result<Entry>>> {
    let mut counted = level.entries()?.peekable();
    Ok((0..u128::from(vocabulary)).map(move |word| {
        match counted.next_if(|entry| entry.as_ref().map_or(true, |(key, _)| *key == word)) {
            Some(entry) => entry,
            None => Ok((word, 0)),
        }
    }))
}

/// What was seen of an order while it was written.
#[derive(Debug, Default)]
struct Seen {
    ngrams: u64,
    once: u64,
    twice: u64,
}

impl Seen {
    fn see(&mut self, count: u64) {
        self.ngrams += u64::from(count > 0);
        self.once += u64::from(count == 1);
        self.twice += u64::from(count == 2);
    }

    #[expect(clippy::cast_precision_loss, reason = "counts below 2^32 are floats as they are")]
    fn into_info(self, order: u8, options: &LanguageModelOptions) -> OrderInfo {
        let Self { ngrams, once, twice } = self;
        let (discount, discount_from) = match options.discount {
            _ if order == 1 && options.closed_vocabulary => (0.0, DiscountFrom::ClosedVocabulary),
            Some(discount) => (discount, DiscountFrom::Option),
            None if once == 0 || twice == 0 => (FALLBACK, DiscountFrom::Fallback),
            None => (once as f64 / (once + 2 * twice) as f64, DiscountFrom::Estimated),
        };
        OrderInfo { order, ngrams, once, twice, discount, discount_from }
    }
}

/// Writes an order.
struct Layout<'a> {
    packing: Packing,
    section: &'a mut Scratch,
    seen: Seen,
}

impl Layout<'_> {
    /// Nodes, each with what it has in the next order.
    fn nodes(mut self, level: impl Iterator<Item = io::Result<Entry>>, next: Option<&mut Sums>) -> io::Result<Seen> {
        let mut longer = next.map(Sums::entries).transpose()?.into_iter().flatten().peekable();
        let mut first = 0_u32;
        for entry in level {
            let (key, count) = entry?;
            let (mut total, mut kinds, mut end) = (0_u64, 0_u32, first);
            let begins_so = |entry: &io::Result<Entry>| match entry {
                Ok((longer, _)) => longer >> self.packing.bits == key,
                Err(_) => true,
            };
            while let Some(entry) = longer.next_if(begins_so) {
                let (_, count) = entry?;
                (total, kinds, end) = (total + count, kinds + u32::from(count > 0), end + 1);
            }
            self.seen.see(count);
            self.section.numbers(&[self.packing.last(key), small(count)?, first, small(total)?, kinds])?;
            first = end;
        }
        // Else n-grams of the next order would begin with one that is not there.
        if longer.next().is_some() {
            return Err(io::Error::other("n-grams of two orders do not fit"));
        }
        self.section.numbers(&[0, 0, first, 0, 0])?;
        Ok(self.seen)
    }

    /// N-grams of the highest order.
    fn leaves(mut self, level: &mut Sums) -> io::Result<Seen> {
        for entry in level.entries()? {
            let (key, count) = entry?;
            self.seen.see(count);
            self.section.numbers(&[self.packing.last(key), small(count)?])?;
        }
        Ok(self.seen)
    }
}

fn small(count: u64) -> io::Result<u32> {
    u32::try_from(count).map_err(io::Error::other)
}
