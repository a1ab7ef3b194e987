//! Two sets of texts, and how well a classifier tells them apart by their words.
//!
//! For: drift of what texts are about, and which words and texts show it. Not for: drift of meaning that keeps the words
//! (embeddings show that). The one decision: the classifier, its split and its seeds are those that users of evidently know,
//! so that the area is the same number; beside it stands how probable it is by chance.

use super::auc;
use super::sgd::Linear;
use super::splits::shuffled;
use super::tfidf::{Tfidf, each_token};

/// Share of the texts above which a word is left out.
const MOST_SHARE: f64 = 0.5;
/// Share of the texts that are held out.
const TEST_SHARE: f64 = 0.5;

/// How much is told.
#[derive(Debug, Clone, Copy)]
pub struct WordsOptions {
    /// Characteristic words of each side.
    pub words: usize,
    /// Typical texts of each side.
    pub texts: usize,
    /// What every random choice begins with.
    pub seed: u32,
}

impl Default for WordsOptions {
    fn default() -> Self {
        Self { words: 25, texts: 10, seed: 42 }
    }
}

/// How well the sides are told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct WordsDrift {
    /// Area under the ROC curve on texts that were held out: 0.5 by chance, 1 without an error.
    pub auc: f64,
    /// How probable so large an area is if there is no difference.
    pub p_value: f64,
    /// Texts that were held out.
    pub tested: usize,
    /// What is characteristic of the reference, and of the incoming set.
    pub sides: [Side; 2],
}

/// What is characteristic of one side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Side {
    /// Words that speak for it, the strongest first.
    pub words: Vec<CharacteristicWord>,
    /// Texts that were held out and that the model is surest of, and what it says of them (above 0), the surest first. Places
    /// in the side's list.
    pub texts: Vec<(usize, f64)>,
}

/// A word that speaks for a side.
#[derive(Debug, Clone, PartialEq)]
pub struct CharacteristicWord {
    /// It, in lower case.
    pub word: String,
    /// How strongly it speaks (above 0).
    pub weight: f64,
    /// Texts of the reference and of the incoming set that have it.
    pub texts: [usize; 2],
    /// The first texts of the side it speaks for that have it.
    pub examples: Vec<usize>,
}

/// How well `incoming` is told from `reference`; `None` if a side is missing among the texts that are fitted or held out, or
/// if no word is left.
pub fn words_classifier(reference: &[&str], incoming: &[&str], options: WordsOptions) -> Option<WordsDrift> {
    let count = reference.len() + incoming.len();
    let text = |row: usize| if row < reference.len() { reference[row] } else { incoming[row - reference.len()] };
    let is_incoming = |row: &usize| *row >= reference.len();
    let split = shuffled(count, TEST_SHARE, options.seed);
    let truth: Vec<bool> = split.fit.iter().map(is_incoming).collect();
    if truth.iter().all(|&is_positive| is_positive == truth[0]) {
        return None;
    }
    let (vocabulary, rows) = Tfidf::fit(split.fit.iter().map(|&row| text(row)), MOST_SHARE);
    if vocabulary.words.is_empty() {
        return None;
    }
    let model = Linear::fit(&rows, &truth, vocabulary.words.len(), options.seed);
    let tested = vocabulary.weigh(split.test.iter().map(|&row| text(row)));
    let decisions: Vec<f64> = (0..tested.len()).map(|row| model.decide(tested.row(row))).collect();
    // As probabilities, which have an end: beyond it all are equally sure.
    let scores: Vec<f64> = decisions.iter().map(|score| f64::midpoint(score.clamp(-1.0, 1.0), 1.0)).collect();
    let actual: Vec<bool> = split.test.iter().map(is_incoming).collect();
    let found = auc(&scores, &actual)?;
    let mut sides = [-1.0, 1.0].map(|sign| Side {
        words: strongest(&vocabulary.words, &model.weights, sign, options.words),
        texts: surest(&split.test, &decisions, reference.len(), sign, options.texts),
    });
    count_words(&mut sides, [reference, incoming]);
    Some(WordsDrift { auc: found.area, p_value: found.p_value, tested: actual.len(), sides })
}

