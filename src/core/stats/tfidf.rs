//! Texts as weighted counts of their words.
//!
//! For: classifiers on words. Not for: search (`core::search`), or words for people (`core::text`). The one decision: tokens,
//! stop words and weights are those of scikit-learn's `TfidfVectorizer` with `sublinear_tf` and English stop words (BSD
//! licence; the list is that of the Glasgow Information Retrieval Group), so that weights can be held against others'.

use std::collections::HashMap;

use super::size::size;
use crate::core::text::characters::is_word;

/// Words that say nothing about what a text is on.
const STOP_WORDS: &str = include_str!("stop_words.txt");

/// The words that were fitted, and how much each weighs.
#[derive(Debug)]
pub(super) struct Tfidf {
    /// The words, sorted.
    pub words: Vec<String>,
    places: HashMap<String, u32, foldhash::fast::FixedState>,
    weights: Vec<f64>,
}

/// Rows of numbers that are mostly zero.
#[derive(Debug, Default)]
pub(super) struct SparseRows {
    starts: Vec<usize>,
    places: Vec<u32>,
    values: Vec<f64>,
}

impl SparseRows {
    /// Rows.
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The columns of a row that are not zero, rising, and their values.
    pub(super) fn row(&self, row: usize) -> (&[u32], &[f64]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.places[range.clone()], &self.values[range])
    }
}

impl Tfidf {
    /// Learns the words of texts; those in more than `most_share` (0..1) of the texts are left out. The second is the fitted
    /// texts' weights.
    pub(super) fn fit<'t>(texts: impl ExactSizeIterator<Item = &'t str>, most_share: f64) -> (Self, SparseRows) {
        let rows = texts.len();
        let mut met = Met::default();
        let mut counted = SparseRows { starts: vec![0], ..SparseRows::default() };
        for text in texts {
            met.count(text, &mut counted);
        }
        let most = most_share * size(rows);
        let stop_words: std::collections::HashSet<&str> = STOP_WORDS.lines().collect();
        let mut kept: Vec<(&str, u32)> = met.numbers.iter().map(|(word, number)| (word.as_str(), *number)).collect();
        kept.retain(|(word, number)| size(met.rows[place(*number)]) <= most && !stop_words.contains(word));
        kept.sort_unstable();
        let mut renumbered = vec![None; met.rows.len()];
        for (new, (_, old)) in (0_u32..).zip(&kept) {
            renumbered[place(*old)] = Some(new);
        }
        let weight = |old: u32| ((1.0 + size(rows)) / (1.0 + size(met.rows[place(old)]))).ln() + 1.0;
        let weights: Vec<f64> = kept.iter().map(|(_, old)| weight(*old)).collect();
        let fitted = counted.reweighted(|old| renumbered[place(old)], &weights);
        let words: Vec<String> = kept.iter().map(|(word, _)| (*word).to_owned()).collect();
        let places = words.iter().cloned().zip(0..).collect();
        (Self { words, places, weights }, fitted)
    }

    /// The weights of other texts; words that were not fitted do not count.
    pub(super) fn weigh<'t>(&self, texts: impl Iterator<Item = &'t str>) -> SparseRows {
        let mut counted = SparseRows { starts: vec![0], ..SparseRows::default() };
        let (mut lower, mut places) = (String::new(), Vec::new());
        for text in texts {
            places.clear();
            each_token(text, &mut lower, |token| places.extend(self.places.get(token)));
            counted.push_counts(&mut places);
        }
        counted.reweighted(Some, &self.weights)
    }
}

/// Words by the order in which they were met.
#[derive(Default)]
struct Met {
    numbers: HashMap<String, u32, foldhash::fast::FixedState>,
    /// Texts that have the word.
    rows: Vec<usize>,
    lower: String,
    places: Vec<u32>,
}

impl Met {
    fn count(&mut self, text: &str, counted: &mut SparseRows) {
        self.places.clear();
        let (numbers, rows, places) = (&mut self.numbers, &mut self.rows, &mut self.places);
        each_token(text, &mut self.lower, |token| {
            let number = numbers.get(token).copied().unwrap_or_else(|| {
                let number = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                numbers.insert(token.to_owned(), number);
                rows.push(0);
                number
            });
            places.push(number);
        });
        let before = counted.places.len();
        counted.push_counts(places);
        counted.places[before..].iter().for_each(|&number| rows[place(number)] += 1);
    }
}

impl SparseRows {
    /// Adds a row that counts `places`, which are sorted on the way.
    fn push_counts(&mut self, places: &mut [u32]) {
        places.sort_unstable();
        for run in places.chunk_by(|one, other| one == other) {
            self.places.push(run[0]);
            self.values.push(size(run.len()));
        }
        self.starts.push(self.places.len());
    }

    /// Counts as weights: their logarithm times the weight of the word, brought to length 1.
    fn reweighted(&self, new_place: impl Fn(u32) -> Option<u32>, weights: &[f64]) -> Self {
        let mut made = Self { starts: vec![0], ..Self::default() };
        let mut entries: Vec<(u32, f64)> = Vec::new();
        for row in 0..self.len() {
            let (places, counts) = self.row(row);
            let weighed = places.iter().zip(counts).filter_map(|(&old, count)| {
                let new = new_place(old)?;
                Some((new, (count.ln() + 1.0) * weights[place(new)]))
            });
            entries.clear();
            entries.extend(weighed);
            entries.sort_unstable_by_key(|(place, _)| *place);
            let length = entries.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
            made.places.extend(entries.iter().map(|(place, _)| *place));
            made.values.extend(entries.iter().map(|(_, value)| value / length));
            made.starts.push(made.places.len());
        }
        made
    }
}

/// Runs of two and more word characters, in lower case.
pub(super) fn each_token(text: &str, lower: &mut String, mut take: impl FnMut(&str)) {
    lower.clear();
    if text.is_ascii() {
        lower.push_str(text);
        lower.make_ascii_lowercase();
    } else {
        *lower = text.to_lowercase();
    }
    for token in lower.split(|character: char| !is_word(character)) {
        if token.len() > 1 && token.chars().nth(1).is_some() {
            take(token);
        }
    }
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_scikit_learn() {
        // TfidfVectorizer(sublinear_tf=True, max_df=0.5, stop_words="english") on the four texts.
        let texts = ["The cat sat, cat!", "Dogs sat down_town x", "a bird flew", "bird Ärger"];
        let (fitted, rows) = Tfidf::fit(texts.into_iter(), 0.5);
        assert_eq!(fitted.words, ["bird", "cat", "dogs", "down_town", "flew", "sat", "ärger"]);
        let (places, values) = rows.row(0);
        assert_eq!(places, [1, 5]);
        let (cat, sat) = ((1.0 + 2.0_f64.ln()) * (1.0 + 2.5_f64.ln()), 1.0 + (5.0_f64 / 3.0).ln());
        let length = cat.hypot(sat);
        assert!((values[0] - cat / length).abs() < 1e-12 && (values[1] - sat / length).abs() < 1e-12);
        assert_eq!(fitted.weigh(["cat fish", "fish"].into_iter()).row(0), (&[1][..], &[1.0][..]));
        assert_eq!(fitted.weigh(["cat fish", "fish"].into_iter()).row(1), (&[][..], &[][..]));
    }

    #[test]
    fn texts_without_words_have_no_weights() {
        let (fitted, rows) = Tfidf::fit(["", "the", "!"].into_iter(), 0.5);
        assert!(fitted.words.is_empty());
        assert_eq!(rows.len(), 3);
    }
}
