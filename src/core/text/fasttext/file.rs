//! fastText's file format, version 12, as far as quantised classifiers need it.
//!
//! For: bytes into a classifier. Not for: writing, or models that are no classifiers. The one decision: vectors are laid
//! out in full when the file is read, so that asking is adding; that is 64 bytes a feature.

use super::features::Features;
use super::tree::LabelTree;
use super::{Classifier, Matrix};

const MAGIC: i32 = 793_712_314;
const VERSION: i32 = 12;
/// fastText's number for hierarchical softmax.
const HIERARCHICAL: i32 = 1;
/// fastText's number for classifiers.
const SUPERVISED: i32 = 3;
/// Values that one part of a quantised vector can have.
const CENTROIDS: usize = 256;
const LABEL: &str = "__label__";

/// Bytes that are no classifier of the kind that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no fastText classifier that can be read: {0}")]
pub struct FormatError(&'static str);

const TOO_SHORT: FormatError = FormatError("the file ends too early");
const TOO_LARGE: FormatError = FormatError("a count is negative or too large");

/// What lies ahead in the file.
struct Ahead<'a>(&'a [u8]);

impl<'a> Ahead<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], FormatError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn flag(&mut self) -> Result<bool, FormatError> {
        self.array::<1>().map(|[byte]| byte != 0)
    }

    fn number(&mut self) -> Result<i32, FormatError> {
        self.array().map(i32::from_le_bytes)
    }

    fn long(&mut self) -> Result<i64, FormatError> {
        self.array().map(i64::from_le_bytes)
    }

    /// A count in four bytes.
    fn count(&mut self) -> Result<usize, FormatError> {
        usize::try_from(self.number()?).ok().ok_or(TOO_LARGE)
    }

    /// A count in eight bytes.
    fn long_count(&mut self) -> Result<usize, FormatError> {
        usize::try_from(self.long()?).ok().ok_or(TOO_LARGE)
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f32>, FormatError> {
        let bytes = self.bytes(count.checked_mul(4).ok_or(TOO_LARGE)?)?;
        Ok(bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect())
    }

    /// Text up to a zero byte.
    fn text(&mut self) -> Result<&'a [u8], FormatError> {
        let end = memchr::memchr(0, self.0).ok_or(TOO_SHORT)?;
        let text = self.bytes(end)?;
        self.bytes(1)?;
        Ok(text)
    }
}

/// What of the options a classifier was trained with says how to ask it.
struct Options {
    columns: usize,
    buckets: u32,
    shortest: usize,
    longest: usize,
}

/// Reads a whole file.
pub(super) fn classifier(bytes: &[u8]) -> Result<Classifier, FormatError> {
    let mut ahead = Ahead(bytes);
    let options = options(&mut ahead)?;
    let (features, labels, counts) = dictionary(&mut ahead, &options)?;
    if !ahead.flag()? {
        return Err(FormatError("its features are not quantised"));
    }
    let vectors = quantised(&mut ahead)?;
    let output = if ahead.flag()? { quantised(&mut ahead)? } else { dense(&mut ahead)? };
    if vectors.columns != options.columns || output.columns != options.columns {
        return Err(FormatError("its matrices have other columns than it says"));
    }
    Ok(Classifier { features, vectors, tree: LabelTree::new(&counts, output), labels })
}

fn options(ahead: &mut Ahead<'_>) -> Result<Options, FormatError> {
    if ahead.number()? != MAGIC || ahead.number()? != VERSION {
        return Err(FormatError("its first bytes are not those of version 12"));
    }
    let columns = ahead.count()?;
    // Window, epochs, least count, negatives.
    ahead.bytes(4 * 4)?;
    let word_ngrams = ahead.number()?;
    if ahead.number()? != HIERARCHICAL || ahead.number()? != SUPERVISED || word_ngrams != 1 {
        return Err(FormatError("it is not one of single words with hierarchical softmax"));
    }
    let buckets = u32::try_from(ahead.number()?).ok().ok_or(TOO_LARGE)?;
    let (shortest, longest) = (ahead.count()?, ahead.count()?);
    // Rate of updates, threshold of samples.
    ahead.bytes(4 + 8)?;
    if buckets == 0 || longest == 0 {
        return Err(FormatError("it has no parts of words"));
    }
    Ok(Options { columns, buckets, shortest, longest })
}