/// The words whose weight is the largest on one side of 0.
fn strongest(words: &[String], weights: &[f64], sign: f64, most: usize) -> Vec<CharacteristicWord> {
    let mut places: Vec<usize> = (0..words.len()).filter(|&at| weights[at] * sign > 0.0).collect();
    places.sort_by(|&one, &other| (weights[other] * sign).total_cmp(&(weights[one] * sign)));
    let characteristic = |at: &usize| CharacteristicWord {
        word: words[*at].clone(),
        weight: weights[*at] * sign,
        texts: [0, 0],
        examples: Vec::new(),
    };
    places.iter().take(most).map(characteristic).collect()
}

/// The held-out texts of a side that the model is surest of, as places in that side's list.
fn surest(tested: &[usize], decisions: &[f64], references: usize, sign: f64, most: usize) -> Vec<(usize, f64)> {
    let of_side = |row: usize| (row >= references) == (sign > 0.0);
    let place = |row: usize| if row >= references { row - references } else { row };
    let mut texts: Vec<(usize, f64)> = tested
        .iter()
        .zip(decisions)
        .filter(|(row, score)| of_side(**row) && **score * sign > 0.0)
        .map(|(&row, score)| (place(row), score * sign))
        .collect();
    texts.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    texts.truncate(most);
    texts
}

/// Counts the texts that have the characteristic words, and notes the first ones.
fn count_words(sides: &mut [Side; 2], texts: [&[&str]; 2]) {
    const EXAMPLES: usize = 3;
    let mut wanted = std::collections::BTreeMap::new();
    for (of, side) in sides.iter().enumerate() {
        for (at, word) in side.words.iter().enumerate() {
            wanted.insert(word.word.clone(), (of, at));
        }
    }
    let (mut lower, mut hits) = (String::new(), Vec::new());
    for (side, texts) in texts.into_iter().enumerate() {
        for (place, text) in texts.iter().enumerate() {
            hits.clear();
            each_token(text, &mut lower, |token| hits.extend(wanted.get(token)));
            hits.sort_unstable();
            hits.dedup();
            for &(of, at) in &hits {
                let word = &mut sides[of].words[at];
                word.texts[side] += 1;
                if of == side && word.examples.len() < EXAMPLES {
                    word.examples.push(place);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(rows: usize, planted: &str, every: usize) -> Vec<String> {
        let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];
        (0..rows)
            .map(|row| {
                let word = |step: usize| words[row * step % 8];
                let more = if row % every == 0 { planted } else { "" };
                format!("{} {} {} {more}", word(3), word(5), words[row / 7 % 8])
            })
            .collect()
    }

    fn compared(planted: &str) -> WordsDrift {
        let (reference, incoming) = (texts(400, "", 1), texts(300, planted, 2));
        let (reference, incoming): (Vec<&str>, Vec<&str>) =
            (reference.iter().map(String::as_str).collect(), incoming.iter().map(String::as_str).collect());
        words_classifier(&reference, &incoming, WordsOptions::default()).unwrap()
    }

    #[test]
    fn a_planted_word_is_found_and_named() {
        let found = compared("volcano");
        assert!(found.auc > 0.65 && found.p_value < 1e-4, "{found:?}");
        let word = &found.sides[1].words[0];
        assert_eq!((word.word.as_str(), word.texts), ("volcano", [0, 150]));
        assert_eq!(word.examples, [0, 2, 4]);
        assert!(found.sides[1].texts.iter().all(|(place, _)| place % 2 == 0));
    }

    #[test]
    fn the_same_words_are_not_told_apart() {
        let found = compared("");
        assert!(found.auc < 0.6 && found.p_value > 0.01, "{} {}", found.auc, found.p_value);
    }

    #[test]
    fn sides_without_words_cannot_be_compared() {
        assert_eq!(words_classifier(&["a", "b"], &["c", "!"], WordsOptions::default()), None);
        assert_eq!(words_classifier(&["alpha beta"], &[], WordsOptions::default()), None);
    }
}