/// Words, labels and how often each label was seen.
fn dictionary(ahead: &mut Ahead<'_>, options: &Options) -> Result<(Features, Vec<String>, Vec<i64>), FormatError> {
    let (size, words, _labels) = (ahead.count()?, ahead.count()?, ahead.count()?);
    // Tokens of the training data.
    ahead.long()?;
    let pruned = ahead.long_count()?;
    let mut features = Features::new(words, options.buckets, options.shortest..=options.longest);
    let (mut labels, mut counts) = (Vec::new(), Vec::new());
    for number in 0..size {
        let entry = ahead.text()?;
        let count = ahead.long()?;
        if ahead.flag()? {
            let label = std::str::from_utf8(entry).ok().ok_or(FormatError("a label is no text"))?;
            labels.push(label.strip_prefix(LABEL).unwrap_or(label).to_owned());
            counts.push(count);
        } else {
            features.learn_word(entry, number);
        }
    }
    for _ in 0..pruned {
        let bucket = u32::try_from(ahead.number()?).ok().ok_or(TOO_LARGE)?;
        features.learn_bucket(bucket, ahead.count()?);
    }
    Ok((features, labels, counts))
}

/// The centroids of a product quantiser, part by part.
struct Quantizer {
    columns: usize,
    parts: usize,
    width: usize,
    last_width: usize,
    centroids: Vec<f32>,
}

impl Quantizer {
    fn read(ahead: &mut Ahead<'_>) -> Result<Self, FormatError> {
        let (columns, parts, width, last_width) = (ahead.count()?, ahead.count()?, ahead.count()?, ahead.count()?);
        let centroids = ahead.floats(columns.checked_mul(CENTROIDS).ok_or(TOO_LARGE)?)?;
        let covered = parts.checked_sub(1).and_then(|full| full.checked_mul(width)?.checked_add(last_width));
        if covered != Some(columns) {
            return Err(FormatError("its quantiser does not cover a vector"));
        }
        Ok(Self { columns, parts, width, last_width, centroids })
    }

    /// What a code says about a part of a vector.
    fn centroid(&self, part: usize, code: u8) -> &[f32] {
        let width = if part + 1 == self.parts { self.last_width } else { self.width };
        let begin = part * CENTROIDS * self.width + usize::from(code) * width;
        self.centroids.get(begin..begin + width).unwrap_or_default()
    }
}

/// A quantised matrix, laid out in full.
fn quantised(ahead: &mut Ahead<'_>) -> Result<Matrix, FormatError> {
    let has_norms = ahead.flag()?;
    let (rows, columns) = (ahead.long_count()?, ahead.long_count()?);
    let size = ahead.count()?;
    let codes = ahead.bytes(size)?;
    let quantizer = Quantizer::read(ahead)?;
    if columns != quantizer.columns || quantizer.parts == 0 || rows.checked_mul(quantizer.parts) != Some(size) {
        return Err(FormatError("its codes do not make up a matrix"));
    }
    let norms = if has_norms { norms(ahead, rows)? } else { vec![1.0; rows] };
    let mut values = Vec::with_capacity(rows.saturating_mul(columns));
    for (row, norm) in codes.chunks_exact(quantizer.parts).zip(norms) {
        for (part, code) in row.iter().enumerate() {
            values.extend(quantizer.centroid(part, *code).iter().map(|value| norm * value));
        }
    }
    Ok(Matrix { columns, values })
}

/// The lengths of a quantised matrix's rows.
fn norms(ahead: &mut Ahead<'_>, rows: usize) -> Result<Vec<f32>, FormatError> {
    let codes = ahead.bytes(rows)?;
    let quantizer = Quantizer::read(ahead)?;
    codes.iter().map(|code| quantizer.centroid(0, *code).first().copied().ok_or(TOO_SHORT)).collect()
}

fn dense(ahead: &mut Ahead<'_>) -> Result<Matrix, FormatError> {
    let (rows, columns) = (ahead.long_count()?, ahead.long_count()?);
    let values = ahead.floats(rows.checked_mul(columns).ok_or(TOO_LARGE)?)?;
    Ok(Matrix { columns, values })
}
